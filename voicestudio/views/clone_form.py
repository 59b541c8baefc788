"""The clone form: filled in from an address, a draft or a POST, and the page that shows it."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final
from uuid import uuid4

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _

from voicestudio.forms import CloneForm, speech_models, texts
from voicestudio.forms.ids import parse_id
from voicestudio.forms.speakers import parse_choice
from voicestudio.minimax import limits
from voicestudio.models import Action, AudioFile, CloneAttempt, Speaker, access_of, clock
from voicestudio.services import projects, recordings, reminders
from voicestudio.services.money import prices
from voicestudio.services.permissions import may
from voicestudio.services.voices import speakers, voice_ids

from . import drafts, form_tokens, suggested_options, uploads
from .current_user import current_user
from .recording_uploads import FORM_PARTS, keep_form_uploads, list_newest
from .speakers import describe_choice

# What "Clone again" copies. Not the token, not the voice ID, and never the permission: it is one
# person's word for one attempt, stored with their name and the time.
COPIED_FIELDS: Final = (
    "recording", "prompt_clip", "prompt_text", "preview_text", "model", "language",
    "noise_reduction", "volume_normalization", "watermark", "text_validation", "accuracy",
    "rehearsal",
)  # fmt: skip
OPTIONS: Final = ("noise_reduction", "volume_normalization", "watermark")
RECENT: Final = timedelta(days=1)
ADVANCED: Final = ("text_validation", "accuracy")


def render_new(request: HttpRequest) -> HttpResponse:
    """The page before anything is posted."""
    requested = _requested_attempt(request)
    initial = _initial_values(request, requested)
    initial["project"] = _choose_project(request, parse_id(str(initial.get("project", ""))))
    form = _build_form(request, initial=initial)
    return render_page(request, form, requested=requested)


def posted_form(
    request: HttpRequest,
    answers: Mapping[str, str] | None = None,
    *,
    errors: Mapping[str, str] | None = None,
    is_complete: bool = False,
    earlier: CloneAttempt | None = None,
) -> CloneForm:
    """The posted form; files that came with it are stored and chosen.

    `answers` replace what was posted, which is how a button changes a field. `errors` are shown at
    their fields. Unless `is_complete` nothing else is validated: the person has not finished.
    `earlier` is the attempt that the same form has made, whose voice ID the form may repeat.
    """
    data, own_id = request.POST.copy(), earlier.voice_id if earlier is not None else ""
    _read_project(request, data)
    answers = {**(answers or {}), **(_same_files(request, earlier) if earlier else {})}
    refusals = keep_form_uploads(request, data, skip=answers) | dict(errors or {})
    for name, value in answers.items():
        data[name] = value
    if "project_changed" in data:
        _remove_other_recordings(request, data)
    speaker = texts.clean(data.get("speaker", ""))[:120]
    if speaker and not data.get("voice_id", "").strip():
        data["voice_id"] = own_id or voice_ids.suggest(speaker)[0]
    if form_tokens.parse_token(data.get("token", "")) is None:
        data["token"] = str(uuid4())
        refusals["token"] = _("This form was out of date. Check it and press the button again.")
    return _build_form(request, data, own_id=own_id, refusals=refusals, is_complete=is_complete)


def render_page(
    request: HttpRequest,
    form: CloneForm,
    *,
    requested: CloneAttempt | None = None,
    offers_limit: bool = False,
) -> HttpResponse:
    """The page with `form`; 422 if it has errors.

    `requested` is an attempt already made from it; `offers_limit` adds a link to the limit.
    """
    # First, because it may tick options of the form.
    recordings = _recordings_context(request, form)
    context = {
        "form": form,
        "mistakes": form.mistakes(),
        "remarks": form.warnings(),
        "requested": requested,
        "offers_limit": offers_limit,
        "limit": settings.UPLOAD_MAX_BYTES,
        "too_large": uploads.too_large_message(),
        "likeness": form.has_answers("prompt_clip", "prompt_file", "prompt_text"),
        "sound": form.has_answers(*OPTIONS, *ADVANCED),
        "advanced": form.has_answers(*ADVANCED),
        "practice": settings.PRACTICE_MODE,
        "speaker_names": speakers.list_names(speakers.offered_to(current_user(request))),
        **describe_choice(request, form.shown("speaker"), form.chosen_speaker),
        # Left out while errors are corrected, so that the page stays short.
        "soon": None if form.is_bound else reminders.count_expiring(request.user),
        **recordings,
        **_preview_context(form),
        **newest_attempts(request),
    }
    response = render(request, "attempts/new.html", context, status=422 if form.errors else 200)
    # The back button then shows the page as it was left, with its token, instead of a new one;
    # sign-in-dialog.js checks that the sign-in has not ended meanwhile.
    patch_cache_control(response, private=True, no_cache=True)
    return response


def newest_attempts(request: HttpRequest) -> dict[str, Any]:
    """The context of the card "Recent attempts": the person's three newest of the last day."""
    own = CloneAttempt.objects.visible_to(request.user).filter(
        created_by=current_user(request), created_at__gte=clock.now() - RECENT
    )
    attempts = list(own.for_rows()[:3])
    is_running = any(attempt.is_running for attempt in attempts)
    # No player while the card is swapped, because that would interrupt it; and only one, because
    # a waveform weighs as much as the rest of the card.
    playable = None if is_running else next((row.pk for row in attempts if row.audio), None)
    return {"just_now": attempts, "still_running": is_running, "heard": playable}


