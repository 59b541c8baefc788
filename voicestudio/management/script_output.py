"""Script output: what the commands print, their exit codes, and waiting for a paid call."""

import json
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from voicestudio.management.users import get_user
from voicestudio.models import (
    Action,
    CloneAttempt,
    Project,
    Speech,
    Voice,
    VoiceState,
    Worker,
    access_of,
    clock,
)
from voicestudio.models.search import fold_text
from voicestudio.services import projects, speeches, storage
from voicestudio.services.money import costs
from voicestudio.services.people.administrators import PersonRefused
from voicestudio.services.permissions import NotAllowed, may
from voicestudio.words import Message

POLL_SECONDS: Final = 0.2
# Exit codes besides 0, success, and 1, failure.
EXIT_RUNNING: Final = 3
# The states that scripts see: an imported voice counts as kept.
SCRIPT_STATES: Final = [state.value for state in VoiceState if state is not VoiceState.FROM_MINIMAX]


def add_user_argument(parser: CommandParser) -> None:
    """Add `--as USER`."""
    parser.add_argument(
        "--as", dest="person", default="", metavar="USER",
        help=_("the requester; default: the only administrator"),
    )  # fmt: skip


def add_json_argument(parser: CommandParser) -> None:
    """Add `--json`."""
    parser.add_argument("--json", action="store_true", help=_("print JSON"))


def add_timeout_argument(parser: CommandParser, seconds: float) -> None:
    """Add `--timeout`, by default `seconds`."""
    parser.add_argument("--timeout", type=float, default=seconds, help="seconds to wait")


class StudioCommand(BaseCommand):
    """A command on behalf of a person; what they may not do ends it with the reason."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command."""
        try:
            return super().execute(*args, **options)
        except (NotAllowed, PersonRefused, projects.ProjectRefused) as refused:
            raise CommandError(str(refused.message)) from refused


class SubcommandsCommand(StudioCommand):
    """A command with subcommands, each on behalf of a person and with `--json`."""

    def start_subcommands(self, parser: CommandParser) -> None:
        """Let `parser` take a subcommand; call it before `add_subcommand`."""
        self._subparsers = parser.add_subparsers(required=True, metavar="SUBCOMMAND")

    def add_subcommand(
        self, name: str, run: Callable[[User, dict[str, Any]], None], text: str
    ) -> CommandParser:
        """Add a subcommand and return its parser; `run` gets the requester and the options."""
        parser: CommandParser = self._subparsers.add_parser(name, help=text, description=text)
        parser.set_defaults(run=run)
        add_user_argument(parser)
        add_json_argument(parser)
        return parser

    def handle(self, **options: Any) -> None:
        """Run the subcommand for the requester."""
        options["run"](get_user(options["person"]), options)


def add_project_argument(parser: CommandParser, text: str) -> None:
    """Add `--project NAME`; the text says what it chooses."""
    parser.add_argument("--project", default="", metavar="NAME", help=text)


def get_project(name: str, person: User) -> Project:
    """Return the project of this name that the person sees; raises CommandError if none is."""
    visible = Project.objects.visible_to(person)
    project = visible.filter(folded_name=fold_text(name)).first()
    if project is None:
        raise CommandError(_("There is no project called %(name)s.") % {"name": name})
    return project


def choose_project(name: str, person: User, action: Action) -> Project:
    """Return the named project, else the one in use, else the only one where `action` is allowed.

    Raises CommandError if there is no such project or if several fit, and `NotAllowed`.
    """
    if name:
        return get_project(name, person)
    project = projects.default_for(person, action)
    is_in_use = project.pk == access_of(person).in_use
    if not is_in_use and projects.list_allowed(person, action).count() > 1:
        raise CommandError(_("Several projects fit: choose one with --project NAME."))
    return project


def get_voice(voice_id: str, person: User, project: str = "") -> Voice:
    """Return the voice with this ID at the current provider, a living one before deleted ones.

    `project` is the name of the only project to look in. Raises CommandError if there is no such
    project or voice that this person sees.
    """
    visible = Voice.objects.visible_to(person)
    if project:
        visible = visible.filter(project=get_project(project, person))
    voices = visible.filter(provider=settings.MINIMAX_PROVIDER, voice_id=voice_id)
    voice = voices.living().first() or voices.order_by("-pk").first()
    if voice is None:
        raise CommandError(_("There is no voice called %(name)s.") % {"name": voice_id})
    return voice


