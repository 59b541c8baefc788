"""Form tokens: a UUID in a form, by which a service recognizes the same form sent twice."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID, uuid4

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from voicestudio import words
from voicestudio.forms import CloneForm
from voicestudio.models import AudioFile, CloneAttempt, PaidCall, Speaker
from voicestudio.services.paid_calls.orders import OtherContent

NOTHING: Final = "–"


def parse_token(text: str) -> UUID | None:
    """The token as it was sent; None if `text` is not a UUID."""
    try:
        return UUID(text)
    except ValueError:
        return None


def read_token(request: HttpRequest) -> UUID:
    """The token of a posted form, or a new one if it is missing or malformed."""
    return parse_token(request.POST.get("token", "")) or uuid4()


def renew_token(form: forms.Form) -> None:
    """Give a form that another person has sent before a token of its own."""
    posted: Any = form.data
    data = posted.copy()
    data["token"] = str(uuid4())
    form.data = data


def render_conflict(
    request: HttpRequest, refused: OtherContent, form: forms.Form, *, changes: Mapping[str, str]
) -> HttpResponse:
    """The page after a form that was sent before with other content: both, or only the first?

    The form is sent again with a new token and with `changes`.
    """
    hidden = {name: value for name, value in form.data.items() if name != "csrfmiddlewaretoken"}
    context = {
        "rows": [_compare(refused.earlier, column, form) for column in refused.differences],
        "earlier": refused.earlier,
        "is_clone": isinstance(refused.earlier, CloneAttempt),
        "hidden": hidden | {"token": str(uuid4())} | dict(changes),
        "changes": changes,
    }
    return render(request, "already_sent.html", context, status=409)


def _compare(earlier: PaidCall, name: str, form: forms.Form) -> tuple[str, str, str]:
    """The label of one column, and its first and its new value, as the form shows them."""
    first, new = getattr(earlier, name), form.cleaned_data.get(name)
    field = form.fields.get(name)
    if field is None:  # the form of another voice was sent with this token
        model_field: Any = earlier._meta.get_field(name)
        label = capfirst(str(model_field.verbose_name))
    else:
        label = str(field.label)
    if isinstance(form, CloneForm) and name == "speaker":
        new = _show_speaker(form)
    return label, _show(first, field), _show(new, field)


def _show_speaker(form: CloneForm) -> str:
    number, _is_new = form.chosen_speaker
    name = form.cleaned_data["speaker"]
    return _numbered(name, number) if number else _("%(name)s, someone new") % {"name": name}


def _numbered(name: str, number: int) -> str:
    return _("%(name)s, no. %(number)s") % {"name": name, "number": number}


def _show(value: object, field: forms.Field | None) -> str:
    if value in (None, ""):
        return NOTHING
    # First, because the field of a recording has all recordings as its choices.
    if isinstance(value, AudioFile):
        length = "" if value.duration_ms is None else f" · {words.seconds(value.duration_ms)}"
        return f"{value.name}{length}"
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        labels = {str(key): str(label) for key, label in choices}
        return labels.get(str(value), str(value))
    if isinstance(value, Speaker):
        return _numbered(value.name, value.pk)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)
