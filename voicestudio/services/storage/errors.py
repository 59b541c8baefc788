"""Errors of the storage."""


class StorageAway(OSError):  # noqa: N818 - a state of another server
    """The bucket does not answer, or refuses; the same request may succeed later."""
