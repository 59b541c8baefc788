"""Reads responses of the views."""

import re
from html import unescape
from typing import Any

from django.http import HttpResponse
from django.test import Client


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


def read_pages(client: Client, path: str, row: str) -> list[list[str]]:
    """What the pattern `row` finds on each page of a list, from the first to the last.

    The way back shows the same pages.
    """
    pages = [text(client.get(path))]
    while later := _link(pages[-1], "older"):
        pages.append(text(client.get(later)))
    rows, page = [re.findall(row, page) for page in pages], pages[-1]
    for number in range(len(pages) - 2, -1, -1):
        page = text(client.get(_link(page, "newer")))
        assert re.findall(row, page) == rows[number]
    assert _link(page, "newer") == ""
    return rows


def _link(page: str, name: str) -> str:
    """Where the link with this id leads; "" if there is none."""
    found = re.search(rf'id="{name}" href="([^"]+)"', page)
    return unescape(found[1]) if found else ""