def _same_files(request: HttpRequest, earlier: CloneAttempt) -> dict[str, str]:
    """The recordings of `earlier` that a browser without JavaScript has sent once more."""
    same = {}
    for part in FORM_PARTS:
        file, stored = request.FILES.get(part.file), getattr(earlier, part.field)
        if file and stored and _identify(file) == (stored.name, stored.bytes):
            same[part.field] = str(stored.pk)
    return same


def _identify(file: UploadedFile) -> tuple[str, int | None]:
    """The name and size that the recording of this file has."""
    return recordings.clean_file_name(uploads.posted_name(file)), file.size


def _build_form(
    request: HttpRequest, data: Any = None, *, own_id: str = "", **options: Any
) -> CloneForm:
    check = partial(voice_ids.check, own_id=own_id)
    choices = projects.list_choices(current_user(request), Action.CLONE)
    return CloneForm(data, by=request.user, check_voice_id=check, projects=choices, **options)


# The project of the form --------------------------------------------------------------------------


def _choose_project(request: HttpRequest, wanted: int | None) -> int | None:
    """Show everything of the form in one project: the wanted one, else the one in use.

    None for those who see one project. `wanted` counts only if the person may clone there.
    """
    user = current_user(request)
    if not access_of(user).sees_several:
        return None
    if wanted is None or not may(user, Action.CLONE, wanted):
        wanted = projects.default_for(user, Action.CLONE).pk
    projects.work_in(user, wanted, Action.CLONE)
    return wanted


def _read_project(request: HttpRequest, data: QueryDict) -> None:
    """Work in the project of the posted form, which is the one of a chosen speaker if there is one.

    Raises `NotAllowed` for a project in which the person may not clone.
    """
    user = current_user(request)
    wanted = parse_id(data.get("project", ""))
    if data.get("project"):
        projects.work_in(user, wanted, Action.CLONE)
    if "project_changed" in data:
        data["speaker_choice"] = ""
    elif access_of(user).sees_several:
        choice = parse_choice(data.get("speaker_choice", ""), data.get("speaker", ""))
        found = Speaker.objects.visible_to(user).filter(pk=choice.speaker_id or 0).first()
        if found is not None and may(user, Action.CLONE, found.project_id):
            wanted = found.project_id
        wanted = wanted or _project_of_recording(request, data.get("recording", ""))
    if (project := _choose_project(request, wanted)) is not None:
        data["project"] = str(project)


def _project_of_recording(request: HttpRequest, pk: str) -> int | None:
    visible = AudioFile.objects.visible_to(request.user).filter(pk=parse_id(pk) or 0)
    return visible.values_list("project", flat=True).first()


