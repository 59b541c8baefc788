"""Sync: compare our voices with those at MiniMax, and import what only MiniMax has."""

from typing import Any, Final
from uuid import uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from voicestudio.forms.sync import CompareForm, ImportVoiceForm
from voicestudio.minimax.limits import MAX_VOICE_ID_LENGTH
from voicestudio.models import Action, Voice, VoiceState
from voicestudio.models.search import fold_text
from voicestudio.services import projects
from voicestudio.services.money import limits
from voicestudio.services.paid_calls.orders import OrderRefused
from voicestudio.services.voices import speakers, sync
from voicestudio.words import Message

from .current_user import current_user
from .htmx import HtmxRequest
from .permitted import require_action
from .project_in_use import in_form_project
from .speakers import describe_choice

# Of voices that are here too; the list of voices shows the others.
SHOWN: Final = 25
# No other page lists these, but a gateway may list no voice at all.
MISSING_SHOWN: Final = 200
PAGE_SIZE: Final = 50
# In the order in which they need attention, with the filter of the voices' list that shows them.
REASONS: Final = {
    sync.MISSING: "",
    VoiceState.UNKNOWN: VoiceState.UNKNOWN,
    sync.NEVER_USED: VoiceState.TEMPORARY,
    VoiceState.EXPIRED: VoiceState.EXPIRED,
    VoiceState.DELETED: VoiceState.DELETED,
}


@require_http_methods(["GET", "HEAD", "POST"])
@require_action(Action.COMPARE)
def compare(request: HtmxRequest) -> HttpResponse:
    """What a comparison is; after POST, three lists of voices as they are now.

    While a person types, only what the search finds of those that are only at MiniMax.
    """
    if request.method != "POST":
        return render(request, "voices/compare.html")
    try:
        context = _list_voices(
            request, sync.compare_voices(by=current_user(request)), CompareForm(request.POST)
        )
    except sync.ListUnavailable as refused:
        context = {"message": refused.message}
    part = "#found" if request.htmx and request.htmx.target == "found" else ""
    return render(request, f"voices/compare.html{part}", context)


@require_POST
@require_action(Action.IMPORT)
@in_form_project(Action.CLONE)
def import_voice(request: HtmxRequest) -> HttpResponse:
    """Add a voice that only MiniMax has, under the name of its speaker."""
    form = ImportVoiceForm(request.POST, auto_id=f"import-{uuid4().hex[:8]}-%s")
    if not form.is_valid():
        return _render_error(request, form, str(next(iter(form.errors.values()))[0]))
    values = form.cleaned_data
    try:
        voice = sync.import_voice(
            values["voice_id"],
            name=values["speaker"],
            project=projects.default_for(current_user(request), Action.IMPORT),
            by=current_user(request),
            **form.choice._asdict(),
        )
    except (sync.ListUnavailable, OrderRefused) as refused:
        return _render_error(request, form, _explain(request, refused.message))
    except sync.VoiceNotListed:
        error = _("MiniMax no longer lists this voice, or it has already been imported.")
        return _render_error(request, form, error)
    if request.htmx:
        return render(request, "voices/compare.html#import-row", {"imported": voice})
    messages.success(request, _("The voice was imported."))
    return redirect("voice", voice.pk)


def _list_voices(
    request: HttpRequest, result: sync.Comparison, form: CompareForm
) -> dict[str, Any]:
    """The context of the page: only at MiniMax (in pages), in both, only here (by reason)."""
    words = fold_text(form.words)
    there = [voice for voice in result.only_there if words in fold_text(voice.voice_id)]
    page = Paginator(there, PAGE_SIZE).get_page(form.number)
    ids = {
        reason: result.only_here[reason][: MISSING_SHOWN if reason == sync.MISSING else SHOWN]
        for reason in REASONS
        if reason in result.only_here
    }
    both = result.both[:SHOWN]
    shown_ids = {pk for group in (both, *ids.values()) for pk in group}
    voices = Voice.objects.visible_to(request.user).select_related("speaker").in_bulk(shown_ids)
    return {
        "result": result,
        "speaker_names": speakers.list_names(speakers.offered_to(current_user(request))),
        "listed_voices": [
            (voice, _blank_import(voice.voice_id, number))
            for number, voice in enumerate(page.object_list)
        ],
        **_project_choices(request),
        "found": len(there),
        "searchable": len(result.only_there) > PAGE_SIZE,
        "words": form.words,
        "number": page.number,
        "pages": page.paginator.num_pages,
        "voices_in_both": [voices[pk] for pk in both if pk in voices],
        "only_here": sum(len(group) for group in result.only_here.values()),
        "groups_only_here": [
            {
                "reason": reason,
                "state": REASONS[reason],
                "count": len(result.only_here[reason]),
                "voices": [voices[pk] for pk in group if pk in voices],
            }
            for reason, group in ids.items()
        ],
    }


def _project_choices(request: HttpRequest) -> dict[str, Any]:
    """The projects into which a voice can be imported, and the one that is chosen at first."""
    user = current_user(request)
    choices = projects.list_choices(user, Action.CLONE)
    default = projects.default_choice(user, choices) if len(choices) > 1 else None
    return {"project_choices": choices if default else [], "default_project": default}


def _blank_import(voice_id: str, number: int) -> ImportVoiceForm:
    """The form of one row; its number keeps the ids of its controls apart from other rows."""
    return ImportVoiceForm(initial={"voice_id": voice_id}, auto_id=f"import-{number}-%s")


def _explain(request: HttpRequest, message: Message) -> str:
    is_administrator = limits.is_administrator(current_user(request))
    return str(message.for_reader(is_administrator=is_administrator))


def _render_error(request: HtmxRequest, form: ImportVoiceForm, error: str) -> HttpResponse:
    """The row of the voice with what was typed, and why it was not imported."""
    context = {
        "voice_id": form.data.get("voice_id", "")[:MAX_VOICE_ID_LENGTH],
        **_project_choices(request),
        "form": form,
        "error": error,
        "speaker_names": speakers.list_names(speakers.offered_to(current_user(request))),
        **describe_choice(request, form.data.get("speaker", ""), form.choice),
    }
    part = "#import-row" if request.htmx else ""
    return render(request, f"voices/compare.html{part}", context, status=422)
