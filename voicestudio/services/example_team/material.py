"""Material: what the stand-in makes for the example team: recordings, voices and their audio.

It is asked directly, not by the worker: it charges nothing, and the team is there at once. The rows
are written afterwards in one transaction, so that a team is whole or not there.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, cast

from django.conf import settings

from voicestudio.audio import IngestedFile, Waveform, isolated
from voicestudio.minimax import CloneAnswer, CloneRequest, MiniMaxError, SpeechAnswer, SpeechRequest
from voicestudio.models import Purpose
from voicestudio.services.paid_calls import provider
from voicestudio.services.recordings import store
from voicestudio.services.recordings.uploads import ExampleUnavailable, download_example
from voicestudio.services.voices import voice_ids

from .content import ATTEMPTS, MODEL, SPEAKERS, ExampleAttempt, ExampleSpeaker, Outcome

REHEARSED: Final = {Outcome.FLAGGED: "flagged"}


@dataclass(frozen=True)
class Sample:
    """A recording, and the ID by which the stand-in knows it."""

    ingested: IngestedFile
    file_id: int


@dataclass(frozen=True)
class Audio:
    """An audio file with its waveform."""

    path: Path
    waveform: Waveform


@dataclass(frozen=True)
class MadeSpeech:
    """A speech as it was asked for and answered."""

    request: SpeechRequest
    answer: SpeechAnswer
    audio: Audio


@dataclass(frozen=True)
class MadeClone:
    """An attempt as it was asked for; `answer` and `audio` are None where no voice was made."""

    example: ExampleAttempt
    request: CloneRequest
    answer: CloneAnswer | None = None
    audio: Audio | None = None
    speeches: list[MadeSpeech] = field(default_factory=list)


@dataclass(frozen=True)
class Material:
    """The samples by the names of the speakers, and the clones in the order of the content."""

    samples: dict[str, Sample]
    clones: list[MadeClone]


def make_material(folder: Path) -> Material:
    """Ask the stand-in for everything, and keep the files in `folder`.

    Raises `ExampleUnavailable` if it does not answer.
    """
    try:
        samples = {name: _make_sample(speaker, folder) for name, speaker in SPEAKERS.items()}
        clones = [_make_clone(each, samples[each.speaker].file_id, folder) for each in ATTEMPTS]
    except MiniMaxError as error:
        raise ExampleUnavailable from error
    return Material(samples, clones)


def _make_sample(speaker: ExampleSpeaker, folder: Path) -> Sample:
    path = folder / speaker.recording
    with path.open("wb") as target:
        download_example(speaker.voice, cast(BinaryIO, target))
    ingested = store.ingest_file(path, folder, purpose=Purpose.SAMPLE, move=True)
    client = provider.quick_client()
    uploaded = client.upload_file(
        ingested.path, purpose=Purpose.SAMPLE, filename=ingested.path.name
    )
    return Sample(ingested, uploaded.file_id)


def _make_clone(example: ExampleAttempt, file_id: int, folder: Path) -> MadeClone:
    voice_id = voice_ids.suggest(example.speaker)[0]
    request = CloneRequest(file_id=file_id, voice_id=voice_id, text=example.preview, model=MODEL)
    if not example.outcome.has_voice:
        return MadeClone(example, request)
    rehearsed = REHEARSED.get(example.outcome)
    headers = {"Rehearse": rehearsed} if rehearsed else {}
    answer = provider.quick_client().clone_voice(request, headers=headers)
    path = folder / f"{voice_id}.mp3"
    with path.open("wb") as target:
        provider.quick_client().download(
            answer.demo_audio,
            cast(BinaryIO, target),
            max_bytes=settings.AUDIO_MAX_BYTES,
            timeout=settings.AUDIO_TIMEOUT_SECONDS,
        )
    speeches = [
        _make_speech(voice_id, text, folder / f"{voice_id}-{number}.mp3")
        for number, text in enumerate(example.speeches, 1)
    ]
    return MadeClone(example, request, answer, _read_audio(path), speeches)


def _make_speech(voice_id: str, text: str, path: Path) -> MadeSpeech:
    request = SpeechRequest(voice_id=voice_id, text=text, model=MODEL)
    answer = provider.quick_client().generate_speech(request)
    path.write_bytes(answer.audio)
    return MadeSpeech(request, answer, _read_audio(path))


def _read_audio(path: Path) -> Audio:
    return Audio(path, isolated.read_waveform(path))
