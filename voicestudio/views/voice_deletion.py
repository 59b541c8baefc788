"""Deleting: a voice at MiniMax and its files, after its ID was typed."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from voicestudio.forms.voice_deletion import DeleteForm
from voicestudio.models import Voice
from voicestudio.services.money import costs
from voicestudio.services.voices import deletion

from .current_user import current_user
from .voices import found

# What became of the last deletion, until its page is shown: pages are shown by GET.
KEPT_AS: Final = "deletion"


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """What would be lost; and what became of each item."""
    voice = found(request, pk)
    if request.method != "POST":
        told = request.session.get(KEPT_AS)
        if told is None or told["voice"] != pk:
            return _page(request, voice, DeleteForm())
        del request.session[KEPT_AS]
        return _page(request, voice, DeleteForm(), told=told)
    form = DeleteForm(request.POST)
    if not form.is_valid():
        return _page(request, voice, form, status=422)
    try:
        result = deletion.delete_voice(voice, by=current_user(request), **form.cleaned_data)
    except deletion.WrongConfirmation as refused:
        form.add_error("confirmation", f"{refused.message.headline} {refused.message.next_step}")
        return _page(request, voice, form, status=422)
    request.session[KEPT_AS] = _told(voice, result, form.cleaned_data)
    return redirect("delete_voice", pk)


def _told(voice: Voice, result: deletion.Deletion, asked: dict[str, Any]) -> dict[str, Any]:
    """What became of it, as a session can keep it."""
    return {
        "voice": voice.pk,
        "again": {name: value for name, value in asked.items() if value},
        "is_complete": result.is_complete,
        "gateway_cannot": result.gateway_cannot,
        "is_gone": result.items[0].state in (deletion.DONE, deletion.ALREADY_GONE),
        "items": [
            {
                "what": item.kind,
                "name": item.name,
                "state": item.state,
                "why": f"{item.message.headline} {item.message.next_step}" if item.message else "",
            }
            for item in result.items
            if item.state != deletion.CANNOT
        ],
    }


def _page(
    request: HttpRequest,
    voice: Voice,
    form: DeleteForm,
    *,
    told: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "voice": voice,
        "form": form,
        "told": told,
        "stake": deletion.plan_deletion(voice),
        "cost": costs.sum_voices([voice.pk])[voice.pk],
    }
    return render(request, "voices/delete.html", context, status=status)
