"""Tests of the views, and what several of them read from a page."""

from typing import Any

HTMX = {"HX-Request": "true"}


def message_levels(response: Any) -> list[str]:
    """The level of each message on a page: success, info, warning or error."""
    return [message.level_tag for message in response.context["messages"]]
