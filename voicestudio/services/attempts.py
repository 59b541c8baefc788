"""Clone attempts: from the order to the answer. Reads from top to bottom like the story.

Three rules hold for the call that costs money: it is made at most once, what is not known is said
to be not known, and every state is true when it is read.
"""

import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.tasks import task
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from voicestudio import words
from voicestudio.minimax import CloneAnswer, CloneRequest, MiniMaxError, NeverSent
from voicestudio.models import AudioFile, CloneAttempt, Purpose, Speaker, State, Voice
from voicestudio.words import Saying, Trouble

from . import calls, demos, leases, provider, voice_ids

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

PERMISSION_WORDING: Final = _("I have this person's permission to clone their voice")
# Source: provider.md, "Codes": both are moderation.
STOPPED_CODES: Final = frozenset({1026, 1027})
UNKNOWN_RECORDING: Final = 20132
# A repeat is due after these seconds, give or take a fifth; the last one is used on and on.
PAUSES: Final = (2, 5, 10, 20, 40, 60, 90, 120)
# About half an hour of repeats.
MOST_RUNS: Final = 20
RAW_LIMIT: Final = 65_536


@dataclass(frozen=True)
class Order:
    """What a person asks for. `token` is the form's own: one token, one attempt."""

    token: UUID
    speaker_name: str
    voice_id: str
    permission: bool
    recording: AudioFile
    prompt_clip: AudioFile | None = None
    prompt_text: str = ""
    preview_text: str = ""
    model: str = ""
    language: str = ""
    noise_reduction: bool = False
    volume_normalization: bool = False
    watermark: bool = False
    text_validation: str = ""
    accuracy: Decimal | None = None
    rehearsal: str = ""


class OrderRefused(Exception):  # noqa: N818 - an answer, not a mistake
    """An order that is not taken; `field` names the part, `saying` the reason for people."""

    def __init__(self, field: str, saying: Saying) -> None:
        super().__init__(f"order refused because of {field}")
        self.field = field
        self.saying = saying


class PermissionMissing(OrderRefused):
    """Nobody has confirmed that the speaker agrees."""

    def __init__(self) -> None:
        super().__init__(
            "permission",
            Saying(
                _("No voice is cloned without the person's permission."),
                _("Ask them, then tick the box."),
            ),
        )


class VoiceIdTaken(OrderRefused):
    """The voice ID is one of ours already; `suggestions` are free."""

    def __init__(self, suggestions: list[str]) -> None:
        super().__init__("voice_id", words.of_code(2039))
        self.suggestions = suggestions


# Asking --------------------------------------------------------------------------------------


def submit(order: Order, *, by: "User") -> CloneAttempt:
    """Enter the order and hand it to the worker; the same token gives the same attempt.

    Raises `PermissionMissing`, `VoiceIdTaken` or another `OrderRefused`; nothing is stored then.
    """
    if earlier := CloneAttempt.objects.filter(token=order.token).first():
        return earlier
    _check(order)
    try:
        with transaction.atomic():
            attempt = _enter(order, by)
            run_attempt.enqueue(attempt.pk)
    except IntegrityError:
        # Somebody was quicker: the same form twice at once, or another one with this voice ID.
        if earlier := CloneAttempt.objects.filter(token=order.token).first():
            return earlier
        if voice_ids.is_taken(order.voice_id):
            raise VoiceIdTaken(voice_ids.suggest(order.speaker_name, 3)) from None
        raise
    return attempt


