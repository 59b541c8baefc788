"""Factories: plain functions that create rows as the services write them."""

import itertools
import time
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.utils import timezone

from voicestudio.audio import CHECK_VERSION
from voicestudio.models import (
    AttemptState,
    AudioFile,
    CloneAttempt,
    Membership,
    Origin,
    Project,
    ProviderFile,
    Purpose,
    Role,
    Speaker,
    Voice,
)
from voicestudio.models.search import fold_text
from voicestudio.words import PERMISSION_WORDING

_numbers = itertools.count(1)
PASSWORD = "correct horse battery"
PEAKS = [(bar * 37) % 90 + 10 for bar in range(110)]
# Distinct bytes, not a sound: for pages and downloads, never for decoding.
MP3 = b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(range(256)) * 8


# What a check of a recording with hum recommends.
ADVICE = {
    "noise_reduction": True, "noise_reduction_because": "hum",
    "volume_normalization": False, "volume_normalization_because": "",
}  # fmt: skip


def make_project(name: str | None = None, **fields: Any) -> Project:
    """A project besides the first one."""
    Project.first()
    return Project.objects.create(name=name or f"Project {next(_numbers)}", **fields)


def make_user(
    username: str | None = None,
    *,
    role: Role | None = Role.MANAGER,
    project: Project | None = None,
    **fields: Any,
) -> User:
    """A user who can sign in with `PASSWORD`: with a role in `project`, by default the first one.

    Administrators (`is_staff`) have no role in a project.
    """
    user = User.objects.create_user(
        username or f"person{next(_numbers)}", password=PASSWORD, **fields
    )
    if role is not None and not user.is_staff:
        Membership.objects.create(project=project or Project.first(), person=user, role=role)
    return user


def make_speaker(
    name: str | None = None, *, by: User | None = None, project: Project | None = None
) -> Speaker:
    return Speaker.objects.create(
        name=name or f"Speaker {next(_numbers)}",
        created_by=by or make_user(),
        project=project or Project.first(),
    )


def one_time_code(secret: str) -> str:
    """What an authenticator app with this key shows now."""
    # Neither the code of the last half minute, which ends soon, nor that of the next one.
    counter = int(time.time()) // 30
    return str(format_hotp_value(hotp_value(secret, counter)))


def make_recording(
    *,
    by: User | None = None,
    purpose: str = Purpose.SAMPLE,
    held: bool = True,
    content: bytes = MP3,
    uploaded: bool = True,
    file_id: int | None = None,
    account: str = "practice",
    **fields: Any,
) -> AudioFile:
    """A recording of 84 s (a prompt clip of 6 s) that the provider knows as `file_id`.

    `held=False` is one without a file of ours, `uploaded=False` one without a file there.
    """
    number = next(_numbers)
    values: dict[str, Any] = {
        "name": f"recording-{number}.mp3",
        "purpose": purpose,
        "origin": Origin.UPLOADED if held else Origin.FILE_ID,
        "created_by": by or make_user(),
        "project": fields.pop("project", None) or Project.first(),
    }
    if held:
        values |= {
            "duration_ms": 84_000 if purpose == Purpose.SAMPLE else 6_000,
            "bytes": len(content),
            "sample_rate": 44_100,
            "channels": 1,
            "codec": "mp3",
            "peak_dbfs": -3.0,
            "loudness_db": -20.0,
            "silence_share": 0.1,
            "peaks": PEAKS,
        }
    recording = AudioFile(**(values | fields))
    if held and not recording.file:
        extension = "wav" if content.startswith(b"RIFF") else "mp3"
        recording.file.save(f"{number}.{extension}", ContentFile(content), save=False)
    recording.save()
    if uploaded:
        ProviderFile.objects.create(
            recording=recording, account=account, file_id=file_id or 362_067_136_000_000 + number
        )
    return recording


def make_finding(
    code: str,
    *,
    severity: int = 2,
    at: float = 12.0,
    value: float | None = 1.0,
    clean_copy_helps: bool | None = None,
) -> dict[str, Any]:
    """A finding of a check as it is stored: three seconds long from `at`."""
    return {
        "code": code, "from_s": at, "to_s": at + 3.0, "value": value, "severity": severity,
        "clean_copy_helps": clean_copy_helps,
    }  # fmt: skip


def make_checked_recording(verdict: str, *findings: dict[str, Any], **fields: Any) -> AudioFile:
    """A recording whose check is done, by today's version."""
    fields["figures"] = {"check_version": CHECK_VERSION} | fields.get("figures", {})
    values: dict[str, Any] = {
        "verdict": verdict, "findings": list(findings), "checked_at": timezone.now(),
    }  # fmt: skip
    return make_recording(**(values | fields))


def make_voice(
    voice_id: str | None = None, *, speaker: Speaker | None = None, **fields: Any
) -> Voice:
    """A voice at the provider, without the attempt that created it."""
    speaker, voice_id = speaker or make_speaker(), voice_id or f"Voice-{next(_numbers):04d}"
    values = {
        "project": speaker.project,
        "provider": "practice",
        "created_at": timezone.now(),
        "search_text": fold_text(f"{voice_id} {speaker.name}"),
    } | fields
    return Voice.objects.create(voice_id=voice_id, speaker=speaker, **values)


