"""Running: what the worker does with a speech, once only its primary key has crossed over."""

import logging
from typing import Any, Final, Literal

from django.db import transaction
from django.tasks import task
from django.utils import timezone

from voicestudio.minimax import MiniMaxError, SpeechAnswer, SpeechRequest
from voicestudio.models import Format, Speech, SpeechState, VoiceState
from voicestudio.services.money import limits, prices
from voicestudio.services.paid_calls import call_log, leases, provider, rate_limit, retries
from voicestudio.services.voices import bookkeeping
from voicestudio.words import Trouble

from . import audio_download, orders

logger = logging.getLogger(__name__)

# A long text in a format that is not compressed would make an answer of many megabytes.
LONG_TEXT: Final = 1_500


@task()
def run_speech(pk: int) -> None:
    """The worker's job; nothing is lost with it, since the row says what is to be done."""
    run(pk)


def run(pk: int) -> None:
    """Do whatever is left to be done for one speech, if nobody else is at it."""
    with leases.held() as claim:
        speech = Speech.objects.claim(pk, claim, worker=leases.worker)
        if speech is None:
            retries.come_back_later(Speech.objects.all(), pk, run_speech)
            return
        try:
            answer = _send(speech, _request(speech))
        except MiniMaxError as error:
            _record_no(speech, error)
        except limits.LimitReached:
            _record_ours(speech, Trouble.OVER_LIMIT)
        except orders.SpeechRefused as refused:
            kept = getattr(refused, "state", None) == VoiceState.KEPT
            _record_ours(speech, Trouble.KEPT_ALREADY if kept else Trouble.VOICE_GONE)
        except Exception:
            _record_ours(speech, Trouble.OURS)
            raise
        else:
            if answer is not None:
                _record_yes(speech, answer)


def _request(speech: Speech) -> SpeechRequest:
    loose = speech.format != Format.MP3 and len(speech.text) > LONG_TEXT
    output: Literal["hex", "url"] = "url" if loose else "hex"
    return SpeechRequest(
        voice_id=speech.voice.voice_id,
        text=speech.text,
        model=speech.model,
        speed=float(speech.speed),
        volume=float(speech.volume),
        pitch=speech.pitch,
        format=speech.format,
        language_boost=speech.language,
        output_format=output,
    )


def _send(speech: Speech, request: SpeechRequest) -> SpeechAnswer | None:
    """Mark "sent", then send, once. None if it is not its turn, or no longer ours."""
    first = {} if speech.sent is not None else {"sent": request.body()}
    with transaction.atomic():
        speech.voice.refresh_from_db()
        orders.check_voice(speech.voice, speech.purpose)
        limits.check_budget(prices.price_of(speech), call=speech)
        turn = rate_limit.reserve_slot(speech)
        if not turn.granted:
            retries.stand_in_line(speech, turn.at, run_speech)
            return None
        marked = speech.advance(
            held_as=(SpeechState.SENDING,),
            status=SpeechState.SPEAKING,
            slot_at=turn.at,
            lease_until=leases.lease_end(),
            **(first and first | {"sent_at": turn.at}),
        )
        if not marked:
            transaction.set_rollback(True)
            return None
    return call_log.logged_call(speech, "t2a_v2", lambda: provider.client().speech(request))


# What came of it ------------------------------------------------------------------------------


def _record_yes(speech: Speech, answer: SpeechAnswer) -> None:
    """The answer, the charges and the voice in one transaction; the audio is stored before."""
    heard = audio_download.store(speech, answer.audio) if answer.audio else {}
    given = answer.extra_info.get("usage_characters")
    units = given if isinstance(given, int) and not isinstance(given, bool) else None
    facts: dict[str, Any] = {
        "answer": {"extra_info": answer.extra_info},
        "http_status": answer.http_status,
        "status_code": answer.status_code,
        "status_msg": answer.status_msg,
        "trace_id": answer.trace_id,
        "audio_url": answer.url,
        "lease_until": leases.lease_end() if answer.url else None,
    }
    with transaction.atomic():
        recorded = bookkeeping.record_speech(speech, units=units, **facts | heard)
    if not recorded:
        logger.error("Speech %s was answered, but is no longer ours.", speech.pk)
        if name := heard.get("audio"):
            Speech.audio.field.storage.delete(name)
        return
    rate_limit.record_success(speech)
    if answer.url:
        audio_download.fetch(speech)


def _record_no(speech: Speech, error: MiniMaxError) -> None:
    """Wait, end, or say that it is not known: the one place that turns errors into states."""
    was_sent = speech.status == SpeechState.SPEAKING
    if retries.will_be_repeated(speech, error, was_sent=was_sent):
        retries.repeat_later(
            speech,
            error,
            run_speech,
            held_as=(SpeechState.SENDING, SpeechState.SPEAKING),
            was_sent=was_sent,
        )
        return
    ending = retries.ending(speech, error, was_sent=was_sent)
    with transaction.atomic():
        recorded = speech.advance(
            held_as=(SpeechState.SENDING, SpeechState.SPEAKING, SpeechState.UNKNOWN),
            **ending,
        )
        if recorded and ending["status"] == SpeechState.UNKNOWN:
            bookkeeping.charge_uncertain(speech)
        elif recorded:
            bookkeeping.cancel_charge(speech)
        if recorded and error.status_code in bookkeeping.MISSING_CODES:
            bookkeeping.mark_missing(speech.voice, error.status_code)


def _record_ours(speech: Speech, trouble: Trouble) -> None:
    """A mistake of ours: before the request went out nothing has happened, after it who knows."""
    was_sent = speech.status == SpeechState.SPEAKING
    with transaction.atomic():
        recorded = speech.advance(
            held_as=(SpeechState.SENDING, SpeechState.SPEAKING),
            status=SpeechState.UNKNOWN if was_sent else SpeechState.FAILED,
            finished_at=timezone.now(),
            lease_until=None,
            trouble=trouble,
            calls=speech.calls,
        )
        if recorded and was_sent:
            bookkeeping.charge_uncertain(speech)