def _check(order: Order) -> None:
    """The rules that hold whatever page, command or script the order came from."""
    if not order.permission:
        raise PermissionMissing
    if not order.speaker_name.strip():
        raise OrderRefused("speaker", Saying(_("The speaker's name is missing."), _("Type it in.")))
    if order.recording.purpose != Purpose.SAMPLE:
        raise OrderRefused(
            "recording", Saying(_("This is a prompt clip."), _("Choose a recording."))
        )
    if (order.prompt_clip is None) != (not order.prompt_text):
        raise OrderRefused(
            "prompt_text",
            Saying(
                _("MiniMax takes a prompt clip only together with its exact words."),
                _("Give both, or neither."),
            ),
        )
    if order.prompt_clip is not None and order.prompt_clip.purpose != Purpose.PROMPT:
        raise OrderRefused(
            "prompt_clip", Saying(_("This is no prompt clip."), _("Choose another one."))
        )
    verdict = voice_ids.check(order.voice_id, order.speaker_name)
    if verdict.state == "taken":
        raise VoiceIdTaken(verdict.suggestions)
    if verdict.state == "invalid":
        raise OrderRefused("voice_id", Saying(verdict.message, _("Change it.")))


def _enter(order: Order, by: "User") -> CloneAttempt:
    name = " ".join(order.speaker_name.split())
    speaker, _made = Speaker.objects.get_or_create(name=name, defaults={"created_by": by})
    return CloneAttempt.objects.create(
        token=order.token,
        provider=settings.MINIMAX_PROVIDER,
        created_by=by,
        speaker=speaker,
        speaker_name=name,
        recording=order.recording,
        prompt_clip=order.prompt_clip,
        prompt_text=order.prompt_text,
        voice_id=order.voice_id,
        preview_text=order.preview_text,
        # The provider wants text and model together: a model alone says nothing.
        model=order.model if order.preview_text else "",
        language=order.language,
        text_validation=order.text_validation,
        accuracy=order.accuracy if order.text_validation else None,
        noise_reduction=order.noise_reduction,
        volume_normalization=order.volume_normalization,
        watermark=order.watermark,
        rehearsal=order.rehearsal if settings.PRACTICE_MODE else "",
        permission_by=by,
        permission_at=timezone.now(),
        permission_wording=str(PERMISSION_WORDING),
    )


def try_again(attempt: CloneAttempt) -> bool:
    """Hand an interrupted attempt to the worker once more; False if it is not interrupted.

    Only what was never sent can be interrupted, so nothing is sent twice.
    """
    try:
        with transaction.atomic():
            rows = CloneAttempt.objects.filter(pk=attempt.pk).in_state(State.INTERRUPTED)
            waiting = rows.update(
                status=State.WAITING, claim=None, lease_until=None, retry_at=None, runs=0,
                trouble="", finished_at=None, enqueued_at=timezone.now(),
            )  # fmt: skip
            if waiting:
                run_attempt.enqueue(attempt.pk)
    except IntegrityError:
        # Meanwhile another attempt has taken the voice ID.
        return False
    return bool(waiting)


# Running: only the primary key has crossed ----------------------------------------------------


@task()
def run_attempt(pk: int) -> None:
    """The worker's job; nothing is lost with it, since the row says what is to be done."""
    run(pk)


def run(pk: int) -> None:
    """Do whatever is left to be done for one attempt, if nobody else is at it."""
    with leases.held() as claim:
        attempt = CloneAttempt.objects.claim(pk, claim, worker=leases.worker)
        if attempt is None:
            return
        try:
            request = _upload_what_has_no_file_id(attempt)
            answer = _send(attempt, request)
        except MiniMaxError as error:
            _record_no(attempt, error)
        except FileNotFoundError:
            _record_ours(attempt, Trouble.RECORDING_GONE)
        except Exception:
            _record_ours(attempt, Trouble.OURS)
            raise
        else:
            if answer is not None and _record_yes(attempt, answer):
                demos.fetch(attempt)


def _upload_what_has_no_file_id(attempt: CloneAttempt) -> CloneRequest:
    """The request, once the provider has every file; a repeat uploads nothing twice."""
    if attempt.sent is not None:
        # An earlier run was told to slow down: exactly the same goes out again.
        clip = attempt.sent.get("clone_prompt")
        return _request(attempt, attempt.sent["file_id"], clip["prompt_audio"] if clip else None)
    sample = _file_id(attempt, attempt.recording)
    clip_id = _file_id(attempt, attempt.prompt_clip) if attempt.prompt_clip else None
    if attempt.uploaded_at is None:
        attempt.advance(held_as=(State.SENDING,), uploaded_at=timezone.now())
    return _request(attempt, sample, clip_id)