def make_attempt(
    state: str = AttemptState.READY,
    *,
    by: User | None = None,
    speaker_name: str | None = None,
    recording: AudioFile | None = None,
    created_at: datetime | None = None,
    audio: bytes | None = MP3,
    project: Project | None = None,
    **fields: Any,
) -> CloneAttempt:
    """An attempt in `state`; `audio=None` leaves a ready one without its preview."""
    number = next(_numbers)
    by = by or make_user()
    at = created_at or timezone.now() - timedelta(minutes=3)
    name = speaker_name or f"Speaker {number}"
    project = project or Project.first()
    known = Speaker.objects.filter(name=name, project=project).first()
    speaker = known or make_speaker(name, by=by, project=project)
    attempt = CloneAttempt(
        project=project,
        token=uuid4(),
        provider="practice",
        created_at=at,
        enqueued_at=at,
        created_by=by,
        speaker=speaker,
        speaker_name=name,
        recording=recording or make_recording(by=by, project=project),
        voice_id=f"Voice-{number:04d}",
        preview_text="A gentle breeze sweeps across the soft grass(breath).",
        model="speech-2.8-hd",
        permission_by=by,
        permission_at=at,
        permission_wording=str(PERMISSION_WORDING),
    )
    # The voice of a ready attempt carries the attempt's own voice ID.
    attempt.voice_id = fields.get("voice_id", attempt.voice_id)
    for field, value in (_facts(AttemptState(state), attempt, at, audio) | fields).items():
        setattr(attempt, field, value)
    attempt.save()
    return attempt


def _facts(
    state: AttemptState, attempt: CloneAttempt, at: datetime, audio: bytes | None
) -> dict[str, Any]:
    """The columns that the worker writes on the way to `state`."""
    sent = {"sent": {"voice_id": attempt.voice_id, "file_id": attempt.recording.file_id}}
    claimed_at, uploaded_at, answered_at, saved_at = (
        at + timedelta(seconds=seconds) for seconds in (0.1, 1.3, 9.7, 10.0)
    )
    claimed = {"claim": uuid4(), "claimed_at": claimed_at, "attempts_made": 1}
    held = {"lease_until": timezone.now() + timedelta(seconds=60)}
    in_flight: dict[str, Any] = {
        **claimed, **sent, "uploaded_at": uploaded_at, "sent_at": uploaded_at
    }  # fmt: skip
    answered = {
        "answered_at": answered_at,
        "finished_at": answered_at,
        "http_status": 200,
        "trace_id": "04ede0ab069fb1ba8be5156a24b1e081",
    }
    match state:
        case AttemptState.WAITING:
            return {"status": AttemptState.WAITING}
        case AttemptState.SENDING:
            return {"status": AttemptState.SENDING, **claimed, **held}
        case AttemptState.CLONING:
            return {"status": AttemptState.CLONING, **in_flight, **held}
        case AttemptState.INTERRUPTED:
            return {
                "status": AttemptState.SENDING, **claimed,
                "lease_until": timezone.now() - timedelta(seconds=1),
            }  # fmt: skip
        case AttemptState.UNKNOWN:
            return {
                "status": AttemptState.UNKNOWN, **in_flight, "trouble": "too_late",
                "finished_at": saved_at,
            }  # fmt: skip
        case AttemptState.STOPPED:
            return {
                "status": AttemptState.STOPPED, **in_flight, **answered,
                "status_code": 1026, "status_msg": "input new_sensitive", "trouble": "refused",
            }  # fmt: skip
        case AttemptState.FAILED:
            return {
                "status": AttemptState.FAILED, **in_flight, **answered,
                "status_code": 2039, "status_msg": "voice clone voice id duplicate",
                "trouble": "refused",
            }  # fmt: skip
    flagged = state is AttemptState.FLAGGED
    ready: dict[str, Any] = {
        "status": AttemptState.READY,
        **in_flight,
        **answered,
        "status_code": 0,
        "status_msg": "success",
        "input_sensitive": flagged,
        "input_sensitive_type": 5 if flagged else 0,
        "cloned_voice": Voice.objects.create(
            project=attempt.project,
            voice_id=attempt.voice_id,
            provider="practice",
            speaker=attempt.speaker,
            created_at=answered_at,
            search_text=fold_text(f"{attempt.voice_id} {attempt.speaker_name}"),
        ),
        "answer": {"base_resp": {"status_code": 0, "status_msg": "success"}},
        "audio_url": "http://127.0.0.1/demo.mp3",
    }
    if audio is not None:
        attempt.audio.save(f"{attempt.voice_id}.mp3", ContentFile(audio), save=False)
        ready |= {
            "audio_bytes": len(audio),
            "audio_duration_ms": 6_000,
            "audio_peaks": PEAKS,
            "audio_saved_at": saved_at,
        }
    return ready
