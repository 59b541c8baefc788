"""Form tokens: a UUID in a form, by which a service recognizes the same form sent twice."""

from collections.abc import Mapping
from uuid import UUID, uuid4

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from voicestudio.models import CloneAttempt
from voicestudio.services.paid_calls.orders import OtherContent

# The form's names of columns that are called otherwise.
FIELDS = {"speaker_name": "speaker"}


def parse_token(text: str) -> UUID | None:
    """The token as it was sent; None if `text` is not a UUID."""
    try:
        return UUID(text)
    except ValueError:
        return None


def read_token(request: HttpRequest) -> UUID:
    """The token of a posted form, or a new one if it is missing or malformed."""
    return parse_token(request.POST.get("token", "")) or uuid4()


def render_conflict(
    request: HttpRequest, refused: OtherContent, form: forms.Form, *, changes: Mapping[str, str]
) -> HttpResponse:
    """The page after a form that was sent before with other content: both, or only the first?

    The form is sent again with a new token and with `changes`.
    """
    hidden = {name: value for name, value in form.data.items() if name != "csrfmiddlewaretoken"}
    rows = []
    for column in refused.differences:
        name = FIELDS.get(column, column)
        label = form.fields[name].label if name in form.fields else column
        new = form.cleaned_data.get(name)
        rows.append((label, _show(getattr(refused.earlier, column)), _show(new)))
    context = {
        "rows": rows,
        "earlier": refused.earlier,
        "is_clone": isinstance(refused.earlier, CloneAttempt),
        "hidden": hidden | {"token": str(uuid4())} | dict(changes),
        "changes": changes,
    }
    return render(request, "already_sent.html", context, status=409)


def _show(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "–" if value in (None, "") else str(value)
