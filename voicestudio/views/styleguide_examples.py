"""Examples: what the styleguide shows, one of each state; made from the enums, and never stored.

Numbers of rows are beyond those of real ones, so that no link leads to a thing of the studio.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import count
from typing import Any, Final

from django.contrib.auth.models import User

from voicestudio.audio import CHECK_VERSION, PEAKS, waveform_path
from voicestudio.forms.cutting import CutForm, describe_length, format_time
from voicestudio.forms.history import HistoryForm
from voicestudio.forms.projects import ProjectForm
from voicestudio.forms.sync import ImportVoiceForm
from voicestudio.models import (
    AttemptState,
    AudioFile,
    CloneAttempt,
    Colour,
    Origin,
    ProjectLabel,
    Purpose,
    Speaker,
    SpeechState,
    Verdict,
    Voice,
    VoiceState,
    clock,
)
from voicestudio.models.voices import Source
from voicestudio.services.people.saved_filters import SavedFilter
from voicestudio.services.voices.speakers import KnownSpeaker
from voicestudio.words.paid_calls import MODERATION

from .cutting import HEIGHT, WIDTH, Window
from .lists import ViewLink
from .recorder import GOALS
from .styleguide_pages import make_examples_of_pages

FIRST_NUMBER: Final = 9_000_000_000
BARS: Final = [(bar * 37) % 90 + 10 for bar in range(PEAKS)]
SPEAKER: Final = "Anna Larsen"
LENGTH_MS: Final = 84_000
HOUR: Final = timedelta(hours=1)
FINDINGS: Final = (("clipped", 3), ("noisy", 2), ("hum", 1))  # with their severities
STAGES: Final = ("idle", "requesting", "recording", "paused", "recorded", "sending")
LEVELS: Final = ("success", "busy", "warning", "error")


def make_examples(user: User) -> dict[str, Any]:
    """What the template needs; `user` has requested everything."""
    numbers = count(FIRST_NUMBER)
    recordings = list(_make_recordings(numbers, user))
    projects = [
        ProjectLabel(next(numbers), "Northern Lights", Colour.TEAL, is_archived=False),
        ProjectLabel(next(numbers), "Glass Orchard", Colour.ORANGE, is_archived=True),
    ]
    attempts = [_make_attempt(state, next(numbers), user, recordings[0]) for state in AttemptState]
    return {
        "attempt_states": list(AttemptState),
        "voice_states": [{"state": state} for state in VoiceState],
        "speech_states": list(SpeechState),
        "attempts": attempts,
        "waiting": next(each for each in attempts if each.state is AttemptState.WAITING),
        "under_way": [each for each in attempts if each.is_running and each.claimed_at],
        "flagged": next(each for each in attempts if each.state is AttemptState.FLAGGED),
        "flags": [
            _make_attempt(
                AttemptState.FLAGGED, next(numbers), user, recordings[0], flag_type=number
            )
            for number in (*MODERATION, max(MODERATION) + 1)
        ],
        "ready": next(each for each in attempts if each.state is AttemptState.READY),
        "voices": [_make_voice(state, next(numbers)) for state in VoiceState],
        "recordings": recordings,
        "comparison": [
            (name, "A gentle breeze.", "A quiet sea.") for name in (SPEAKER, "Ben Osei")
        ],
        "peaks": BARS,
        "other_letters": "ÄÖÜäöü ß éèê ñ ¿¡ œ « » … Łłşğ 0123456789",
        "forms": [
            ProjectForm(auto_id="empty-%s", initial={"name": "Northern Lights"}),
            ProjectForm({"monthly_budget": "ten", "ends_on": "soon"}, auto_id="wrong-%s"),
        ],
        "goal": GOALS[Purpose.SAMPLE],
        "stages": STAGES,
        "pages": {"previous": "?before=1", "next": "?after=1"},
        "levels": LEVELS,
        "undo": {"address": "#messages-title", "fields": {}},
        "comboboxes": list(_make_comboboxes(numbers)),
        "projects": projects,
        "projects_in_use": [None, projects[0]],
        "filters": _make_filters(user),
        "views": _make_views(),
        "saved_filters": [SavedFilter("Narrators", "")],
        "listed_recordings": _make_listed(numbers, user, attempts[:1]),
        **_make_cut(recordings[0]),
        **make_examples_of_pages(numbers, user),
    }


def _make_comboboxes(numbers: Iterator[int]) -> Iterator[dict[str, Any]]:
    """The choice of a speaker: nothing typed, a question, the two answers, and the open list."""
    person = KnownSpeaker(next(numbers), SPEAKER, 3, clock.now() - timedelta(days=9))
    answers: dict[str, dict[str, Any]] = {
        "empty": {},
        "similar": {"similar": [person]},
        "chosen": {"chosen_speaker": person},
        "new": {"is_new_speaker": True},
        "open": {"first_options": [person]},
    }
    for state, answer in answers.items():
        typed = {"speaker": "" if state == "empty" else SPEAKER.lower()}
        form = ImportVoiceForm(auto_id=f"{state}-%s", initial=typed, prefix=state)
        del form.fields["speaker"].widget.attrs["aria-label"]  # it has a label here
        nothing = dict.fromkeys(("similar", "chosen_speaker", "is_new_speaker", "first_options"))
        fields = {"field": form["speaker"], "choice": form["speaker_choice"]}
        yield {"state": state, **fields, **nothing, **answer}


def _make_filters(user: User) -> list[HistoryForm]:
    """The bar without a filter, whose fields are folded, and with some."""
    chosen = {"q": "Anna", "person": str(user.pk), "flag": "yes"}
    filters = []
    for name, data in (("no-filter", {}), ("some-filters", chosen)):
        form = HistoryForm(data, people=lambda: [(user.pk, user.get_username())])
        form.auto_id = f"{name}-%s"
        filters.append(form)
    return filters


def _make_views() -> list[ViewLink]:
    labels = [view.label for view in HistoryForm.views]
    return [ViewLink(number, label, {}, number == 0, False) for number, label in enumerate(labels)]


def _make_attempt(
    state: AttemptState, number: int, user: User, recording: AudioFile, *, flag_type: int = 5
) -> CloneAttempt:
    now = clock.now()
    audio = {"audio": "preview.mp3", "audio_duration_ms": 6_000, "audio_peaks": BARS}
    flag = {"status": AttemptState.READY.value, "input_sensitive": True}
    columns: dict[AttemptState, dict[str, Any]] = {
        AttemptState.WAITING: {"claimed_at": None},
        AttemptState.CLONING: {"sent_at": now - timedelta(seconds=7)},
        AttemptState.READY: audio,
        AttemptState.FLAGGED: flag | audio | {"input_sensitive_type": flag_type},
        AttemptState.STOPPED: {"status_code": 1026, "trouble": "refused"},
        AttemptState.FAILED: {"status_code": 2039, "trouble": "refused"},
        AttemptState.INTERRUPTED: {
            "status": AttemptState.SENDING.value, "lease_until": now - HOUR,
        },
    }  # fmt: skip
    attempt = CloneAttempt(
        pk=number,
        speaker_name=SPEAKER,
        voice_id=f"Anna-Larsen-{number % 100:04d}",
        preview_text="A gentle breeze.",
        created_at=now - HOUR,
        enqueued_at=now,
        created_by=user,
        recording=recording,
        **{"status": state.value, "claimed_at": now - timedelta(seconds=9)}
        | columns.get(state, {}),
    )
    return _name_person(attempt, user.username)


def _name_person[Row: (CloneAttempt, Voice, AudioFile)](row: Row, username: str) -> Row:
    """Set what `for_rows` reads of the person."""
    vars(row).update(person_first_name="", person_last_name="", person_username=username)
    return row


def _make_voice(state: VoiceState, number: int) -> Voice:
    now = clock.now()
    columns: dict[VoiceState, dict[str, Any]] = {
        VoiceState.KEPT: {"kept_at": now - HOUR, "last_used_at": now - HOUR},
        VoiceState.EXPIRED: {"created_at": now - timedelta(days=9)},
        VoiceState.DELETED: {"deleted_at": now - HOUR},
        VoiceState.UNKNOWN: {"uncertain": True},
        VoiceState.FROM_MINIMAX: {"source": Source.IMPORTED, "kept_at": now - HOUR},
    }
    voice = Voice(
        pk=number,
        speaker=Speaker(name=SPEAKER),
        voice_id=f"Anna-Larsen-{number % 100:04d}",
        **{"created_at": now - HOUR} | columns.get(state, {}),
    )
    voice.cost, voice.tag_names = None, ["narrator"]  # type: ignore[attr-defined]
    return _name_person(voice, "")


def _make_recordings(numbers: Iterable[int], user: User) -> Iterable[AudioFile]:
    """One of each verdict, then those without one."""
    now = clock.now()
    checked = [{"verdict": verdict, "checked_at": now} for verdict in Verdict.values]
    for verdict in checked[1:]:
        verdict["findings"] = [_make_finding(*finding) for finding in FINDINGS]
    others: list[dict[str, Any]] = [
        {"check_started_at": now, "checked_ms": LENGTH_MS // 3},
        {},
        {"needs_cutting": True, "verdict": Verdict.GOOD, "checked_at": now},
        {"file": "", "origin": Origin.FILE_ID},
        {"deleted_at": now},
    ]
    for number, columns in zip(numbers, [*checked, *others], strict=False):
        yield _make_recording(number, user, columns)


def _make_listed(numbers: Iterator[int], user: User, uses: list[CloneAttempt]) -> list[AudioFile]:
    """Rows of the list: one of each check, one that is used, and what was made from it."""
    listed = [each for each in _make_recordings(numbers, user) if not each.deleted_at]
    used = _make_recording(
        next(numbers), user, {"verdict": Verdict.GOOD, "checked_at": clock.now()}
    )
    used.uses, used.made, used.used_more = uses, 2, True  # type: ignore[attr-defined]
    part = {"origin": Origin.CUT, "parent": used, "from_ms": 20_000, "to_ms": 62_000}
    cut = _make_recording(next(numbers), user, part)
    cleaned = {"origin": Origin.CLEANED, "parent": cut, "steps": ["hum"]}
    return [*listed, used, cut, _make_recording(next(numbers), user, cleaned)]


def _make_recording(number: int, user: User, columns: dict[str, Any]) -> AudioFile:
    values: dict[str, Any] = {
        "file": "anna.wav", "name": "anna-larsen-session-1.wav", "purpose": Purpose.SAMPLE,
        "duration_ms": LENGTH_MS, "bytes": 7_400_000, "peaks": BARS,
        "figures": {"check_version": CHECK_VERSION}, "created_by": user,
    }  # fmt: skip
    recording = AudioFile(pk=number, **values | columns)
    recording.uses, recording.made, recording.used_more = [], 0, False  # type: ignore[attr-defined]
    recording.newest_file_id = number  # type: ignore[attr-defined]
    return _name_person(recording, user.username)


def _make_finding(code: str, severity: int) -> dict[str, Any]:
    return {"code": code, "from_s": 12.0, "to_s": 15.0, "value": 1.0, "severity": severity}


def _make_cut(recording: AudioFile) -> dict[str, Any]:
    """What the cut page draws its waveform and its choices from."""
    part = Window(20_000, 62_000)
    step = LENGTH_MS // 4
    return {
        "cut_form": CutForm(recording=recording, initial={"purpose": Purpose.SAMPLE}),
        "part": part,
        "length_s": f"{LENGTH_MS / 1000:.1f}",
        "length": describe_length(part.length_ms, Purpose.SAMPLE),
        "shape": {
            "path": waveform_path(BARS, width=WIDTH, height=HEIGHT),
            "start_ms": 0,
            "span_ms": LENGTH_MS,
            "end_ms": LENGTH_MS,
            "ticks": [format_time(tick * step) for tick in range(4)],
            "rough": False,
        },
    }
