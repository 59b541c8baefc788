"""Comparing: what MiniMax has beside what we have, and taking in what only MiniMax has."""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from voicestudio.forms.sync import CompareForm, ImportVoiceForm
from voicestudio.minimax.limits import MAX_VOICE_ID_LENGTH
from voicestudio.models import Voice
from voicestudio.services.voices import sync
from voicestudio.words import Message

from .current_user import current_user

# Of voices that are here as well, the list of voices shows the rest.
SHOWN: Final = 25
# Nowhere else is told which these are, but a gateway may list nothing at all.
MISSING_SHOWN: Final = 200
PAGE_SIZE: Final = 50
# What wants a look first; and where the list of voices shows the same ones.
REASONS: Final = {
    sync.MISSING: "",
    "unknown": "unknown",
    sync.NEVER_USED: "temporary",
    "expired": "expired",
    "deleted": "deleted",
}


@require_http_methods(["GET", "HEAD", "POST"])
def compare(request: HttpRequest) -> HttpResponse:
    """What comparing is; or three lists, true at this moment."""
    if request.method != "POST":
        return render(request, "voices/compare.html")
    form = CompareForm(request.POST)
    try:
        result = sync.compare_voices()
    except sync.ListUnavailable as refused:
        return render(request, "voices/compare.html", {"message": refused.message})
    return render(
        request, "voices/compare.html", {"result": result} | _lists(request, result, form)
    )


@require_POST
def import_voice(request: HttpRequest) -> HttpResponse:
    """Enter a voice that only MiniMax has, under the name of its speaker."""
    form = ImportVoiceForm(request.POST)
    if not form.is_valid():
        return _row(request, form, error=str(next(iter(form.errors.values()))[0]))
    name, voice_id = form.cleaned_data["name"], form.cleaned_data["voice_id"]
    try:
        voice = sync.import_voice(voice_id, name=name, by=current_user(request))
    except sync.ListUnavailable as refused:
        return _row(request, form, message=refused.message)
    except sync.VoiceNotListed:
        error = _("MiniMax does not list this voice any more, or it has been taken in already.")
        return _row(request, form, error=error)
    if request.headers.get("HX-Request"):
        return render(request, "voices/compare.html#there", {"taken": voice})
    messages.success(request, _("The voice was taken in."))
    return redirect("voice", voice.pk)


def _lists(request: HttpRequest, result: sync.Comparison, form: CompareForm) -> dict[str, Any]:
    words = form.words.casefold()
    there = [one for one in result.only_there if words in one.voice_id.casefold()]
    pages = max(1, -(-len(there) // PAGE_SIZE))
    number = min(form.number, pages)
    pks = {
        reason: result.only_here[reason][: MISSING_SHOWN if reason == sync.MISSING else SHOWN]
        for reason in REASONS
        if reason in result.only_here
    }
    both = result.both[:SHOWN]
    wanted = {pk for some in (both, *pks.values()) for pk in some}
    voices = Voice.objects.visible_to(request.user).select_related("speaker").in_bulk(wanted)
    return {
        "there": there[(number - 1) * PAGE_SIZE : number * PAGE_SIZE],
        "found": len(there),
        "searchable": len(result.only_there) > PAGE_SIZE,
        "words": form.words,
        "number": number,
        "pages": pages,
        "both": [voices[pk] for pk in both if pk in voices],
        "only_here": sum(len(some) for some in result.only_here.values()),
        "here": [
            {
                "reason": reason,
                "state": REASONS[reason],
                "count": len(result.only_here[reason]),
                "voices": [voices[pk] for pk in some if pk in voices],
            }
            for reason, some in pks.items()
        ],
    }


def _row(
    request: HttpRequest, form: ImportVoiceForm, *, error: str = "", message: Message | None = None
) -> HttpResponse:
    """The row once more, with what was typed, and why it was not taken in."""
    context = {
        "voice_id": form.data.get("voice_id", "")[:MAX_VOICE_ID_LENGTH],
        "name": form.data.get("name", "")[:120],
        "error": error or (f"{message.headline} {message.next_step}" if message else ""),
    }
    part = "#there" if request.headers.get("HX-Request") else ""
    return render(request, f"voices/compare.html{part}", context, status=422)
