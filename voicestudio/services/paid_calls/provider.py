"""The provider as this studio is configured: MiniMax, a gateway, or the stand-in."""

from functools import lru_cache

from django.conf import settings

from voicestudio.minimax import Client


def client() -> Client:
    """The one client of this process; it keeps a session for each thread."""
    return _client(
        settings.MINIMAX_API_KEY or "practice",
        settings.MINIMAX_BASE_URL,
        settings.MINIMAX_GROUP_ID,
        settings.MINIMAX_UPLOAD_PATH,
        settings.MINIMAX_CONNECT_TIMEOUT,
        settings.MINIMAX_READ_TIMEOUT,
    )


@lru_cache(maxsize=4)
def _client(
    api_key: str,
    base_url: str,
    group_id: str,
    upload_path: str,
    connect_timeout: float,
    read_timeout: float,
) -> Client:
    return Client(
        api_key=api_key,
        base_url=base_url,
        group_id=group_id,
        upload_path=upload_path,
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
    )
