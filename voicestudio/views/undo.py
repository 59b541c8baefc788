"""Undo: a message about what was done just now, with a button that takes it back."""

import json

from django.contrib import messages
from django.http import HttpRequest


def offer_undo(request: HttpRequest, text: str, address: str, **fields: object) -> None:
    """Show this message on the next page; its button sends `fields` to `address`.

    A field with several values is a list. They travel in `extra_tags`, which Django keeps with a
    message until it is shown, and `_toast.html` draws them.
    """
    values = {name: value if isinstance(value, list) else [value] for name, value in fields.items()}
    button = json.dumps({"address": address, "fields": values})
    messages.success(request, text, extra_tags=button)
