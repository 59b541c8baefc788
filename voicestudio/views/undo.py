"""Undo: a message about what was done just now, with a button that takes it back."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse

from voicestudio.services.permissions import NotAllowed
from voicestudio.words.undo import UNDO_OVER

from .permitted import log_refusal


def offer_undo(request: HttpRequest, text: str, address: str, **fields: object) -> None:
    """Show this message on the next page; its button sends `fields` to `address`.

    A field with several values is a list. They travel in `extra_tags`, which Django keeps with a
    message until it is shown, and `_toast.html` draws them. That is mostly in a cookie, which can
    be read in the browser: so no deleted text is among them.
    """
    values = {name: value if isinstance(value, list) else [value] for name, value in fields.items()}
    button = json.dumps({"address": address, "fields": values})
    messages.success(request, text, extra_tags=button)


def answers_undo(back: Callable[..., HttpResponse]) -> Callable[..., Callable[..., HttpResponse]]:
    """Decorate a view behind such a button: if the person may no longer do it, or what it was about
    is not there any more, `back` answers, with a message, instead of a page that only says so.

    htmx shows the sentence of a refusal beside the button.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def answer(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                return view(request, *args, **kwargs)
            except (NotAllowed, Http404) as refused:
                if request.htmx:
                    raise
                log_refusal(request, refused)
                reason = refused.message if isinstance(refused, NotAllowed) else ""
                messages.warning(request, f"{UNDO_OVER} {reason}".strip())
                return back(request, *args, **kwargs)

        return answer

    return decorate