def _file_id(attempt: CloneAttempt, recording: AudioFile) -> int:
    known = recording.file_id_at(attempt.provider)
    if known is not None:
        return known
    if not recording.is_held:
        raise FileNotFoundError(recording.name)
    extension = recording.file.name.rpartition(".")[2]
    uploaded = calls.made(
        attempt,
        "upload",
        lambda: provider.client().upload(
            Path(recording.file.path),
            purpose=recording.purpose,
            filename=f"{recording.purpose}-{recording.pk}.{extension}",
        ),
    )
    recording.file_id = uploaded.file_id
    recording.provider = attempt.provider
    recording.uploaded_at = timezone.now()
    recording.save(update_fields=["file_id", "provider", "uploaded_at"])
    return uploaded.file_id


def _request(attempt: CloneAttempt, file_id: int, prompt_audio: int | None) -> CloneRequest:
    return CloneRequest(
        file_id=file_id,
        voice_id=attempt.voice_id,
        prompt_audio=prompt_audio,
        prompt_text=attempt.prompt_text,
        text=attempt.preview_text,
        model=attempt.model,
        language_boost=attempt.language,
        text_validation=attempt.text_validation,
        accuracy=None if attempt.accuracy is None else float(attempt.accuracy),
        noise_reduction=attempt.noise_reduction,
        volume_normalization=attempt.volume_normalization,
        watermark=attempt.watermark,
    )


def _send(attempt: CloneAttempt, request: CloneRequest) -> CloneAnswer | None:
    """Mark "sent", then send, once. None if the attempt is no longer ours."""
    now = timezone.now()
    first = {} if attempt.sent is not None else {"sent": request.body(), "sent_at": now}
    marked = attempt.advance(
        held_as=(State.SENDING,), status=State.CLONING, lease_until=leases.lease_end(), **first
    )
    if not marked:
        return None
    return calls.made(
        attempt,
        "voice_clone",
        lambda: provider.client().clone(request, headers=provider.rehearsal(attempt)),
    )


# What came of it ------------------------------------------------------------------------------


def _record_yes(attempt: CloneAttempt, answer: CloneAnswer) -> bool:
    """The answer and the voice, in one transaction."""
    now = timezone.now()
    with transaction.atomic():
        voice = _enter_voice(attempt, now)
        recorded = attempt.advance(
            held_as=(State.CLONING, State.UNKNOWN),
            status=State.READY,
            cloned_voice=voice,
            answered_at=now,
            finished_at=now,
            answer=answer.raw,
            http_status=answer.http_status,
            status_code=answer.status_code,
            status_msg=answer.status_msg,
            trace_id=answer.trace_id,
            trouble="",
            input_sensitive=answer.input_sensitive,
            input_sensitive_type=answer.input_sensitive_type,
            demo_url=answer.demo_audio,
            calls=attempt.calls,
            lease_until=leases.lease_end() if answer.demo_audio else None,
        )
        if not recorded:
            transaction.set_rollback(True)
            logger.error("Attempt %s was answered, but is no longer ours.", attempt.pk)
    return recorded and bool(answer.demo_audio)


def _enter_voice(attempt: CloneAttempt, now: datetime) -> Voice:
    # The provider has just made a voice of this ID, so an older one of ours is gone there.
    Voice.objects.living().filter(provider=attempt.provider, voice_id=attempt.voice_id).update(
        deleted_at=now
    )
    return Voice.objects.create(
        voice_id=attempt.voice_id,
        provider=attempt.provider,
        speaker=attempt.speaker,
        created_at=now,
    )


