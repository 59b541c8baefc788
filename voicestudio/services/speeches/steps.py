"""Steps of a speech call: check the voice, send the text, store the audio."""

from typing import Any, Final, Literal

from django.tasks import task

from voicestudio.minimax import MiniMaxError, SpeechAnswer, SpeechRequest, parse_speech
from voicestudio.models import Format, Speech, VoiceState
from voicestudio.services.paid_calls import audio_download, journal, late_answers, provider, runner
from voicestudio.services.paid_calls.orders import OrderRefused
from voicestudio.services.paid_calls.steps import Keep, NotSendable, Steps
from voicestudio.services.voices import bookkeeping
from voicestudio.words import Trouble

from . import orders

# A longer text in an uncompressed format would make an answer of many megabytes, so that its
# audio is asked for as a link.
LONGEST_INLINE_TEXT: Final = 1_500


@task()
def run_speech(pk: int) -> None:
    """The worker's job. The row says what is left to do, so a lost job loses nothing."""
    runner.run(STEPS, pk)


def make_request(speech: Speech) -> SpeechRequest:
    """The request for this speech."""
    as_link = speech.format != Format.MP3 and len(speech.text) > LONGEST_INLINE_TEXT
    output: Literal["hex", "url"] = "url" if as_link else "hex"
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


def check_voice(speech: Speech) -> None:
    """Raise `NotSendable` if the voice has gone, or has been kept, while the speech waited."""
    speech.voice.refresh_from_db()
    try:
        orders.check_voice(speech.voice, speech.purpose)
    except OrderRefused as refused:
        kept = getattr(refused, "state", None) == VoiceState.KEPT
        trouble = Trouble.KEPT_ALREADY if kept else Trouble.VOICE_GONE
        raise NotSendable(trouble) from refused


def send_speech(_speech: Speech, request: SpeechRequest, keep: Keep) -> SpeechAnswer:
    """Generate the speech."""
    return provider.client().generate_speech(request, keep=keep)


def answer_columns(speech: Speech, answer: SpeechAnswer) -> dict[str, Any]:
    """The columns that hold the answer; audio inside it is stored first."""
    stored = audio_download.store_bytes(speech, answer.audio) if answer.audio else {}
    return {"answer": {"extra_info": answer.extra_info}, "audio_url": answer.url} | stored


def _mark_missing_voice(speech: Speech, error: MiniMaxError) -> None:
    if error.status_code in bookkeeping.MISSING_CODES:
        bookkeeping.mark_missing(speech.voice, error.status_code)


STEPS: Final = Steps(
    model=Speech,
    name="t2a_v2",
    job=run_speech,
    prepare=make_request,
    check=check_voice,
    send=send_speech,
    parse=lambda speech, response: parse_speech(response, make_request(speech)),
    answer_columns=answer_columns,
    record_answer=bookkeeping.record_speech,
    record_unknown=bookkeeping.charge_uncertain,
    record_not_done=bookkeeping.cancel_charge,
    after_error=_mark_missing_voice,
)


def record_from_journal(entry: journal.Entry) -> None:
    """Record an answer to a speech request that could not be written when it came."""
    late_answers.record_from_journal(STEPS, entry)
