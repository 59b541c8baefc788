"""Content: who is in the example team, and what is in its two projects.

Previews and speeches are in English whatever the language of the studio, as the voices of practice
mode are. The first letter of each name is that of the role.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from voicestudio.models import Colour, Role

MODEL: Final = "speech-2.8-hd"
DAY: Final = timedelta(days=1)
GAME: Final = "game"
BOOK: Final = "book"


class ExampleProject(NamedTuple):
    """A project; `lasts` from its first day to its last, around today."""

    name: str
    client: str
    colour: Colour
    notes: str | Promise
    since: timedelta
    lasts: timedelta
    # Its monthly budget is set so that nearly all of it is used.
    is_nearly_spent: bool


PROJECTS: Final = {
    GAME: ExampleProject(
        "Emberfall", "Lanternfox Games", Colour.ORANGE,
        _("Tavern and battle scenes. The client hears every voice before it is kept."),
        25 * DAY, 120 * DAY, is_nearly_spent=True,
    ),
    BOOK: ExampleProject(
        "The Glass Orchard", "Harbour & Quill", Colour.TEAL,
        _("Audiobook, two narrators. Only the people of this book may hear its voices."),
        40 * DAY, 90 * DAY, is_nearly_spent=False,
    ),
}  # fmt: skip


class ExamplePerson(NamedTuple):
    """A person with a role in each of some projects, or auditor of the studio."""

    username: str
    name: str
    roles: dict[str, Role]
    is_auditor: bool = False


MANAGER: Final = "mara"
REVIEWER: Final = "rosa"
PEOPLE: Final = (
    ExamplePerson(MANAGER, "Mara Lindqvist", {GAME: Role.MANAGER, BOOK: Role.MANAGER}),
    ExamplePerson(REVIEWER, "Rosa Amari", {GAME: Role.REVIEWER, BOOK: Role.REVIEWER}),
    ExamplePerson("vito", "Vito Sandoval", {BOOK: Role.VIEWER}),
    ExamplePerson("aino", "Aino Kallio", {}, is_auditor=True),
)


class ExampleSpeaker(NamedTuple):
    """A speaker; `voice` is the number of the stand-in's example recording."""

    name: str
    voice: int
    project: str
    recording: str
    note: str | Promise = ""  # of the reviewer on the recording


SPEAKERS: Final = {
    speaker.name: speaker
    for speaker in (
        ExampleSpeaker("Ada Finch", 1, GAME, "ada-finch-session-1.wav"),
        ExampleSpeaker(
            "Ben Osei", 2, GAME, "ben-osei-home-studio.wav",
            _("Clear and close. A second take with more energy would help the battle scenes."),
        ),
        ExampleSpeaker("Clara Voss", 3, BOOK, "clara-voss-chapter-1.wav"),
        ExampleSpeaker("Dan Weaver", 4, BOOK, "dan-weaver-audition.wav"),
    )
}  # fmt: skip


class Outcome(StrEnum):
    """What became of an attempt."""

    READY = "ready"
    FLAGGED = "flagged"
    FAILED = "failed"
    UNKNOWN = "unknown"

    @property
    def has_voice(self) -> bool:
        """Whether MiniMax made the voice and answered."""
        return self in (Outcome.READY, Outcome.FLAGGED)


class ExampleAttempt(NamedTuple):
    """A clone attempt; its voice is kept if it has spoken any of `speeches`."""

    speaker: str
    preview: str
    age: timedelta
    outcome: Outcome = Outcome.READY
    speeches: tuple[str, ...] = ()
    is_heard: bool = False
    note: str | Promise = ""  # of the reviewer


# The oldest first, as they were requested.
ATTEMPTS: Final = (
    ExampleAttempt(
        "Clara Voss", "The orchard gate was open, and every tree stood still as glass.", 20 * DAY,
        speeches=("Chapter one. The orchard gate was open.",), is_heard=True,
        note=_("This is the narrator. The pauses are right."),
    ),
    ExampleAttempt(
        "Ada Finch", "Sit down, traveller. The soup is hot and the fire is free.", 12 * DAY,
        speeches=(
            "Sit down, traveller. What brings you to the pass so late?",
            "Keep your sword. In here we settle things with soup.",
        ),
        is_heard=True,
        note=_("Warm, and easy to understand at a low volume. Keep this one."),
    ),
    ExampleAttempt(
        "Ben Osei", "Hold the line! Nobody crosses the bridge tonight.", timedelta(hours=148),
        note=_("Good, but it expires soon. Does the client want it?"),
    ),
    ExampleAttempt(
        "Ben Osei", "Burn the gates, and leave nothing standing behind you.", 4 * DAY,
        Outcome.FLAGGED,
    ),
    ExampleAttempt("Ada Finch", "Last call. The kitchen closes at midnight.", 3 * DAY,
                   Outcome.FAILED),
    ExampleAttempt(
        "Dan Weaver", "Three countries can be seen from the pass, and not one of them is mine.",
        timedelta(hours=20),
    ),
    ExampleAttempt(
        "Dan Weaver", "He counted the lanterns twice before he knocked.", timedelta(hours=2),
        Outcome.UNKNOWN,
    ),
)  # fmt: skip
