"""Running: what the worker does with an attempt, once only its primary key has crossed over.

Three rules hold for the call that costs money: it is made at most once, what is not known is said
to be not known, and every state is true when it is read.
"""

import logging
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.tasks import task
from django.utils import timezone

from voicestudio.minimax import CloneAnswer, CloneRequest, MiniMaxError, NeverSent
from voicestudio.minimax import Purpose as WirePurpose
from voicestudio.models import AudioFile, CloneAttempt, State, Voice
from voicestudio.services import calls, demos, leases, provider
from voicestudio.words import Trouble

logger = logging.getLogger(__name__)

# Source: provider.md, "Codes": both are moderation.
STOPPED_CODES: Final = frozenset({1026, 1027})
UNKNOWN_RECORDING: Final = 20132
# A repeat is due after these seconds, give or take a fifth; the last one is used on and on.
PAUSES: Final = (2, 5, 10, 20, 40, 60, 90, 120)
# About half an hour of repeats.
MOST_RUNS: Final = 20
RAW_LIMIT: Final = 65_536


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
    path = Path(recording.file.path)
    uploaded = calls.made(
        attempt,
        "upload",
        lambda: provider.client().upload(
            path,
            purpose=WirePurpose(recording.purpose),
            filename=f"{recording.purpose}-{recording.pk}{path.suffix}",
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
    used = [pk for pk in (attempt.recording_id, attempt.prompt_clip_id) if pk is not None]
    AudioFile.objects.filter(pk__in=used, provider=attempt.provider).exclude(file="").update(
        file_id=None, provider="", uploaded_at=None
    )