def _record_no(attempt: CloneAttempt, error: MiniMaxError) -> None:
    """Wait, end, or say that it is not known: the one place that turns errors into states."""
    now = timezone.now()
    was_sent = attempt.status == State.CLONING
    # An upload costs nothing and makes no voice: it may be repeated even if its answer was lost.
    harmless = not was_sent and error.outcome_unknown
    facts: dict[str, Any] = {
        "http_status": error.http_status,
        "status_code": error.status_code,
        "status_msg": error.status_msg[:2000],
        "trace_id": error.trace_id[:255],
        "answer_text": error.raw[:RAW_LIMIT],
        "answered_at": now if error.http_status is not None else None,
        "trouble": calls.trouble(error),
        "calls": attempt.calls,
    }
    if (error.may_repeat or harmless) and attempt.runs < MOST_RUNS:
        due = _due(attempt, error)
        with transaction.atomic():
            waiting = attempt.advance(
                held_as=(State.SENDING, State.CLONING),
                status=State.WAITING,
                claim=None,
                lease_until=None,
                retry_at=due,
                enqueued_at=now,
                **facts | {"answered_at": None},
            )
            if waiting:
                run_attempt.using(run_after=due).enqueue(attempt.pk)
        return
    if was_sent and error.outcome_unknown:
        status = State.UNKNOWN
    elif error.status_code in STOPPED_CODES:
        status = State.STOPPED
    else:
        status = State.FAILED
    if isinstance(error, NeverSent) or harmless:
        facts["trouble"] = Trouble.GAVE_UP
    attempt.advance(
        held_as=(State.SENDING, State.CLONING, State.UNKNOWN),
        status=status,
        finished_at=now,
        lease_until=None,
        **facts,
    )
    if error.status_code == UNKNOWN_RECORDING:
        _forget_file_ids(attempt)


def _record_ours(attempt: CloneAttempt, trouble: Trouble) -> None:
    """A mistake of ours: before the request went out nothing has happened, after it who knows."""
    was_sent = attempt.status == State.CLONING
    attempt.advance(
        held_as=(State.SENDING, State.CLONING),
        status=State.UNKNOWN if was_sent else State.FAILED,
        finished_at=timezone.now(),
        lease_until=None,
        trouble=trouble,
        calls=attempt.calls,
    )


def _due(attempt: CloneAttempt, error: MiniMaxError) -> datetime:
    """When to try again: growing pauses, never all at once, later if the provider says so."""
    pause = PAUSES[min(max(attempt.runs, 1), len(PAUSES)) - 1] * random.uniform(0.8, 1.2)  # noqa: S311
    return timezone.now() + timedelta(seconds=max(pause, min(error.retry_after or 0, 600)))


def _forget_file_ids(attempt: CloneAttempt) -> None:
    """The provider does not know a file any more: the next attempt uploads our copy anew."""
    used = [attempt.recording_id, attempt.prompt_clip_id]
    AudioFile.objects.filter(pk__in=used, provider=attempt.provider).exclude(file="").update(
        file_id=None, provider="", uploaded_at=None
    )


# In words -------------------------------------------------------------------------------------


def saying(attempt: CloneAttempt) -> Saying | None:
    """What there is to tell about this attempt; None if all is well."""
    match attempt.state:
        case State.READY | State.FLAGGED | State.SENDING | State.CLONING:
            return None
        case State.WAITING:
            return words.TROUBLES.get(attempt.trouble) if attempt.retry_at else None
        case State.INTERRUPTED:
            return words.TROUBLES[Trouble.INTERRUPTED]
        case State.UNKNOWN:
            slow = attempt.trouble == Trouble.UNANSWERED or attempt.status_code == 1001
            return words.of_code(1001) if slow else words.OUTCOME_UNKNOWN
    if attempt.status_code:
        return words.of_code(attempt.status_code)
    if attempt.trouble == Trouble.REFUSED:
        return words.of_http(attempt.http_status)
    return words.TROUBLES.get(attempt.trouble, words.UNSEEN)
