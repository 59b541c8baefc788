"""Running: what the worker does with an attempt, once only its primary key has crossed over.

Three rules hold for the call that costs money: it is made at most once, what is not known is said
to be not known, and every state is true when it is read.
"""

import logging
from pathlib import Path
from typing import Final

from django.db import transaction
from django.tasks import task
from django.utils import timezone

from voicestudio.minimax import CloneAnswer, CloneRequest, MiniMaxError
from voicestudio.models import AttemptState, AudioFile, CloneAttempt
from voicestudio.services.money import limits, prices
from voicestudio.services.paid_calls import (
    audio_download,
    call_log,
    leases,
    provider,
    rate_limit,
    retries,
)
from voicestudio.services.paid_calls.retries import MOST_RUNS
from voicestudio.services.voices import bookkeeping
from voicestudio.words import Trouble

__all__ = ["MOST_RUNS", "run", "run_attempt"]

logger = logging.getLogger(__name__)

UNKNOWN_RECORDING: Final = 20132


@task()
def run_attempt(pk: int) -> None:
    """The worker's job; nothing is lost with it, since the row says what is to be done."""
    run(pk)


def run(pk: int) -> None:
    """Do whatever is left to be done for one attempt, if nobody else is at it."""
    with leases.held() as claim:
        attempt = CloneAttempt.objects.claim(pk, claim, worker=leases.worker)
        if attempt is None:
            retries.come_back_later(CloneAttempt.objects.all(), pk, run_attempt)
            return
        try:
            request = _upload_what_has_no_file_id(attempt)
            answer = _send(attempt, request)
        except MiniMaxError as error:
            _record_no(attempt, error)
        except limits.LimitReached:
            _record_ours(attempt, Trouble.OVER_LIMIT)
        except FileNotFoundError:
            _record_ours(attempt, Trouble.RECORDING_GONE)
        except Exception:
            _record_ours(attempt, Trouble.OURS)
            raise
        else:
            if answer is not None and _record_yes(attempt, answer):
                audio_download.fetch(attempt)


def _upload_what_has_no_file_id(attempt: CloneAttempt) -> CloneRequest:
    """The request, once the provider has every file; a repeat uploads nothing twice."""
    if attempt.sent is not None:
        # An earlier run was told to slow down: exactly the same goes out again.
        clip = attempt.sent.get("clone_prompt")
        return _request(attempt, attempt.sent["file_id"], clip["prompt_audio"] if clip else None)
    sample = _file_id(attempt, attempt.recording)
    clip_id = _file_id(attempt, attempt.prompt_clip) if attempt.prompt_clip else None
    if attempt.uploaded_at is None:
        attempt.advance(held_as=(AttemptState.SENDING,), uploaded_at=timezone.now())
    return _request(attempt, sample, clip_id)


def _file_id(attempt: CloneAttempt, recording: AudioFile) -> int:
    known = recording.file_id_at(attempt.provider)
    if known is not None:
        return known
    if not recording.has_file:
        raise FileNotFoundError(recording.name)
    path = Path(recording.file.path)
    uploaded = call_log.logged_call(
        attempt,
        "upload",
        lambda: provider.client().upload(
            path,
            purpose=recording.purpose,
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
    """Mark "sent", then send, once. None if it is not its turn, or no longer ours."""
    first = {} if attempt.sent is not None else {"sent": request.body()}
    with transaction.atomic():
        limits.check_budget(prices.price_of(attempt), call=attempt)
        turn = rate_limit.reserve_slot(attempt)
        if not turn.granted:
            retries.stand_in_line(attempt, turn.at, run_attempt)
            return None
        marked = attempt.advance(
            held_as=(AttemptState.SENDING,),
            status=AttemptState.CLONING,
            slot_at=turn.at,
            lease_until=leases.lease_end(),
            **(first and first | {"sent_at": turn.at}),
        )
        if not marked:
            transaction.set_rollback(True)
            return None
    return call_log.logged_call(
        attempt,
        "voice_clone",
        lambda: provider.client().clone(request, headers=provider.rehearsal(attempt)),
    )


# What came of it ------------------------------------------------------------------------------


def _record_yes(attempt: CloneAttempt, answer: CloneAnswer) -> bool:
    """The answer and the voice, in one transaction. True if there is a demo to be fetched."""
    with transaction.atomic():
        recorded = bookkeeping.record_clone(
            attempt,
            answer,
            held_as=(AttemptState.CLONING, AttemptState.UNKNOWN),
            lease_until=leases.lease_end() if answer.demo_audio else None,
        )
        if not recorded:
            transaction.set_rollback(True)
            logger.error("Attempt %s was answered, but is no longer ours.", attempt.pk)
    rate_limit.record_success(attempt)
    return recorded and bool(answer.demo_audio)


def _record_no(attempt: CloneAttempt, error: MiniMaxError) -> None:
    """Wait, end, or say that it is not known: the one place that turns errors into states."""
    was_sent = attempt.status == AttemptState.CLONING
    if retries.will_be_repeated(attempt, error, was_sent=was_sent):
        with transaction.atomic():
            retries.repeat_later(
                attempt,
                error,
                run_attempt,
                held_as=(AttemptState.SENDING, AttemptState.CLONING, AttemptState.UNKNOWN),
                was_sent=was_sent,
            )
            bookkeeping.discard_voice(attempt)
        return
    ending = retries.ending(attempt, error, was_sent=was_sent)
    with transaction.atomic():
        recorded = attempt.advance(
            held_as=(AttemptState.SENDING, AttemptState.CLONING, AttemptState.UNKNOWN),
            **ending,
        )
        if recorded and ending["status"] == AttemptState.UNKNOWN:
            bookkeeping.record_uncertain_voice(attempt)
        elif recorded:
            bookkeeping.discard_voice(attempt)
    if error.status_code == UNKNOWN_RECORDING:
        _forget_file_ids(attempt)


def _record_ours(attempt: CloneAttempt, trouble: Trouble) -> None:
    """A mistake of ours: before the request went out nothing has happened, after it who knows."""
    was_sent = attempt.status == AttemptState.CLONING
    with transaction.atomic():
        recorded = attempt.advance(
            held_as=(AttemptState.SENDING, AttemptState.CLONING),
            status=AttemptState.UNKNOWN if was_sent else AttemptState.FAILED,
            finished_at=timezone.now(),
            lease_until=None,
            trouble=trouble,
            calls=attempt.calls,
        )
        if recorded and was_sent:
            bookkeeping.record_uncertain_voice(attempt)


def _forget_file_ids(attempt: CloneAttempt) -> None:
    """The provider does not know a file any more: the next attempt uploads our copy anew."""
    used = [pk for pk in (attempt.recording_id, attempt.prompt_clip_id) if pk is not None]
    AudioFile.objects.filter(pk__in=used, provider=attempt.provider).exclude(file="").update(
        file_id=None, provider="", uploaded_at=None
    )
