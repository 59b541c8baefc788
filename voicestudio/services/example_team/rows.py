"""Rows of the example team: recordings, attempts, voices, speeches, charges and notes.

Written as the worker writes them, with the times of long ago.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files import File
from django.db.models import Sum
from django.db.models.fields.files import FieldFile

from voicestudio.models import (
    AttemptState,
    AudioFile,
    Charge,
    CloneAttempt,
    Note,
    Origin,
    PaidCall,
    Project,
    ProviderFile,
    Purpose,
    Speaker,
    Speech,
    SpeechPurpose,
    SpeechState,
    Verb,
    Voice,
)
from voicestudio.services import notes, storage
from voicestudio.services.audit import record, record_call
from voicestudio.services.money import charges, prices
from voicestudio.services.recordings.store import save_recording
from voicestudio.services.voices import bookkeeping
from voicestudio.words import PERMISSION_WORDING

from .content import MANAGER, MODEL, PROJECTS, REVIEWER, SPEAKERS, Outcome
from .material import Audio, MadeClone, MadeSpeech, Material, Sample

TAKEN: Final = {"status_code": 2039, "status_msg": "voice clone voice id duplicate"}
SECONDS: Final = timedelta(seconds=1)
# A budget of which a bit more than 80 % is used.
USED: Final = Decimal("0.82")
ROUNDED_TO: Final = Decimal("0.05")

type Files = list[FieldFile]


@contextmanager
def files_of_transaction() -> Iterator[Files]:
    """A list for stored files, which are deleted again if the block fails."""
    files: Files = []
    try:
        yield files
    except BaseException:
        for file in files:
            storage.delete(file)
        raise


def write_rows(
    material: Material,
    projects: dict[str, Project],
    people: dict[str, User],
    now: datetime,
    files: Files,
) -> None:
    """Write everything in the projects; call it in a transaction.

    `projects` and `people` are by their keys in the content. Stored files are added to `files`.
    """
    manager, reviewer = people[MANAGER], people[REVIEWER]
    samples = {}
    for name, sample in material.samples.items():
        samples[name] = _add_recording(name, sample, projects, manager, now)
        files += samples[name].files
        if SPEAKERS[name].note:
            _add_note(samples[name], SPEAKERS[name].note, reviewer, now - timedelta(days=10))
    speakers = {
        name: _add_speaker(name, projects[each.project], manager, now)
        for name, each in SPEAKERS.items()
    }
    for clone in material.clones:
        name = clone.example.speaker
        attempt = _add_attempt(clone, speakers[name], samples[name], manager, now, files)
        if clone.example.note:
            at = attempt.created_at + timedelta(hours=1)
            _add_note(attempt, clone.example.note, reviewer, at)
    for key, example in PROJECTS.items():
        if example.is_nearly_spent:
            _set_budget(projects[key])


def _add_recording(
    name: str, sample: Sample, projects: dict[str, Project], by: User, now: datetime
) -> AudioFile:
    example = SPEAKERS[name]
    recording = save_recording(
        sample.ingested,
        example.recording,
        project=projects[example.project],
        purpose=Purpose.SAMPLE,
        by=by,
        origin=Origin.EXAMPLE,
    )
    account = settings.MINIMAX_PROVIDER
    ProviderFile.objects.create(recording=recording, account=account, file_id=sample.file_id)
    AudioFile.objects.filter(pk=recording.pk).update(created_at=now - timedelta(days=21))
    return recording


def _add_speaker(name: str, project: Project, by: User, now: datetime) -> Speaker:
    speaker = Speaker.objects.create(name=name, project=project, created_by=by)
    record(Verb.SPEAKER_ADDED, by=by, on=speaker)
    Speaker.objects.filter(pk=speaker.pk).update(created_at=now - timedelta(days=21))
    return speaker


def _add_note(target: notes.Target, text: Any, by: User, at: datetime) -> None:
    note = notes.add_note(target, str(text), by=by)
    Note.objects.filter(pk=note.pk).update(at=at)


def _add_attempt(
    clone: MadeClone, speaker: Speaker, recording: AudioFile, by: User, now: datetime, files: Files
) -> CloneAttempt:
    at = now - clone.example.age
    attempt = CloneAttempt(
        speaker=speaker,
        speaker_name=speaker.name,
        recording=recording,
        voice_id=clone.request.voice_id,
        preview_text=clone.request.text,
        model=MODEL,
        permission_by=by,
        permission_at=at,
        permission_wording=str(PERMISSION_WORDING),
        uploaded_at=at + SECONDS,
        **_sent(clone.request.body(), speaker.project, by, at),
    )
    for column, value in _outcome_columns(clone, speaker, at).items():
        setattr(attempt, column, value)
    if clone.audio is not None:
        _store_audio(attempt, clone.audio, at)
        files.append(attempt.audio)
    attempt.save()
    price = prices.estimate_clone(attempt.preview_text, MODEL).due
    record(Verb.PERMISSION_CONFIRMED, by=by, on=attempt, speaker=speaker.pk)
    record_call(attempt, "requested", by=by, price=f"{settings.CURRENCY}{price:f}")
    _record_outcome(attempt, clone, by)
    for number, speech in enumerate(clone.speeches):
        _add_speech(speech, attempt, by, at + timedelta(hours=2 + number), files)
    return attempt


def _sent(body: dict[str, Any], project: Project, by: User, at: datetime) -> dict[str, Any]:
    """The columns of a call that was requested at `at` and sent at once."""
    return {
        "project": project, "token": uuid4(), "provider": settings.MINIMAX_PROVIDER,
        "created_by": by, "created_at": at, "enqueued_at": at, "attempts_made": 1,
        "claimed_at": at, "slot_at": at + SECONDS, "sent": body, "sent_at": at + SECONDS,
    }  # fmt: skip


def _answered(at: datetime, trace_id: str) -> dict[str, Any]:
    return {
        "answered_at": at + 8 * SECONDS, "finished_at": at + 8 * SECONDS, "http_status": 200,
        "trace_id": trace_id, "status_code": 0, "status_msg": "success",
    }  # fmt: skip


def _outcome_columns(clone: MadeClone, speaker: Speaker, at: datetime) -> dict[str, Any]:
    answer = clone.answer
    if answer is not None:
        voice = Voice.objects.create(
            project=speaker.project,
            voice_id=clone.request.voice_id,
            provider=settings.MINIMAX_PROVIDER,
            speaker=speaker,
            created_at=at + 8 * SECONDS,
            heard_at=at + timedelta(hours=1) if clone.example.is_heard else None,
            search_text=bookkeeping.voice_search_text(clone.request.voice_id, speaker.name),
        )
        return {
            "status": AttemptState.READY, "cloned_voice": voice, "answer": answer.raw,
            "input_sensitive": answer.input_sensitive,
            "input_sensitive_type": answer.input_sensitive_type,
            **_answered(at, answer.trace_id or ""),
        }  # fmt: skip
    if clone.example.outcome is Outcome.FAILED:
        refused = {"status": AttemptState.FAILED, "trouble": "refused"}
        return _answered(at, "") | TAKEN | refused
    return {
        "status": AttemptState.UNKNOWN, "trouble": "too_late",
        "finished_at": at + timedelta(minutes=3),
    }  # fmt: skip


def _record_outcome(attempt: CloneAttempt, clone: MadeClone, by: User) -> None:
    match clone.example.outcome:
        case Outcome.FAILED:
            record_call(attempt, "failed", by=by, reason=attempt.trouble)
        case Outcome.UNKNOWN:
            bookkeeping.record_uncertain_voice(attempt)
            record_call(attempt, "unknown", by=by, reason=attempt.trouble)
        case _:
            units = clone.answer.usage_characters if clone.answer else None
            charges.charge_attempt(attempt, certain=True, units=units)
            record_call(attempt, "ready", by=by)


def _add_speech(
    made: MadeSpeech, attempt: CloneAttempt, by: User, at: datetime, files: Files
) -> None:
    voice = attempt.cloned_voice
    assert voice is not None
    units = made.answer.usage_characters
    speech = Speech(
        voice=voice,
        purpose=SpeechPurpose.SPEAK,
        text=made.request.text,
        model=MODEL,
        status=SpeechState.READY,
        usage_characters=units,
        answer={"extra_info": made.answer.extra_info},
        **_sent(made.request.body(), attempt.project, by, at),
        **_answered(at, made.answer.trace_id or ""),
    )
    price = prices.price_of(speech)
    _store_audio(speech, made.audio, at)
    files.append(speech.audio)
    speech.save()
    record_call(speech, "requested", by=by, price=f"{settings.CURRENCY}{price:f}")
    bookkeeping.record_use(speech, at + 8 * SECONDS, units=units)
    record_call(speech, "ready", by=by)


def _store_audio(call: PaidCall, audio: Audio, at: datetime) -> None:
    content = audio.path.read_bytes()
    with audio.path.open("rb") as source:
        call.audio.save(audio.path.name, File(source), save=False)
    call.audio_bytes, call.audio_sha256 = len(content), sha256(content).hexdigest()
    call.audio_peaks, call.audio_duration_ms = audio.waveform.peaks, audio.waveform.duration_ms
    call.audio_lufs = audio.waveform.loudness_lufs
    call.audio_saved_at = at + 9 * SECONDS


def _set_budget(project: Project) -> None:
    """Give the project a monthly budget that is nearly used, so that its warning is seen."""
    spent = Charge.objects.filter(project=project).aggregate(all=Sum("amount"))["all"] or 0
    budget = (spent / USED // ROUNDED_TO + 1) * ROUNDED_TO
    Project.objects.filter(pk=project.pk).update(monthly_budget=budget)
