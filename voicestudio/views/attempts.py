"""Asking for a voice: the form at `/`, and what it asks while one types."""

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from voicestudio.forms import CloneForm, speech_models, texts
from voicestudio.minimax import limits
from voicestudio.models import CloneAttempt
from voicestudio.services import clones, reminders
from voicestudio.services.money import prices
from voicestudio.services.voices import voice_ids

from . import clean_copies, cutting, drafts, form_tokens, suggested_options, uploads
from .current_user import current_user
from .recording_uploads import PARTS, bring, newest

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

# What "Clone again" fills in: not the token, not the voice ID, and never the permission, which is
# a person's word for one clone and is kept with their name and the time.
SAME_AGAIN: Final = (
    "recording", "prompt_clip", "prompt_text", "preview_text", "model", "language",
    "noise_reduction", "volume_normalization", "watermark", "text_validation", "accuracy",
    "rehearsal",
)  # fmt: skip
OPTIONS: Final = ("noise_reduction", "volume_normalization", "watermark")
ADVANCED: Final = ("text_validation", "accuracy")
# Buttons of the form that do not ask for the voice yet, for those without JavaScript.
NOT_YET: Final = ("action", "use_voice_id")


@uploads.capped()
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form; a valid one becomes an attempt, and the same form twice becomes the same one."""
    if request.method != "POST":
        asked = _asked(request)
        return _page(request, _form(request, initial=_initial(request, asked)), asked=asked)
    if earlier := _by_token(request.POST.get("token", ""), request.user):
        messages.info(request, _("You've already requested this voice. Nothing was sent twice."))
        return _to(request, earlier)
    form = _brought_form(request)
    if gone := cutting.leave(request, form) or clean_copies.leave(request, form):
        return gone
    if form.unfinished or not form.is_valid():
        return _page(request, form)
    try:
        attempt = clones.submit(clones.Order(**form.order()), by=current_user(request))
    except clones.OrderRefused as refused:
        form.refuse(refused.field, f"{refused.message.headline} {refused.message.next_step}")
        return _page(request, form)
    for remark in form.remarks():
        messages.warning(request, remark)
    return _to(request, attempt)


@require_safe
def voice_id(request: HttpRequest) -> HttpResponse:
    """What can be said of a voice ID while it is typed, or one made from the name."""
    speaker = texts.clean(request.GET.get("speaker", ""))[:120]
    typed = request.GET.get("voice_id", "").strip()
    suggestion = "" if typed or not speaker else voice_ids.suggest(speaker)[0]
    known = typed or suggestion
    verdict = voice_ids.check(known, speaker) if known else None
    return render(
        request, "attempts/new.html#voice-id", {"verdict": verdict, "suggestion": suggestion}
    )


@require_safe
def just_now(request: HttpRequest) -> HttpResponse:
    """What one has asked for last, while it is still running."""
    return render(request, "attempts/new.html#just-now", _just_now(request))


def _just_now(request: HttpRequest) -> dict[str, Any]:
    mine = CloneAttempt.objects.visible_to(request.user).filter(created_by=current_user(request))
    newest_three = list(mine.for_rows()[:3])
    running = any(attempt.is_running for attempt in newest_three)
    # The card is swapped while something runs, which would cut a sound short. And one picture is
    # enough: each weighs as much as the rest of the card.
    heard = None if running else next((one.pk for one in newest_three if one.audio), None)
    return {"just_now": newest_three, "still_running": running, "heard": heard}


# The form -------------------------------------------------------------------------------------


def _form(request: HttpRequest, data: QueryDict | None = None, **options: Any) -> CloneForm:
    return CloneForm(data, by=request.user, judge=voice_ids.check, **options)


def _brought_form(request: HttpRequest) -> CloneForm:
    """The form as it was sent, with what was uploaded along with it."""
    data, refused = bring(request)
    if wanted := data.get("use_voice_id"):
        data["voice_id"] = wanted
    speaker = texts.clean(data.get("speaker", ""))[:120]
    if speaker and not data.get("voice_id", "").strip():
        data["voice_id"] = voice_ids.suggest(speaker)[0]
    if form_tokens.parsed(data.get("token", "")) is None:
        # It is lost, so the form is shown once more, with a new one.
        data["token"] = str(uuid4())
        refused["token"] = _("This form was out of date. Look it over and press the button again.")
    unfinished = any(data.get(name) for name in NOT_YET)
    return _form(request, data, refused=refused, unfinished=unfinished)


def _page(
    request: HttpRequest, form: CloneForm, *, asked: CloneAttempt | None = None
) -> HttpResponse:
    text, model = form.shown("preview_text"), form.shown("model")
    chosen = {part.field: form.chosen(part.field) for part in PARTS}
    given: Any = form.data if form.is_bound else form.initial
    told = str(given.get("advised", ""))
    if not form.is_bound or form.unfinished:
        told = suggested_options.take_over(given, chosen["recording"], told)
    context = {
        "form": form,
        "mistakes": form.mistakes(),
        "remarks": form.remarks(),
        "asked": asked,
        "chosen": chosen,
        "advised": told,
        "suggested": suggested_options.suggested(given, chosen["recording"], told),
        "newest": {part.field: newest(request, part.field) for part in PARTS},
        "limit": settings.UPLOAD_MAX_BYTES,
        "too_large": uploads.larger_than_we_take(),
        "preview_limit": limits.MAX_PREVIEW_CHARACTERS,
        "sound_tags": " ".join(sorted(limits.TAGS)),
        "model_now": model,
        "speech_models": [
            {
                "value": value,
                "name": name,
                "tags": limits.supports_tags(value),
                "price": prices.price_per_million(value) / prices.MILLION,
            }
            for value, name in speech_models.choices()
        ],
        "likeness": form.has_answers("prompt_clip", "prompt_file", "prompt_text"),
        "sound": form.has_answers(*OPTIONS, *ADVANCED),
        "advanced": form.has_answers(*ADVANCED),
        "estimate": prices.estimate_clone(text, model),
        "cent": Decimal("0.01"),
        "currency": settings.CURRENCY,
        "practice": settings.PRACTICE_MODE,
        # Whoever corrects a form has enough to read.
        "soon": None if form.is_bound else reminders.count_expiring(),
    } | _just_now(request)
    response = render(request, "attempts/new.html", context, status=422 if form.errors else 200)
    # The way back shows the page as it was left, token and all, instead of a fresh one.
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _to(request: HttpRequest, attempt: CloneAttempt) -> HttpResponse:
    """On to the page of the attempt."""
    url = reverse("attempt", args=[attempt.pk])
    if request.headers.get("HX-Request"):
        # Without loading all of it again; the menu then says where one is.
        way = {"path": url, "target": "#main", "select": "#main", "selectOOB": "#menu"}
        way["swap"] = "outerHTML show:window:top"
        return HttpResponse(headers={"HX-Location": json.dumps(way)})
    response = redirect(url)
    response.status_code = 303
    return response


# What is filled in ----------------------------------------------------------------------------


def _initial(request: HttpRequest, asked: CloneAttempt | None) -> dict[str, Any]:
    """From an address, from an earlier attempt, or from what was typed before signing in."""
    initial: dict[str, Any] = {}
    if draft := drafts.laid_ready(request, "new"):
        known = CloneForm.base_fields.keys() & draft.keys()
        # A text that was emptied is not in the draft, and stays empty.
        initial = {"preview_text": ""} | {name: draft[name] for name in known}
        initial["advised"] = draft.get("advised", "")
    for name in ("recording", "prompt_clip"):
        if given := request.GET.get(name):
            initial[name] = given
    if "from" in request.GET:
        visible = CloneAttempt.objects.visible_to(request.user)
        earlier = get_object_or_404(visible, pk=_number(request.GET["from"]))
        wanted = request.GET.get("voice_id", "")[: limits.MAX_VOICE_ID_LENGTH]
        fresh = wanted or voice_ids.suggest(earlier.speaker_name)[0]
        initial |= _like(earlier) | {"voice_id": fresh, "parent": earlier.pk}
        initial["advised"] = suggested_options.decided(earlier.recording)
    if asked is not None:
        kept = {"token": asked.token, "voice_id": asked.voice_id, "permission": True}
        kept["parent"] = asked.parent_id
        initial |= _like(asked) | kept
        initial["advised"] = suggested_options.decided(asked.recording)
    return initial


def _like(attempt: CloneAttempt) -> dict[str, Any]:
    same = {name: getattr(attempt, name) for name in SAME_AGAIN}
    if not attempt.preview_text:
        del same["model"]
    return {"speaker": attempt.speaker_name} | {k: v for k, v in same.items() if v is not None}


def _asked(request: HttpRequest) -> CloneAttempt | None:
    """The attempt that this very form has become: the way back from its page leads here."""
    if "asked" not in request.GET:
        return None
    mine = CloneAttempt.objects.visible_to(request.user).filter(created_by=current_user(request))
    return get_object_or_404(mine, pk=_number(request.GET["asked"]))


def _by_token(token: str, user: "AbstractBaseUser | AnonymousUser") -> CloneAttempt | None:
    known = form_tokens.parsed(token)
    if known is None:
        return None
    return CloneAttempt.objects.visible_to(user).filter(token=known).first()


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        raise Http404
    return int(text)
