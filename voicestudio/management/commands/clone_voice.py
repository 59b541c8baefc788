"""`manage.py clone_voice`: clone a voice from files, through the same services as the page."""

import sys
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from django.contrib.auth.models import User
from django.core.management.base import CommandParser
from django.db import transaction
from django.utils.translation import gettext as _

from voicestudio import words
from voicestudio.audio import AudioProblem
from voicestudio.forms import CloneForm
from voicestudio.management import script_output
from voicestudio.management.users import get_user
from voicestudio.models import (
    Action,
    AttemptState,
    AudioFile,
    CloneAttempt,
    Project,
    Purpose,
    Speaker,
)
from voicestudio.models.speakers import SpeakerQuerySet
from voicestudio.services import clones, recordings
from voicestudio.services.permissions import require
from voicestudio.services.voices import speakers, voice_ids

READY: Final = frozenset({AttemptState.READY, AttemptState.FLAGGED})
JSON_KEYS: Final = (
    "id", "status", "speaker_id", "voice_id", "file_id", "demo_audio", "input_sensitive",
    "input_sensitive_type", "status_code", "trace_id", "message",
)  # fmt: skip


class Refused(Exception):  # noqa: N818
    """The request is not accepted; the text is the reason."""


class Command(script_output.StudioCommand):
    """Clone a voice from a local file."""

    help = (
        "Clones a voice from a recording. Exits with 0 if the voice is ready, with 3 if the call "
        "is still running (use --wait), with 1 if it failed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the fields of the clone form and the output options."""
        parser.add_argument("sample", metavar="SAMPLE", type=Path, help="the recording, a file")
        parser.add_argument(
            "--speaker",
            default="",
            metavar="NAME",
            help="the person's name; a speaker of exactly this name is used if there is one",
        )
        parser.add_argument(
            "--speaker-id", type=int, metavar="ID", help="an existing speaker, if names are alike"
        )
        parser.add_argument(
            "--new-speaker",
            action="store_true",
            help="add a new speaker of this name, also where another one has it",
        )
        parser.add_argument(
            "--i-have-permission",
            action="store_true",
            help="you confirm that you have this person's permission to clone their voice",
        )
        parser.add_argument("--voice-id", default="", help="default: derived from the name")
        parser.add_argument("--prompt-clip", type=Path, metavar="FILE", help="under 8 seconds")
        parser.add_argument("--prompt-text", default="", help="the exact words of the clip")
        parser.add_argument("--text", default="", help="the text of the preview")
        parser.add_argument("--model", default="", help="default: the first of the settings")
        parser.add_argument("--language", default="auto", help='for example "English"')
        parser.add_argument("--reduce-noise", action="store_true")
        parser.add_argument("--even-volume", action="store_true")
        parser.add_argument("--expected-words", default="", help="what is said in the recording")
        parser.add_argument("--accuracy", default="", help="0 to 1: how alike they must be")
        parser.add_argument("--watermark", action="store_true", help="audible, in the preview only")
        script_output.add_project_argument(
            parser, _("default: that of --speaker-id, else the one in use, else the only one")
        )
        script_output.add_user_argument(parser)
        parser.add_argument("--wait", action="store_true", help="wait for the result")
        script_output.add_timeout_argument(parser, 900.0)
        script_output.add_json_argument(parser)

    def handle(self, **options: Any) -> None:
        """Submit the attempt, wait if requested and print the result."""
        try:
            attempt = _submit(options, get_user(options["person"]))
        except Refused as error:
            data = dict.fromkeys(JSON_KEYS) | {"status": "refused", "message": str(error)}
            script_output.print_object(self, data, as_json=options["json"])
            sys.exit(1)
        if options["wait"]:
            attempt = script_output.wait_for(attempt, clones.run_clone.call, options["timeout"])
        script_output.print_object(self, _attempt_json(attempt), as_json=options["json"])
        if attempt.state not in READY:
            script_output.exit_unfinished(attempt)


def _submit(options: dict[str, Any], user: User) -> CloneAttempt:
    """Store the files and submit the attempt; raises Refused and then keeps nothing."""
    project = _choose_project(options, user)
    require(user, Action.CLONE, project.pk)
    name, choice = _choose_speaker(
        Speaker.objects.visible_to(user).filter(project=project),
        options["speaker"],
        options["speaker_id"],
        is_new=options["new_speaker"],
    )
    if not options["i_have_permission"]:
        message = clones.PermissionMissing().message
        raise Refused(f"{message.headline} (--i-have-permission)")
    stored: list[AudioFile] = []
    try:
        with transaction.atomic():
            stored.append(_store_file(options["sample"], Purpose.SAMPLE, project, user))
            if options["prompt_clip"]:
                stored.append(_store_file(options["prompt_clip"], Purpose.PROMPT, project, user))
            options |= {"speaker": name, "speaker_choice": f"{choice} {name}"}
            form = _build_form(options, stored[0], stored[1] if stored[1:] else None, user)
            if not form.is_valid():
                raise Refused(" ".join(mistake["sentence"] for mistake in form.mistakes()))
            return clones.submit(clones.Order(**form.order()), by=user)
    except Exception as error:
        # The rows were rolled back, so nothing else would delete their files.
        for file in [file for recording in stored for file in recording.files]:
            file.delete(save=False)
        if isinstance(error, clones.OrderRefused):
            similar = error.similar if isinstance(error, speakers.SpeakerUnclear) else []
            raise Refused(_refusal_text(error.message, similar)) from error
        raise


def _choose_project(options: dict[str, Any], user: User) -> Project:
    """The named project, else that of the speaker's ID, else the one for new rows."""
    if options["speaker_id"] is not None and not options["project"]:
        pk = speakers.current_id(options["speaker_id"])
        known = Speaker.objects.visible_to(user).select_related("project").filter(pk=pk).first()
        if known is not None:
            return known.project
    return script_output.choose_project(options["project"], user, Action.CLONE)


def _choose_speaker(
    among: SpeakerQuerySet, name: str, speaker_id: int | None, *, is_new: bool
) -> tuple[str, str]:
    """The speaker's name, and the choice that the form knows: an ID, "new" or none."""
    if speaker_id is not None:
        known = speakers.find_by_id(speaker_id, among)
        if known is None or name or is_new:
            problem = _("No speaker has this ID") if known is None else _("Too much is given")
            rule = _("--speaker-id stands alone and names an existing speaker.")
            raise Refused(f"{problem}: {rule}")
        return known.name, str(known.pk)
    if not name.strip():
        raise Refused(_("Whose voice is it? Give --speaker NAME or --speaker-id ID."))
    same = [] if is_new else speakers.find_named(name, among)
    if len(same) > 1:
        headline = _("%(count)d speakers have the name %(name)s.")
        headline %= {"count": len(same), "name": same[0].name}
        raise Refused(_refusal_text(headline, same))
    return name, "new" if is_new else str(same[0].pk) if same else ""


def _refusal_text(message: words.Message | str, similar: list[speakers.KnownSpeaker]) -> str:
    """The reason; for a name that is not clear with the speakers to choose from."""
    text = str(message)
    if not similar:
        return text
    lines = [
        _("%(id)d (%(name)s, voices: %(voices)d, added %(day)s)")
        % {
            "id": known.pk,
            "name": known.name,
            "voices": known.voices,
            "day": f"{known.added_at:%Y-%m-%d}",
        }
        for known in similar
    ]
    choice = _("Choose one with --speaker-id: %(speakers)s. Or add another one with --new-speaker.")
    return f"{text} {choice % {'speakers': '; '.join(lines)}}"


def _store_file(path: Path, purpose: Purpose, project: Project, user: User) -> AudioFile:
    try:
        return recordings.store_local_file(path, project=project, purpose=purpose, by=user)
    except AudioProblem as problem:
        message = words.message_for_audio_problem(problem.code, problem.facts, purpose=purpose)
        raise Refused(f"{path.name}: {script_output.message_text(message)}") from problem
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}.") from error


def _build_form(
    options: dict[str, Any], sample: AudioFile, clip: AudioFile | None, user: User
) -> CloneForm:
    return CloneForm(
        {
            "token": str(uuid4()),
            "speaker": options["speaker"],
            "speaker_choice": options["speaker_choice"],
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
            "text_validation": options["expected_words"],
            "accuracy": options["accuracy"],
        },
        by=user,
        check_voice_id=voice_ids.check,
    )


def _attempt_json(attempt: CloneAttempt) -> dict[str, Any]:
    """Return one attempt; a file_id is text, since it can exceed 2^53."""
    file_id = (attempt.sent or {}).get("file_id") or attempt.recording.file_id
    return {
        "id": attempt.pk,
        "status": attempt.state.value,
        "speaker_id": attempt.speaker_id,
        "voice_id": attempt.voice_id,
        "file_id": str(file_id) if file_id else None,
        "demo_audio": script_output.audio_address(attempt),
        "input_sensitive": attempt.input_sensitive,
        "input_sensitive_type": attempt.input_sensitive_type,
        "status_code": attempt.status_code,
        "trace_id": attempt.trace_id or None,
        "message": script_output.message_text(clones.message_for(attempt))
        or str(attempt.state.label),
    }
