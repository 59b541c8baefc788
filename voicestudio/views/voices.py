"""Voices: the ledger, and everything about one voice."""

from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from voicestudio.forms.speeches import SpeechForm
from voicestudio.forms.voices import LedgerForm, NotesForm
from voicestudio.models import LARGEST_ID, Speech, Tag, Voice
from voicestudio.services import reminders, speeches
from voicestudio.services.clones import OrderRefused, attempt_tree, rebuild
from voicestudio.services.money import costs, prices
from voicestudio.services.speeches import keep
from voicestudio.services.voices import notes as service
from voicestudio.words import PERMISSION_WORDING

from . import changes, drafts, form_tokens
from .current_user import current_user

if TYPE_CHECKING:
    from voicestudio.models.voice_queryset import VoiceQuerySet

MOST_TAGS: Final = 200
SPEECHES: Final = 20


@require_safe
def voices(request: HttpRequest) -> HttpResponse:
    """The ledger, as the address asks for it."""
    tags = list(Tag.objects.values_list("name", flat=True)[:MOST_TAGS])
    form = LedgerForm(request.GET, tags=tags)
    page = _asked_for(request, form).page(
        order=form.chosen.get("order", "newest"),
        after=request.GET.get("after", "")[:300],
        before=request.GET.get("before", "")[:300],
    )
    told(page.voices)
    context = {"form": form, "page": page, "soon": reminders.count_expiring(), "tags": tags}
    return render(request, "voices/list.html", context)


@require_safe
def voice(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything about one voice: what it is, what it said, what happened to it."""
    return page(request, found(request, pk))


@require_POST
def keep_voice(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the voice speak one short sentence, so that MiniMax keeps it."""
    one = found(request, pk)
    try:
        keep.keep_voice(one, by=current_user(request), token=form_tokens.of(request))
    except speeches.OrderRefused as refused:
        return page(request, one, message=refused.message, status=422)
    messages.info(request, _("The voice is speaking its first sentence. Then it is kept."))
    return redirect("voice", pk)


@require_POST
def dismiss_reminder(request: HttpRequest, pk: int) -> HttpResponse:
    """No more reminders of this voice."""
    if keep.dismiss_reminder(found(request, pk), by=current_user(request)):
        messages.info(request, _("You will not be reminded of this voice any more."))
    return redirect("voice", pk)


@require_POST
def heard(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody has listened, and says so by hand; players say it by themselves."""
    service.mark_heard(found(request, pk))
    return redirect("voice", pk)


@require_POST
def rebuild_voice(request: HttpRequest, pk: int) -> HttpResponse:
    """The same request under a new voice ID."""
    one = found(request, pk)
    if request.POST.get("permission") != "on":
        messages.error(request, _("No voice is cloned without the person's permission."))
        return redirect("voice", pk)
    try:
        made = rebuild.rebuild_voice(one, by=current_user(request), token=form_tokens.of(request))
    except rebuild.CannotRebuild:
        messages.error(request, _("We have no recording any more to rebuild this voice from."))
    except OrderRefused as refused:
        return page(request, one, message=refused.message, status=422)
    else:
        return redirect("attempt", made.pk)
    return redirect("voice", pk)


@require_POST
def notes(request: HttpRequest, pk: int) -> HttpResponse:
    """What the team writes beside a voice."""
    one = found(request, pk)
    form, mark = NotesForm(request.POST.copy()), service.notes_version(one)
    if form.is_valid() and form.cleaned_data["seen"] not in ("", mark):
        # Somebody else wrote them since this page was opened; whoever reads that may go on.
        form.add_error("notes", _("Meanwhile they were changed to: %s") % (one.notes or "–"))
        form.data["seen"] = mark  # type: ignore[index]
    if not form.is_valid():
        return page(request, one, notes_form=form, status=422)
    service.save_notes(one, form.cleaned_data["notes"], by=current_user(request))
    service.set_tags(one, form.cleaned_data["tags"])
    messages.success(request, _("Your notes are kept."))
    return redirect("voice", pk)


# What the pages of a voice share --------------------------------------------------------------


def found(request: HttpRequest, pk: int) -> Voice:
    """The voice that this person may see, or 404."""
    if pk > LARGEST_ID:
        raise Http404
    rows = service.visible_voices(request.user).select_related(
        "speaker", "attempt__created_by", "attempt__recording", "attempt__prompt_clip"
    )
    return get_object_or_404(rows, pk=pk)


def page(
    request: HttpRequest,
    one: Voice,
    *,
    speech_form: SpeechForm | None = None,
    notes_form: NotesForm | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """The page of one voice."""
    told([one])
    attempt = getattr(one, "attempt", None)
    kin = attempt_tree.relatives(attempt) if attempt else []
    changes.tell([near for _relation, near in kin] + ([attempt] if attempt else []))
    noted = {
        "notes": one.notes,
        "tags": ", ".join(tag.name for tag in one.tags.all()),
        "seen": service.notes_version(one),
    }
    if not notes_form:
        noted |= drafts.laid_ready(request, "voice_notes", one.pk)
    spoken = Speech.objects.visible_to(request.user).filter(voice=one).for_rows()
    like = spoken.filter(pk=_number(request.GET.get("from", "")) or 0).first()
    unsent = {} if speech_form else drafts.laid_ready(request, "speak", one.pk)
    form = speech_form or SpeechForm(initial=unsent or (SpeechForm.like(like) if like else {}))
    before = _number(request.GET.get("before", ""))
    rows = list(
        (spoken.filter(pk__lt=before) if before else spoken).order_by("-pk")[: SPEECHES + 1]
    )
    context = {
        "voice": one,
        "attempt": attempt,
        "kin": kin,
        "speech_form": form,
        "count": None,
        "speech_price": prices.estimate_speech(form.shown("text"), form.shown("model"), one),
        "notes_form": notes_form or NotesForm(initial=noted),
        "keep_price": keep.estimate_keep(one),
        "keep_sentence": keep.SENTENCE,
        "token": uuid4(),
        "message": None,
        "permission_wording": PERMISSION_WORDING,
        "rebuild_price": rebuild.estimate_rebuild(attempt) if attempt else None,
        "thousand": prices.price_per_character(form.shown("model")) * 1000,
        "speeches": rows[:SPEECHES],
        "older": rows[SPEECHES - 1].pk if len(rows) > SPEECHES else None,
        "newest": bool(before),
        "story": service.voice_timeline(one),
    }
    return render(request, "voices/detail.html", context | more, status=status)


def told(found: list[Voice]) -> None:
    """Tell each voice what it has cost so far; one query for all of them."""
    spent = costs.sum_voices(voice.pk for voice in found)
    for one in found:
        one.cost = spent[one.pk]  # type: ignore[attr-defined]


def _asked_for(request: HttpRequest, form: LedgerForm) -> "VoiceQuerySet":
    rows = service.visible_voices(request.user).for_rows()
    chosen = form.chosen
    if state := chosen.get("state"):
        rows = rows.in_state(state)
    if tag := chosen.get("tag"):
        rows = rows.tagged(tag)
    if chosen.get("view") == "expiring":
        rows = rows.expiring_within(reminders.HOURS)
    if chosen.get("view") == "unheard":
        rows = rows.unheard()
    return rows.search(chosen.get("q", ""))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
