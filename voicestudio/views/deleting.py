"""Deleting: a voice at MiniMax and its files, after its ID was typed."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from voicestudio.forms.deleting import DeleteForm
from voicestudio.models import Voice
from voicestudio.services import costs, deleting

from .people import signed_in
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
        deletion = deleting.at_the_provider(voice, by=signed_in(request), **form.cleaned_data)
    except deleting.NotConfirmed as refused:
        form.add_error("confirmation", f"{refused.saying.headline} {refused.saying.next_step}")
        return _page(request, voice, form, status=422)
    request.session[KEPT_AS] = _told(voice, deletion, form.cleaned_data)
    return redirect("delete_voice", pk)


def _told(voice: Voice, deletion: deleting.Deletion, asked: dict[str, Any]) -> dict[str, Any]:
    """What became of it, as a session can keep it."""
    return {
        "voice": voice.pk,
        "again": {name: value for name, value in asked.items() if value},
        "is_complete": deletion.is_complete,
        "gateway_cannot": deletion.gateway_cannot,
        "is_gone": deletion.items[0].state in (deleting.DONE, deleting.GONE),
        "items": [
            {
                "what": item.what,
                "name": item.name,
                "state": item.state,
                "why": f"{item.saying.headline} {item.saying.next_step}" if item.saying else "",
            }
            for item in deletion.items
            if item.state != deleting.CANNOT
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
        "stake": deleting.at_stake(voice),
        "cost": costs.of_voices([voice.pk])[voice.pk],
    }
    return render(request, "voices/delete.html", context, status=status)