def require_valid(form: forms.Form) -> None:
    """Raise CommandError with the mistakes of a form, each after the label of its field."""
    mistakes = [
        f"{form.fields[name].label}: {error}" if name in form.fields else str(error)
        for name, errors in form.errors.items()
        for error in errors
    ]
    if mistakes:
        raise CommandError(" ".join(mistakes))


def audio_address(call: CloneAttempt | Speech) -> str | None:
    """Where a script finds the audio of a call: a path or a link; None if it has none."""
    with suppress(FileNotFoundError):
        return storage.address(call.audio) if call.audio else None
    return None


def wait_for[Call: (CloneAttempt, Speech)](
    call: Call, run: Callable[[int], None], seconds: float
) -> Call:
    """Wait until the call is finished or the time is over; without a worker, run it here."""
    deadline = time.monotonic() + seconds
    while call.is_running and time.monotonic() < deadline:
        # A call that is put off has its job; running it early would only enqueue another one.
        is_due = call.retry_at is None or call.retry_at <= clock.now()
        if is_due and not Worker.objects.alive().exists():
            run(call.pk)
        call.refresh_from_db()
        if call.is_running:
            time.sleep(POLL_SECONDS)
    return call


def voice_json(voice: Voice, cost: object, person: User) -> dict[str, Any]:
    """Return one voice; times are ISO 8601 in UTC, the cost is a decimal as text.

    The cost is None if `person` does not see the costs of the project.
    """
    state = voice.state
    expires = voice.expires_at if state is not VoiceState.DELETED else None
    return {
        "voice_id": voice.voice_id,
        "speaker": voice.speaker.name,
        "speaker_id": voice.speaker_id,
        "state": str(VoiceState.KEPT if state is VoiceState.FROM_MINIMAX else state),
        "expires_at": expires.isoformat() if expires else None,
        "kept_at": voice.kept_at.isoformat() if voice.kept_at else None,
        "cost": f"{cost:f}" if may(person, Action.SEE_COSTS, voice.project_id) else None,
    }


def speech_json(speech: Speech, person: User) -> dict[str, Any]:
    """Return one speech with its voice, as `voice_json`."""
    voice = Voice.objects.select_related("speaker").get(pk=speech.voice_id)
    return {
        "id": speech.pk,
        "status": speech.state.value,
        **voice_json(voice, costs.sum_voices([voice.pk])[voice.pk], person),
        "status_code": speech.status_code,
        "trace_id": speech.trace_id or None,
        "message": message_text(speeches.message_for(speech)) or str(speech.state.label),
    }


def refusal_json(voice_id: str, message: Message) -> dict[str, Any]:
    """Return the answer to a request that was refused before anything was sent."""
    return {"status": "refused", "voice_id": voice_id, "message": message_text(message)}


def message_text(message: Message | None) -> str | None:
    """Return a message as one line."""
    return f"{message.headline} {message.next_step}" if message else None


def print_object(command: BaseCommand, data: dict[str, Any], *, as_json: bool) -> None:
    """Print one JSON object, or its non-empty values in lines."""
    if as_json:
        command.stdout.write(json.dumps(data, ensure_ascii=False))
        return
    for name, value in data.items():
        if value not in (None, ""):
            command.stdout.write(f"{name.replace('_', ' ')}: {value}")


def print_list(
    command: BaseCommand,
    rows: Iterable[dict[str, Any]],
    to_line: Callable[[dict[str, Any]], str],
    *,
    as_json: bool,
) -> None:
    """Print a list of JSON objects, or a line for each."""
    if as_json:
        command.stdout.write(json.dumps(list(rows), ensure_ascii=False))
        return
    for row in rows:
        command.stdout.write(to_line(row))


def exit_unfinished(call: CloneAttempt | Speech) -> None:
    """Exit with 3 while the call is running, else with 1."""
    sys.exit(EXIT_RUNNING if call.is_running else 1)
