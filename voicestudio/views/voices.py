"""Voices: the list of voices, one voice, and its buttons."""

from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from voicestudio.forms.ids import parse_id
from voicestudio.forms.speeches import SpeechForm
from voicestudio.forms.voices import NotesForm, VoiceFilterForm
from voicestudio.models import Action, CloneAttempt, Speaker, Speech, Voice
from voicestudio.services import projects, reminders, speeches
from voicestudio.services.clones import OrderRefused, attempt_tree, rebuild
from voicestudio.services.money import prices
from voicestudio.services.speeches import keep
from voicestudio.services.voices import notes as service
from voicestudio.words import PERMISSION_WORDING

from . import drafts
from .attach_changes import attach_changes
from .attach_voice_facts import attach_voice_facts
from .current_user import current_user
from .form_tokens import read_token
from .htmx import HtmxRequest
from .lists import render_list, render_part, time_zone
from .paging import page_links, read_cursors
from .permitted import find_row
from .project_in_use import uses_project

if TYPE_CHECKING:
    from voicestudio.models.speeches import SpeechQuerySet
    from voicestudio.models.voice_queryset import VoicePage, VoiceQuerySet

MOST_TAGS: Final = 200
SPEECHES: Final = 20


@require_safe
@uses_project
def voices(request: HtmxRequest) -> HttpResponse:
    """The list of voices, filtered by the query string."""
    tags = cache(partial(service.list_tags, request.user, MOST_TAGS))
    people = cache(partial(projects.list_colleagues_of_several, current_user(request)))
    make_form = partial(VoiceFilterForm, tags=tags, people=people, time_zone=time_zone(request))
    form, in_use = make_form(request.GET), Voice.objects.in_use_by(request.user)
    if part := render_part(request, form, make_form, partial(_filter, in_use)):
        return part
    page = _read_page(request, form)
    links = page_links(request, reverse("voices"), ("before", page.before), ("after", page.after))
    context = {
        "form": form,
        "page": page,
        "pages": links,
        "speaker": _chosen_speaker(request, form),
    }
    return render_list(request, "voices/list.html", context, url=reverse("voices"))


def _read_page(request: HttpRequest, form: VoiceFilterForm) -> "VoicePage":
    """One page of the voices that the form lets through, with what their rows show."""
    page = _filter(service.voices_in_use(request.user), form).page(
        order=form.chosen.get("order", "newest"),
        after=request.GET.get("after", "")[:300],
        before=request.GET.get("before", "")[:300],
    )
    attach_voice_facts(request, page.voices)
    return page


@require_safe
def voice(request: HttpRequest, pk: int) -> HttpResponse:
    """One voice: its state, generated speech, relatives, notes and timeline."""
    return render_voice(request, pk)


@require_POST
def keep_voice(request: HttpRequest, pk: int) -> HttpResponse:
    """Generate one short sentence with the voice, so that MiniMax keeps it."""
    voice = find_voice(request, pk, Action.KEEP)
    try:
        keep.keep_voice(voice, by=current_user(request), token=read_token(request))
    except speeches.OrderRefused as refused:
        return render_refusal(request, voice, refused)
    return redirect("voice", pk)


@require_POST
def dismiss_reminder(request: HttpRequest, pk: int) -> HttpResponse:
    """Send no more reminders about this voice."""
    if keep.dismiss_reminder(find_voice(request, pk, Action.NOTE), by=current_user(request)):
        messages.info(request, _("You won't be reminded about this voice again."))
    return redirect("voice", pk)


