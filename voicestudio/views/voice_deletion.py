"""Voice deletion: delete a voice at MiniMax and its files, confirmed by typing its ID."""

from typing import Any, Final

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from voicestudio.forms.voice_deletion import DeleteForm
from voicestudio.models import Action, Voice
from voicestudio.services.money import costs, limits
from voicestudio.services.voices import deletion
from voicestudio.words.voices import ItemState

from .current_user import current_user
from .voices import find_voice

# The session key of the last result, which the page shows once after the redirect.
RESULT: Final = "deletion"


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """What would be deleted; after POST, the result for each item."""
    voice = find_voice(request, pk, Action.DELETE)
    if request.method != "POST":
        return _render_page(request, voice, DeleteForm(), result=_pop_result(request, pk))
    form = DeleteForm(request.POST)
    if not form.is_valid():
        return _render_page(request, voice, form)
    user = current_user(request)
    try:
        result = deletion.delete_voice(voice, by=user, **form.cleaned_data)
    except deletion.WrongConfirmation as refused:
        form.add_error("confirmation", str(refused.message))
        return _render_page(request, voice, form)
    request.session[RESULT] = _describe_result(voice, result, form.cleaned_data, reader=user)
    return redirect("delete_voice", pk)


def _pop_result(request: HttpRequest, pk: int) -> dict[str, Any] | None:
    result: dict[str, Any] | None = request.session.get(RESULT)
    if result is None or result["voice"] != pk:
        return None
    del request.session[RESULT]
    return result


def _describe_result(
    voice: Voice, result: deletion.Deletion, values: dict[str, Any], *, reader: User
) -> dict[str, Any]:
    """The result as JSON for the session."""
    return {
        "voice": voice.pk,
        "again": {name: value for name, value in values.items() if value},
        "is_complete": result.is_complete,
        "gateway_cannot": result.gateway_cannot,
        "is_gone": result.items[0].is_gone,
        "items": [
            {
                "kind": item.kind,
                "name": item.name,
                "state": item.state,
                "why": _explain(item, reader),
            }
            for item in result.items
            if item.state != ItemState.CANNOT
        ],
    }


def _explain(item: deletion.Item, reader: User) -> str:
    """Why the item was not deleted; empty if it was."""
    if item.message is None:
        return ""
    return str(item.message.for_reader(is_administrator=limits.is_administrator(reader)))


def _render_page(
    request: HttpRequest, voice: Voice, form: DeleteForm, *, result: dict[str, Any] | None = None
) -> HttpResponse:
    context = {
        "voice": voice,
        "form": form,
        "deletion": result,
        "stake": deletion.plan_deletion(voice),
        "cost": costs.sum_voices([voice.pk])[voice.pk],
    }
    status = 422 if form.errors else 200
    return render(request, "voices/delete.html", context, status=status)
