"""The list of pictures: what each one shows, and the files that it is stored in."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from django.conf import settings
from playwright.sync_api import Page, expect

from tests.screenshots.practice_studio import NOISY
from voicestudio.models import AttemptState, AudioFile, CloneAttempt, Project, Voice
from voicestudio.services.example_team.content import BOOK, GAME, PROJECTS

ROOT: Final = Path(__file__).resolve().parents[2]
DOCS: Final = ROOT / "docs" / "pictures"
HELP: Final = ROOT / "static" / "help"
# Width and height of each picture in HELP, for the page that shows it.
SIZES: Final = HELP / "sizes.json"
SCHEMES: Final = ("light", "dark")
FORCED: Final = "forced"  # a few colours that the reader has chosen
ENGLISH: Final = "en"


class Window(NamedTuple):
    """The window of a picture, in CSS pixels."""

    name: str
    width: int
    height: int


WIDE: Final = Window("wide", 1280, 860)
NARROW: Final = Window("narrow", 375, 780)


class Picture(NamedTuple):
    """A picture: `show` opens what it shows; without `part`, a CSS selector, it is the window.

    Parts are shown beside text, and have to be sharp on fine screens too; hence their `scale`.
    """

    name: str
    folder: Path
    show: Callable[[Page], None]
    part: str = ""
    windows: tuple[Window, ...] = (WIDE, NARROW)
    schemes: tuple[str, ...] = SCHEMES
    scale: float = 1.25

    @property
    def languages(self) -> list[str]:
        """The languages of its pages: the help is read in all of them, the documents in English."""
        return [ENGLISH, *(settings.TRANSLATIONS if self.folder == HELP else ())]

    def size_name(self, window: Window, language: str) -> str:
        """What `SIZES` calls the picture; as its file, without the scheme."""
        return f"{self.name}-{window.name}{_suffix(language)}"

    def file(self, window: Window, scheme: str, language: str = ENGLISH) -> Path:
        """Where the picture is stored."""
        return self.folder / f"{self.name}-{window.name}-{scheme}{_suffix(language)}.webp"

    def files(self) -> list[Path]:
        """All its files: in each scheme, window and language."""
        return [
            self.file(window, scheme, language)
            for language in self.languages
            for window in self.windows
            for scheme in self.schemes
        ]


def _suffix(language: str) -> str:
    return "" if language == ENGLISH else f"-{language}"


def _open(path: str) -> Callable[[Page], None]:
    """Open a page that needs nothing else."""

    def show(page: Page) -> None:
        page.goto(path)

    return show


def _attempt_of(speaker: str, state: AttemptState) -> int:
    attempts = CloneAttempt.objects.filter(speaker_name=speaker)
    return next(attempt.pk for attempt in attempts if attempt.state == state)


def _open_attempt(speaker: str, state: AttemptState) -> Callable[[Page], None]:
    def show(page: Page) -> None:
        page.goto(f"/history/{_attempt_of(speaker, state)}/")

    return show


def _open_expiring_voice(page: Page) -> None:
    voice = Voice.objects.filter(speaker__name="Ben Osei", kept_at=None).earliest("created_at")
    page.goto(f"/voices/{voice.pk}/")


def _open_noisy_recording(page: Page) -> None:
    page.goto(f"/recordings/{AudioFile.objects.get(name=NOISY).pk}/")


def _open_project(page: Page) -> None:
    page.goto(f"/projects/{Project.objects.get(name=PROJECTS[GAME].name).pk}/")


def _give_permission(page: Page, query: str = "") -> None:
    """The form with its first card answered, in a project whose budget is not nearly used."""
    page.goto(f"/history/?project={Project.objects.get(name=PROJECTS[BOOK].name).pk}")
    page.goto(f"/new/{query}")
    page.locator("#id_speaker").fill("Elin Strand")  # in any language
    expect(page.locator("#voice-id [data-verdict=free]")).to_be_visible()
    page.locator("#id_permission").check()
    page.evaluate("document.activeElement.blur()")


def _fill_in_clone_form(page: Page) -> None:
    """A form that can be sent; the cards above the last answer are folded."""
    recording = AudioFile.objects.get(name="clara-voss-chapter-1.wav")
    _give_permission(page, f"?recording={recording.pk}")
    page.locator("#id_preview_text").fill("The orchard was silent. (breath) Then a branch fell.")
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")


def _look_as_reviewer(page: Page) -> None:
    """A voice as Rosa sees it; afterwards the administrator is back."""
    page.goto("/people/")
    page.get_by_role("button", name="Look as Rosa").click()
    expect(page.get_by_text("You're looking at the studio as")).to_be_visible()
    _open_expiring_voice(page)


PICTURES: Final = (
    Picture("home", DOCS, _open("/?project=all")),
    Picture("new-voice", DOCS, _fill_in_clone_form),
    Picture("attempt", DOCS, _open_attempt("Dan Weaver", AttemptState.READY)),
    Picture("history", DOCS, _open("/history/?project=all")),
    Picture("people", DOCS, _open("/people/"), windows=(WIDE,)),
    Picture("project", DOCS, _open_project, windows=(WIDE,)),
    Picture("audit", DOCS, _open("/audit/"), windows=(WIDE,)),
    Picture(
        "styleguide",
        DOCS,
        _open("/styleguide/?components"),
        "#main",
        windows=(WIDE,),
        schemes=(*SCHEMES, FORCED),
        scale=0.75,
    ),
    Picture("check", HELP, _open_noisy_recording, ".verdict"),
    Picture("permission", HELP, _give_permission, "[data-step=speaker]"),
    Picture("days-left", HELP, _open_expiring_voice, "#life"),
    Picture("price", HELP, _fill_in_clone_form, ".submit-panel > .card"),
    Picture(
        "flag", HELP, _open_attempt("Ben Osei", AttemptState.FLAGGED), ".note[data-state=flagged]"
    ),
    Picture(
        "unknown",
        HELP,
        _open_attempt("Dan Weaver", AttemptState.UNKNOWN),
        ".note[data-state=unknown]",
    ),
    # The last: it leaves entries in the audit trail, and the session looks as someone else.
    Picture("reviewer", DOCS, _look_as_reviewer, windows=(WIDE,)),
)


def list_files() -> list[Path]:
    """Every file that the script writes."""
    return [file for picture in PICTURES for file in picture.files()] + [SIZES]