@require_POST
def mark_heard(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark the voice as heard by hand; players mark it when they start."""
    service.mark_heard(find_voice(request, pk, Action.NOTE), by=current_user(request))
    return redirect("voice", pk)


@require_POST
def rebuild_voice(request: HttpRequest, pk: int) -> HttpResponse:
    """Clone the voice again from the same request, under a new voice ID."""
    voice = find_voice(request, pk, Action.CLONE)
    if request.POST.get("permission") != "on":
        messages.error(request, _("A voice can't be cloned without the person's permission."))
        return redirect("voice", pk)
    try:
        attempt = rebuild.rebuild_voice(voice, by=current_user(request), token=read_token(request))
    except rebuild.CannotRebuild:
        messages.error(
            request, _("This voice can't be rebuilt, because its recording was deleted.")
        )
        return redirect("voice", pk)
    except OrderRefused as refused:
        return render_refusal(request, voice, refused)
    return redirect("attempt", attempt.pk)


@require_POST
def notes(request: HttpRequest, pk: int) -> HttpResponse:
    """Save the team's notes and tags."""
    voice = find_voice(request, pk, Action.NOTE)
    form, version = NotesForm(request.POST.copy()), service.notes_version(voice)
    if form.is_valid() and form.cleaned_data["seen"] not in ("", version):
        # Someone else saved notes after this page was loaded. Once shown, they may be replaced.
        form.add_error("notes", _("Meanwhile they were changed to: %s") % (voice.notes or "–"))
        form.data["seen"] = version  # type: ignore[index]
    if not form.is_valid():
        return render_voice(request, voice.pk, notes_form=form, status=422)
    service.save_notes(voice, form.cleaned_data["notes"], by=current_user(request))
    service.set_tags(voice, form.cleaned_data["tags"], by=current_user(request))
    messages.success(request, _("Your notes were saved."))
    return redirect("voice", pk)


# The page of one voice ----------------------------------------------------------------------------


def find_voice(request: HttpRequest, pk: int, action: Action = Action.SEE) -> Voice:
    """The voice if this person may see it, else 404; raises `NotAllowed` as `find_row`."""
    rows = service.visible_voices(request.user).select_related(
        "speaker", "attempt__created_by", "attempt__recording", "attempt__prompt_clip"
    )
    voice: Voice = find_row(request, rows, pk, action)
    return voice


def render_voice(
    request: HttpRequest,
    pk: int,
    *,
    speech_form: SpeechForm | None = None,
    notes_form: NotesForm | None = None,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """The page of one voice, or 404; forms that were refused are shown as they were sent."""
    own_speeches = Speech.objects.visible_to(request.user).filter(voice=pk).for_rows()
    speech_page = _speech_page(request, pk, own_speeches)
    # Read after its speeches: a speech that has just ended does not make the page ask again, so
    # that the voice must not be of the time before.
    voice = find_voice(request, pk)
    attach_voice_facts(request, [voice])
    attempt = getattr(voice, "attempt", None)
    relatives = attempt_tree.relatives(attempt) if attempt else []
    attach_changes([*([attempt] if attempt else []), *(row for _relation, row in relatives)])
    speech_form = speech_form or SpeechForm(initial=_initial_speech(request, voice, own_speeches))
    notes_draft = {} if notes_form else drafts.pop_answers(request, "voice_notes", voice.pk)
    notes_form = notes_form or NotesForm(initial=_initial_notes(voice) | notes_draft)
    context = {
        "voice": voice,
        "attempt": attempt,
        "relatives": relatives,
        "speech_form": speech_form,
        "count": None,
        "notes_form": notes_form,
        "notes_are_open": notes_form.is_bound or bool(notes_draft),
        "keep_sentence": keep.SENTENCE,
        "speaks_now": any(row.is_running and not row.is_ready for row in speech_page["speeches"]),
        "token": uuid4(),
        "message": None,
        "permission_wording": PERMISSION_WORDING,
        "timeline": service.voice_timeline(voice),
        **_describe_prices(voice, attempt, speech_form),
        **speech_page,
        **context,
    }
    return render(request, "voices/detail.html", context, status=status)


def _describe_prices(
    voice: Voice, attempt: CloneAttempt | None, form: SpeechForm
) -> dict[str, Any]:
    """What each button of the page costs."""
    text, model = form.shown("text"), form.shown("model")
    return {
        "speech_price": prices.estimate_speech(text, model, voice),
        "thousand": prices.price_per_character(model) * 1000,
        "keep_price": keep.estimate_keep(voice),
        "rebuild_price": rebuild.estimate_rebuild(attempt) if attempt else None,
        "fee_at_once": settings.CLONE_FEE_AT_ONCE,
    }


def render_refusal(
    request: HttpRequest, voice: Voice, refused: OrderRefused, **context: Any
) -> HttpResponse:
    """The page of one voice after an order that was refused, with the reason."""
    return render_voice(request, voice.pk, status=422, message=refused.message, **context)


def _initial_speech(
    request: HttpRequest, voice: Voice, own_speeches: "SpeechQuerySet"
) -> dict[str, Any]:
    """From a draft, or from the earlier speech that the address names."""
    if draft := drafts.pop_answers(request, "speak", voice.pk):
        return dict(draft)
    earlier = parse_id(request.GET.get("from", ""))
    speech = own_speeches.filter(pk=earlier).first() if earlier else None
    return SpeechForm.copy_of(speech) if speech else {}


def _initial_notes(voice: Voice) -> dict[str, Any]:
    return {
        "notes": voice.notes,
        "tags": ", ".join(voice.tag_names),  # type: ignore[attr-defined]
        "seen": service.notes_version(voice),
    }


def _speech_page(request: HttpRequest, pk: int, own_speeches: "SpeechQuerySet") -> dict[str, Any]:
    """One page of the generated speeches, newest first."""
    page = own_speeches.page_by_id(size=SPEECHES, **read_cursors(request)._asdict())
    links = page_links(
        request, reverse("voice", args=[pk]),
        ("after", page.newer), ("before", page.older), anchor="#spoken",
    )  # fmt: skip
    return {"speeches": page.rows, "pages": links}


def _chosen_speaker(request: HttpRequest, form: VoiceFilterForm) -> Speaker | None:
    """The speaker whose voices are listed."""
    pk = form.chosen.get("speaker")
    return Speaker.objects.visible_to(request.user).filter(pk=pk).first() if pk else None


def _filter(rows: "VoiceQuerySet", form: VoiceFilterForm) -> "VoiceQuerySet":
    chosen = form.chosen
    rows = rows.between(*form.period)
    if state := chosen.get("state"):
        rows = rows.in_state(state)
    if tag := chosen.get("tag"):
        rows = rows.tagged(tag)
    if person := chosen.get("person"):
        rows = rows.cloned_by(int(person))
    if speaker := chosen.get("speaker"):
        rows = rows.of_speaker(speaker)
    match chosen.get("view"):
        case "expiring":
            rows = rows.expiring_within(reminders.HOURS)
        case "unheard":
            rows = rows.unheard()
    return rows.search(chosen.get("q", ""))
