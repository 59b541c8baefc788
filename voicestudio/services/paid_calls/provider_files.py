"""Provider files: deleting one of our uploads at the provider."""

from typing import Final

from voicestudio.minimax import Client, MiniMaxError, Reason, Refused

# Source: provider.md, "Codes": invalid parameters, also for a file that does not exist.
NOT_ACCEPTED: Final = 2013


def delete_file(client: Client, file_id: int, purpose: str) -> bool:
    """Delete a file at the provider; False if it was gone already.

    An unknown file is refused like any bad request, so the list decides. Raises MiniMaxError if the
    file is still there, or may be.
    """
    try:
        client.delete_file(file_id, purpose)
    except Refused as error:
        if error.reason is Reason.NOT_FOUND:
            return False
        if error.status_code != NOT_ACCEPTED:
            raise
        try:
            listed = client.list_files(purpose).files
        except MiniMaxError:
            raise error from None  # the answer to the deletion counts, not the one to the list
        if any(file.file_id == file_id for file in listed):
            raise
        return False
    return True