def _remove_other_recordings(request: HttpRequest, data: QueryDict) -> None:
    """Choose no recording of the project that the form had before."""
    here = AudioFile.objects.in_use_by(request.user)
    for part in FORM_PARTS:
        if not here.filter(pk=parse_id(data.get(part.field, "")) or 0).exists():
            data[part.field] = ""


# What the page shows ------------------------------------------------------------------------------


def _recordings_context(request: HttpRequest, form: CloneForm) -> dict[str, Any]:
    """The chosen recordings, those to choose from, and the options that the chosen one suggests."""
    chosen = {part.field: form.chosen(part.field) for part in FORM_PARTS}
    values: Any = form.data if form.is_bound else form.initial
    advised = str(values.get("advised", ""))
    if not (form.is_bound and form.is_complete):
        advised = suggested_options.apply_advice(values, chosen["recording"], advised)
    return {
        "chosen": chosen,
        "advised": advised,
        "suggested": suggested_options.suggested(values, chosen["recording"], advised),
        "newest": {part.field: list_newest(request, part.field) for part in FORM_PARTS},
    }


def _preview_context(form: CloneForm) -> dict[str, Any]:
    """Models, limits and prices of the preview text."""
    text, model = form.shown("preview_text"), form.shown("model")
    return {
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
        "estimate": prices.estimate_clone(text, model),
        "cent": Decimal("0.01"),
        "billed_per_han": settings.BILLED_PER_HAN,
        "fee_at_once": settings.CLONE_FEE_AT_ONCE,
    }


def _initial_values(request: HttpRequest, requested: CloneAttempt | None) -> dict[str, Any]:
    """From a draft of before signing in, from the address, or from an earlier attempt."""
    initial: dict[str, Any] = {}
    if draft := drafts.pop_answers(request, "new"):
        known = CloneForm.base_fields.keys() & draft.keys()
        # An emptied text is missing from the draft, and must stay empty.
        initial = {"preview_text": ""} | {name: draft[name] for name in known}
        initial["advised"] = draft.get("advised", "")
    if project := request.GET.get("project"):
        initial["project"] = project
    for part in FORM_PARTS:
        if pk := request.GET.get(part.field):
            initial[part.field] = pk
            initial["project"] = _project_of_recording(request, pk) or initial.get("project")
    if "from" in request.GET:
        earlier = _find_attempt(request, "from")
        voice_id = request.GET.get("voice_id", "")[: limits.MAX_VOICE_ID_LENGTH]
        initial |= _copy_answers(earlier) | {
            "voice_id": voice_id or voice_ids.suggest(earlier.speaker_name)[0],
            "parent": earlier.pk,
        }
    if requested is not None:
        initial |= _copy_answers(requested) | {
            "token": requested.token, "voice_id": requested.voice_id,
            "permission": True, "parent": requested.parent_id,
        }  # fmt: skip
    return initial


def _copy_answers(attempt: CloneAttempt) -> dict[str, Any]:
    copied = {name: getattr(attempt, name) for name in COPIED_FIELDS}
    if not attempt.preview_text:
        del copied["model"]
    return {
        "project": attempt.project_id,
        "speaker": attempt.speaker_name,
        "speaker_choice": f"{attempt.speaker_id} {attempt.speaker_name}",
        "advised": suggested_options.mark_decided(attempt.recording),
    } | {name: value for name, value in copied.items() if value is not None}


def _requested_attempt(request: HttpRequest) -> CloneAttempt | None:
    """The attempt made from this form before; the back button of its page leads here."""
    if "attempt" not in request.GET:
        return None
    attempt = _find_attempt(request, "attempt")
    if attempt.created_by_id != current_user(request).pk:
        raise Http404
    return attempt


def _find_attempt(request: HttpRequest, name: str) -> CloneAttempt:
    """The attempt whose id the query string gives as `name`, or 404."""
    pk = parse_id(request.GET[name])
    return get_object_or_404(CloneAttempt.objects.visible_to(request.user), pk=pk)
