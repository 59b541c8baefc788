"""Reads responses of the views."""

from typing import Any

from django.http import HttpResponse


def text(response: Any) -> str:
    """The HTML of a response that is not streamed."""
    assert isinstance(response, HttpResponse)
    return response.content.decode()
