"""The provider as this studio is configured: MiniMax, a gateway, or the stand-in."""

from functools import lru_cache
from typing import Final

from django.conf import settings

from voicestudio.minimax import Client

# Seconds for a free call that a person waits for: it holds a thread of the web server.
QUICK_TIMEOUT: Final = 10.0


def client() -> Client:
    """The client of this process for the worker; it keeps a session for each thread."""
    return _configured(settings.MINIMAX_CONNECT_TIMEOUT, settings.MINIMAX_READ_TIMEOUT)


def quick_client() -> Client:
    """The client for free calls of the web server, which give up soon."""
    return _configured(
        min(settings.MINIMAX_CONNECT_TIMEOUT, QUICK_TIMEOUT),
        min(settings.MINIMAX_READ_TIMEOUT, QUICK_TIMEOUT),
    )


def _configured(connect_timeout: float, read_timeout: float) -> Client:
    return _client(
        settings.MINIMAX_API_KEY or "practice",
        settings.MINIMAX_BASE_URL,
        settings.MINIMAX_GROUP_ID,
        settings.MINIMAX_UPLOAD_PATH,
        connect_timeout,
        read_timeout,
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
