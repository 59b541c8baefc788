"""Reads responses of the views."""

import re
from html import unescape
from typing import Any

from django.http import HttpResponse


def text(response: Any) -> str:
    """The HTML of a response that is not streamed."""
    assert isinstance(response, HttpResponse)
    return response.content.decode()


def undo_of(html: str) -> tuple[str, dict[str, list[str]]]:
    """Where the button "Undo" of a page goes, and the fields that it sends."""
    form = re.search(
        r'<form class="note"[^>]* action="([^"]+)"[^>]*>((?:(?!</form>).)*)Undo\s*</button>',
        html,
        re.DOTALL,
    )
    assert form is not None
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', form[2]):
        if name != "csrfmiddlewaretoken":
            fields.setdefault(name, []).append(unescape(value))
    return unescape(form[1]), fields
