"""`manage.py clone_voice`: the whole way for scripts, through the same services as the page."""

import json
import sys
import time
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from voicestudio import words
from voicestudio.audio import AudioProblem
from voicestudio.forms import CloneForm
from voicestudio.management.people import person_called
from voicestudio.models import AttemptState, AudioFile, CloneAttempt, Purpose, Worker
from voicestudio.services import clones, recordings
from voicestudio.services.voices import voice_ids

READY: Final = frozenset({AttemptState.READY, AttemptState.FLAGGED})
LOOK_EVERY: Final = 0.2
# Exit codes besides 0, "the voice is ready", and 1, "it is not".
UNDER_WAY: Final = 3


class NotTaken(Exception):  # noqa: N818
    """The order is not taken; the text says why."""


class Command(BaseCommand):
    """Clone a voice from a file of this machine."""

    help = (
        "Clones a voice from a recording. Ends with 0 only if the voice is ready, "
        "with 3 if it is still under way (use --wait), with 1 if it could not be done."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The same parts as the form has."""
        parser.add_argument("sample", metavar="SAMPLE", type=Path, help="the recording, a file")
        parser.add_argument("--speaker", required=True, metavar="NAME", help="the person's name")
        parser.add_argument(
            "--i-have-permission",
            action="store_true",
            help="you confirm that you have this person's permission to clone their voice",
        )
        parser.add_argument("--voice-id", default="", help="made from the name if left out")
        parser.add_argument("--prompt-clip", type=Path, metavar="FILE", help="under 8 seconds")
        parser.add_argument("--prompt-text", default="", help="the exact words of the clip")
        parser.add_argument("--text", default="", help="what the new voice shall say")
        parser.add_argument("--model", default="", help="the best one if left out")
        parser.add_argument("--language", default="auto", help='such as "English"')
        parser.add_argument("--reduce-noise", action="store_true")
        parser.add_argument("--even-volume", action="store_true")
        parser.add_argument("--watermark", action="store_true", help="audible, in the demo only")
        parser.add_argument("--as", dest="person", default="", metavar="USER", help="who asks")
        parser.add_argument("--wait", action="store_true", help="until it is known how it ended")
        parser.add_argument("--timeout", type=float, default=900.0, help="of --wait, in seconds")
        parser.add_argument("--json", action="store_true", help="print one object")

    def handle(self, **options: Any) -> None:
        """Submit, wait if asked to, print, and end with the code that scripts rely on."""
        try:
            attempt = _submit(options, person_called(options["person"]))
        except NotTaken as refusal:
            self._print(_refused(str(refusal)), as_json=options["json"])
            sys.exit(1)
        if options["wait"]:
            attempt = _wait(attempt, options["timeout"])
        self._print(_told(attempt), as_json=options["json"])
        if attempt.state not in READY:
            sys.exit(UNDER_WAY if attempt.is_running else 1)

    def _print(self, told: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(told, ensure_ascii=False))
            return
        for name, value in told.items():
            if value not in (None, ""):
                self.stdout.write(f"{name.replace('_', ' ')}: {value}")


def _submit(options: dict[str, Any], person: User) -> CloneAttempt:
    """The attempt; raises NotTaken with the reason in words, and then keeps nothing."""
    if not options["i_have_permission"]:
        refusal = clones.PermissionMissing().message
        raise NotTaken(f"{refusal.headline} (--i-have-permission)")
    kept: list[AudioFile] = []
    try:
        with transaction.atomic():
            kept.append(_brought(options["sample"], Purpose.SAMPLE, person))
            if options["prompt_clip"]:
                kept.append(_brought(options["prompt_clip"], Purpose.PROMPT, person))
            return _ordered(_form(options, kept[0], kept[1] if kept[1:] else None, person), person)
    except NotTaken:
        # The rows went with the transaction; nobody would ever find their files again.
        for recording in kept:
            recording.file.delete(save=False)
        raise


def _ordered(form: CloneForm, person: User) -> CloneAttempt:
    if not form.is_valid():
        raise NotTaken(" ".join(mistake["sentence"] for mistake in form.mistakes()))
    try:
        return clones.submit(clones.Order(**form.order()), by=person)
    except clones.OrderRefused as refused:
        raise NotTaken(f"{refused.message.headline} {refused.message.next_step}") from refused


def _brought(path: Path, purpose: Purpose, person: User) -> AudioFile:
    try:
        return recordings.take_in_file(path, purpose=purpose, by=person)
    except AudioProblem as problem:
        message = words.message_for_audio_problem(problem.code, problem.facts, purpose=purpose)
        raise NotTaken(f"{path.name}: {message.headline} {message.next_step}") from problem
    except OSError as error:
        raise NotTaken(f"{path}: {error.strerror}.") from error


def _form(
    options: dict[str, Any], sample: AudioFile, clip: AudioFile | None, person: User
) -> CloneForm:
    return CloneForm(
        {
            "token": str(uuid4()),
            "speaker": options["speaker"],
            "voice_id": options["voice_id"] or voice_ids.suggest(options["speaker"])[0],
            "permission": options["i_have_permission"],
            "recording": str(sample.pk),
            "prompt_clip": str(clip.pk) if clip else "",
            "prompt_text": options["prompt_text"],
            "preview_text": options["text"],
            "model": options["model"],
            "language": options["language"],
            "noise_reduction": options["reduce_noise"],
            "volume_normalization": options["even_volume"],
            "watermark": options["watermark"],
        },
        by=person,
        judge=voice_ids.check,
    )


def _wait(attempt: CloneAttempt, seconds: float) -> CloneAttempt:
    """The attempt once it is over; without a worker, this command does the work itself."""
    end = time.monotonic() + seconds
    while attempt.is_running and time.monotonic() < end:
        if not Worker.objects.alive().exists():
            clones.run(attempt.pk)
        attempt = CloneAttempt.objects.get(pk=attempt.pk)
        if attempt.is_running:
            time.sleep(LOOK_EVERY)
    return attempt


def _told(attempt: CloneAttempt) -> dict[str, Any]:
    """One attempt for scripts; a file_id is text, since it can pass 2^53."""
    message = clones.message(attempt)
    file_id = (attempt.sent or {}).get("file_id") or attempt.recording.file_id
    return {
        "id": attempt.pk,
        "status": attempt.state.value,
        "voice_id": attempt.voice_id,
        "file_id": str(file_id) if file_id else None,
        "demo_audio": attempt.audio.path if attempt.audio else None,
        "input_sensitive": attempt.input_sensitive,
        "input_sensitive_type": attempt.input_sensitive_type,
        "status_code": attempt.status_code,
        "trace_id": attempt.trace_id or None,
        "message": f"{message.headline} {message.next_step}"
        if message
        else str(attempt.state.label),
    }


def _refused(message: str) -> dict[str, Any]:
    empty = dict.fromkeys(
        (
            "id", "status", "voice_id", "file_id", "demo_audio", "input_sensitive",
            "input_sensitive_type", "status_code", "trace_id", "message",
        )
    )  # fmt: skip
    return empty | {"status": "refused", "message": message}
