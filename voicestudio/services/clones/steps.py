"""Steps of a clone call: upload the recordings, send the request, record the voice."""

from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.tasks import task

from voicestudio.minimax import (
    CloneAnswer,
    CloneRequest,
    MiniMaxError,
    Reason,
    Refused,
    parse_clone,
)
from voicestudio.models import AttemptState, AudioFile, CloneAttempt, clock
from voicestudio.services.paid_calls import call_log, provider, runner
from voicestudio.services.paid_calls.steps import Keep, NotSendable, NotYet, Steps
from voicestudio.services.recordings import uploads
from voicestudio.services.voices import bookkeeping
from voicestudio.words import Trouble


@task()
def run_clone(pk: int) -> None:
    """The worker's job. The row says what is left to do, so a lost job loses nothing."""
    runner.run(STEPS, pk)


def upload_recordings(attempt: CloneAttempt) -> CloneRequest:
    """Upload what has no `file_id` yet, and return the request; a repeat uploads nothing again."""
    if attempt.sent is not None:
        # An earlier try was told to slow down: exactly the same is sent again.
        return sent_request(attempt)
    sample = _get_file_id(attempt, attempt.recording)
    clip = _get_file_id(attempt, attempt.prompt_clip) if attempt.prompt_clip else None
    if attempt.uploaded_at is None:
        attempt.advance(held_as=(AttemptState.SENDING,), uploaded_at=clock.now())
    return CloneRequest(
        file_id=sample,
        voice_id=attempt.voice_id,
        prompt_audio=clip,
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


def sent_request(attempt: CloneAttempt) -> CloneRequest:
    """The request as it was sent."""
    sent = attempt.sent or {}
    clip = sent.get("clone_prompt") or {}
    return CloneRequest(
        file_id=sent["file_id"],
        voice_id=sent["voice_id"],
        prompt_audio=clip.get("prompt_audio"),
        prompt_text=clip.get("prompt_text", ""),
        text=sent.get("text", ""),
        model=sent.get("model", ""),
        language_boost=sent.get("language_boost", ""),
        text_validation=sent.get("text_validation", ""),
        accuracy=sent.get("accuracy"),
        noise_reduction=sent.get("need_noise_reduction", False),
        volume_normalization=sent.get("need_volume_normalization", False),
        watermark=sent.get("aigc_watermark", False),
    )


def send_clone(attempt: CloneAttempt, request: CloneRequest, keep: Keep) -> CloneAnswer:
    """Clone the voice; in practice mode the stand-in is asked for the rehearsed outcome."""
    rehearsed = settings.PRACTICE_MODE and attempt.rehearsal
    headers = {"Rehearse": attempt.rehearsal} if rehearsed else {}
    return provider.client().clone_voice(request, headers=headers, keep=keep)


def answer_columns(_attempt: CloneAttempt, answer: CloneAnswer) -> dict[str, Any]:
    """The columns that hold the answer: the raw JSON, moderation and the link to the preview."""
    return {
        "answer": answer.raw,
        "input_sensitive": answer.input_sensitive,
        "input_sensitive_type": answer.input_sensitive_type,
        "audio_url": answer.demo_audio,
    }


def _get_file_id(attempt: CloneAttempt, recording: AudioFile) -> int:
    def upload(path: Path, name: str) -> int:
        client = provider.client()
        return call_log.logged_call(
            attempt,
            "upload",
            lambda: client.upload_file(path, purpose=recording.purpose, filename=name),
        ).file_id

    try:
        return uploads.ensure_uploaded(recording, attempt.provider, upload, attempt=attempt.pk)
    except uploads.UploadUnderWay as error:
        raise NotYet from error
    except FileNotFoundError as error:
        raise NotSendable(Trouble.RECORDING_GONE) from error
    except OSError as error:
        raise NotSendable(Trouble.STORAGE_AWAY) from error


def _forget_unknown_recordings(attempt: CloneAttempt, error: MiniMaxError) -> None:
    """Let the next attempt upload our copies again if MiniMax does not know a file any more."""
    if not isinstance(error, Refused) or error.reason is not Reason.NOT_FOUND:
        return
    used = [pk for pk in (attempt.recording_id, attempt.prompt_clip_id) if pk is not None]
    uploads.forget_uploads(used, attempt.provider)


STEPS: Final = Steps(
    model=CloneAttempt,
    name="voice_clone",
    job=run_clone,
    prepare=upload_recordings,
    check=lambda _attempt: None,
    send=send_clone,
    parse=lambda _attempt, response: parse_clone(response),
    answer_columns=answer_columns,
    record_answer=bookkeeping.record_clone,
    record_unknown=bookkeeping.record_uncertain_voice,
    record_not_done=bookkeeping.discard_voice,
    after_error=_forget_unknown_recordings,
)
