"""A database with as many attempts as a team would have after some years.

The rows are what the services write and satisfy every constraint. They are inserted without
Django's ORM, a million in a minute or two.
"""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Model

from voicestudio.models import (
    AttemptState,
    AudioFile,
    CloneAttempt,
    Membership,
    Project,
    ProviderFile,
    Role,
    Speaker,
    Voice,
    search,
)
from voicestudio.words import PERMISSION_WORDING

BATCH: Final = 5_000
PEOPLE: Final = 12
PROJECTS: Final = 50
FIRST: Final = datetime(2023, 1, 2, 8, tzinfo=UTC)
LAST: Final = datetime(2026, 6, 30, 18, tzinfo=UTC)

# What the benchmark searches for.
FREQUENT_WORD: Final = "recording"  # in every attempt
RARE_WORD: Final = "quokka"  # in five of a million
RARE_MODEL: Final = "speech-01-turbo"  # only the oldest attempts

_GIVEN: Final = (
    "Anna Ben Clara David Emma Felix Grace Henry Ida Jonas Karin Liam Mia Noah Olga Paul Rosa Sven "
    "Tara Umar Vera Wim Ximena Yara Zoe João Søren Zoë Łukasz Nguyễn Aïcha Björn"
).split()
_FAMILY: Final = (
    "Larsen Okafor Silva Novak Meyer Rossi Dubois Kowalski Andersson Tanaka Haddad Petrov Jensen "
    "Moreau Costa Fischer Nakamura Olsen Ivanova Castro Lindqvist Weber Fontaine Marino Prado"
).split()
_CHINESE: Final = ("王芳", "李伟", "张敏", "刘洋", "陈静", "杨磊", "赵薇", "黄勇")
_WORDS: Final = (
    "a gentle breeze sweeps across the soft grass while the morning light falls over the old town "
    "and people walk along the river to work or to school where they read stories about the sea "
    "our new season opens next friday with music from every corner of europe please remember to "
    "bring your ticket the lift to the second floor is out of order turn left after two hundred "
    "metres thank you for calling we will be with you shortly chapter seven begins in a small "
    "village near the mountains in winter the snow lies deep and the nights are long"
).split()
_MODELS: Final = ("speech-2.8-hd", "speech-2.8-turbo", "speech-2.6-hd", "speech-02-hd")
# More waveforms than a web server keeps drawn, as the audio of a team has.
_PEAKS: Final = [
    [(place * step + step) % 90 + 10 for place in range(110)] for step in range(37, 1_037)
]
# What the check says of recordings: each with its findings, the most serious first.
_REPORTS: Final = (
    ("good", ()),
    ("usable", ("echo",)),
    ("usable", ("noisy", "too_quiet")),
    ("disappointing", ("hum", "noisy", "echo", "clicks")),
)


def seed(count: int) -> None:
    """Fill an empty, migrated database with `count` attempts and all that belongs to them."""
    chance = random.Random(1)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # The file is deleted if this is interrupted, so no journal is needed.
            cursor.execute("PRAGMA journal_mode=OFF")
            cursor.execute("PRAGMA synchronous=OFF")
            cursor.execute("PRAGMA cache_size=-1500000")
    users = [
        User.objects.create_superuser(f"person{number}", password=None)
        for number in range(1, PEOPLE + 1)
    ]
    projects = _projects()
    speakers = _speakers(users[0], projects, min(count, 4_000), chance)
    recordings = _recordings(users, projects, min(count, 6_000), chance)
    with transaction.atomic(), connection.cursor() as cursor:
        # Building the index at the end is much faster.
        search.remove_index(connection)
        indexes = _drop_indexes(cursor)
        insert_rows(Voice, _voices(count, speakers))
        insert_rows(CloneAttempt, _attempts(count, users, speakers, recordings))
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for definition in indexes:
            cursor.execute(definition)
        search.install_index(connection)
        if connection.vendor == "sqlite":
            cursor.execute(f"INSERT INTO {search.INDEX}({search.INDEX}) VALUES ('rebuild')")  # noqa: S608
        else:
            _move_sequences(cursor)
    with connection.cursor() as cursor:
        cursor.execute(
            "VACUUM ANALYZE" if connection.vendor == "postgresql" else "PRAGMA journal_mode=WAL"
        )


def _drop_indexes(cursor: Any) -> list[str]:
    """Drop the indexes of the two large tables on PostgreSQL; how each is created again."""
    if connection.vendor != "postgresql":
        return []
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()"
        " AND tablename IN (%s, %s) AND indexdef NOT LIKE 'CREATE UNIQUE %%'",
        [model._meta.db_table for model in (Voice, CloneAttempt)],
    )
    indexes = cursor.fetchall()
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")
    return [definition for _name, definition in indexes]


def _projects() -> list[Project]:
    """The projects, and members of the first, of the first five and of all of them."""
    projects = [Project.first()]
    projects += [
        Project.objects.create(name=f"Project {number}") for number in range(2, PROJECTS + 1)
    ]
    for username, count in (("one", 1), ("five", 5), ("all", PROJECTS)):
        person = User.objects.create_user(f"member-of-{username}", password=None)
        Membership.objects.bulk_create(
            Membership(project=project, person=person, role=Role.MANAGER)
            for project in projects[:count]
        )
    return projects


def _speakers(
    by: User, projects: list[Project], count: int, chance: random.Random
) -> list[Speaker]:
    names = list(dict.fromkeys([*_CHINESE, *(_name(chance) for _ in range(count * 3))]))[:count]
    return Speaker.objects.bulk_create(
        Speaker(
            name=name, search_text=search.fold_text(name), created_by=by,
            project=projects[number % len(projects)],
        )
        for number, name in enumerate(names)
    )  # fmt: skip


def _name(chance: random.Random) -> str:
    return f"{chance.choice(_GIVEN)} {chance.choice(_GIVEN)[0]}. {chance.choice(_FAMILY)}"


def _recordings(
    users: list[User], projects: list[Project], count: int, chance: random.Random
) -> list[AudioFile]:
    recordings = AudioFile.objects.bulk_create(
        _recording(number, users, projects, chance) for number in range(1, count + 1)
    )
    # Every eighth is a copy of the one before; every sixteenth a copy of a copy.
    copies = [recording for recording in recordings if recording.pk % 16 in (0, 1, 8)]
    for copy in copies[1:]:
        copy.origin, copy.steps = "cleaned", ["hum", "noise"]
        copy.parent_id, copy.project_id = copy.pk - 1, recordings[copy.pk - 2].project_id
    AudioFile.objects.bulk_update(copies, ["origin", "steps", "parent", "project"], batch_size=500)
    ProviderFile.objects.bulk_create(
        ProviderFile(
            recording=recording, account="practice", file_id=_file_id(recording), uploaded_at=FIRST
        )
        for recording in recordings
    )
    return recordings


def _recording(
    number: int, users: list[User], projects: list[Project], chance: random.Random
) -> AudioFile:
    """A recording that was checked, with a report of the usual size."""
    verdict, codes = chance.choice(_REPORTS)
    findings = [
        {"code": code, "value": 3.5, "severity": 1, "from_s": 2.0, "to_s": 3.5} for code in codes
    ]
    return AudioFile(
        name=f"interview-{number}.mp3", search_text=f"interview-{number}.mp3",
        purpose="prompt_audio" if number % 10 == 0 else "voice_clone",
        file=f"recordings/2026/03/{number}.mp3",
        duration_ms=chance.randrange(15_000, 290_000),
        bytes=chance.randrange(200_000, 9_000_000), sample_rate=44_100, channels=1,
        codec="mp3", peak_dbfs=-3.0, loudness_db=-20.0, silence_share=0.1,
        peaks=chance.choice(_PEAKS), created_by=chance.choice(users),
        project=projects[number % len(projects)],
        verdict=verdict, findings=findings, checked_at=LAST, check_started_at=LAST,
        figures={f"figure_{place}": place * 1.5 for place in range(40)},
        passages={"best": [[place * 10.0, place * 10.0 + 8.0] for place in range(20)]},
        advice={"need_noise_reduction": "noisy" in codes},
    )  # fmt: skip


def _file_id(recording: AudioFile) -> int:
    return 362_067_136_000_000 + recording.pk


def _voice_id(number: int) -> str:
    """The voice ID of the attempt with this number: letters, a digit, a suffix."""
    stem = f"{_GIVEN[number % 25]}{_FAMILY[number % 23]}"
    return f"{stem}-{number % 9 + 1}{number:05x}"


def _state(number: int, count: int) -> AttemptState:
    """Most are ready; those that wait or run are the newest; few are interrupted."""
    if number > count - 8:
        return (
            AttemptState.WAITING,
            AttemptState.SENDING,
            AttemptState.CLONING,
            AttemptState.READY,
        )[number % 4]
    if number % 100 < 3:
        return AttemptState.FAILED
    if number % 100 == 3:
        return AttemptState.STOPPED
    if number % 1_000 == 4:
        return AttemptState.UNKNOWN
    if number % 50_000 == 5:
        return AttemptState.INTERRUPTED
    return AttemptState.FLAGGED if number % 40 == 6 else AttemptState.READY


def _voices(count: int, speakers: list[Speaker]) -> Iterator[dict[str, Any]]:
    for number in range(1, count + 1):
        if _state(number, count) in (AttemptState.READY, AttemptState.FLAGGED):
            speaker = speakers[number % len(speakers)]
            yield {
                "id": number,
                "project": speaker.project_id,
                "voice_id": _voice_id(number),
                "provider": "practice",
                "speaker": speaker.pk,
                "created_at": _created_at(number, count),
                "deleted_at": None,
                "search_text": f"{_voice_id(number).lower()} {speaker.search_text}",
            }


def _created_at(number: int, count: int) -> datetime:
    return FIRST + (LAST - FIRST) * (number / count)


def _preview(number: int, count: int, chance: random.Random) -> str:
    start = chance.randrange(len(_WORDS) - 26)
    words = _WORDS[start : start + chance.randrange(8, 26)]
    if number % max(1, count // 5) == count // 10:
        words.append(RARE_WORD)
    return f"{' '.join(words).capitalize()}. This is a {FREQUENT_WORD}, number {number}."


def _attempts(
    count: int, users: list[User], speakers: list[Speaker], recordings: list[AudioFile]
) -> Iterator[dict[str, Any]]:
    chance = random.Random(2)
    old = max(1, count // 1_000)
    for number in range(1, count + 1):
        at = _created_at(number, count)
        state = _state(number, count)
        speaker = speakers[number % len(speakers)]
        # The last person and the oldest model have only the oldest attempts.
        by = users[-1] if number <= old else chance.choice(users[:-1])
        text = _preview(number, count, chance)
        recording = recordings[number % len(recordings)]
        row = {
            "id": number,
            "project": speaker.project_id,
            "token": UUID(int=number),
            "provider": "practice",
            "created_at": at,
            "created_by": by.pk,
            "speaker": speaker.pk,
            "speaker_name": speaker.name,
            "recording": recording.pk,
            "voice_id": _voice_id(number),
            "preview_text": text,
            "model": RARE_MODEL if number <= old else _MODELS[min(3, int(chance.expovariate(1)))],
            "language": "auto",
            "permission_by": by.pk,
            "permission_at": at,
            "permission_wording": str(PERMISSION_WORDING),
            "search_text": search.index_text(f"{speaker.name} {_voice_id(number)} {text}"),
            "enqueued_at": at,
        }
        yield row | _facts(state, row, recording, number)


def _facts(
    state: AttemptState, row: dict[str, Any], recording: AudioFile, number: int
) -> dict[str, Any]:
    """The columns that the worker writes on the way to `state`."""
    at = row["created_at"]
    claimed, uploaded, answered, saved = (
        at + timedelta(seconds=step) for step in (0.03, 1.3, 9.7, 10.1)
    )
    if state is AttemptState.WAITING:
        return {"status": state.value}
    facts: dict[str, Any] = {
        "status": state.value, "claim": UUID(int=number), "claimed_at": claimed, "attempts_made": 1
    }  # fmt: skip
    # Does not expire while the benchmark runs.
    held = {"lease_until": datetime(2099, 1, 1, tzinfo=UTC)}
    if state is AttemptState.SENDING:
        return facts | held
    sent = {
        "file_id": _file_id(recording), "voice_id": row["voice_id"], "text": row["preview_text"],
        "model": row["model"],
    }  # fmt: skip
    facts |= {"uploaded_at": uploaded, "sent": sent, "sent_at": uploaded}
    if state is AttemptState.CLONING:
        return facts | held
    trace = f"{number:032x}"
    call = {
        "call": "voice_clone", "at": uploaded.isoformat(), "ms": 8_400, "http_status": 200,
        "status_code": 0, "trace_id": trace, "trouble": "",
    }  # fmt: skip
    facts |= {"finished_at": answered, "calls": [{**call, "call": "upload", "ms": 1_270}, call]}
    if state is AttemptState.INTERRUPTED:
        return {**facts, "sent": None, "sent_at": None, "uploaded_at": None}
    if state is AttemptState.UNKNOWN:
        return facts | {"trouble": "unanswered"}
    facts |= {"answered_at": answered, "http_status": 200, "trace_id": trace}
    if state in (AttemptState.STOPPED, AttemptState.FAILED):
        code, message = (1026, "input new_sensitive")
        if state is AttemptState.FAILED:
            code, message = (2039, "voice clone voice id duplicate")
        return facts | {"status_code": code, "status_msg": message, "trouble": "refused"}
    flagged = state is AttemptState.FLAGGED
    answer = {
        "input_sensitive": flagged, "input_sensitive_type": 5 if flagged else 0,
        "demo_audio": f"https://files.example.com/{trace}.mp3",
        "base_resp": {"status_code": 0, "status_msg": "success"},
    }  # fmt: skip
    return facts | {
        "status": AttemptState.READY.value,
        "status_code": 0,
        "status_msg": "success",
        "input_sensitive": flagged,
        "input_sensitive_type": 5 if flagged else 0,
        "cloned_voice": number,
        "answer": answer,
        "audio_url": answer["demo_audio"],
        "audio": f"demos/2026/03/{row['voice_id']}.mp3",
        "audio_bytes": 96_000,
        "audio_duration_ms": 6_000,
        "audio_peaks": _PEAKS[number % len(_PEAKS)],
        "audio_saved_at": saved,
    }


# Without the ORM -----------------------------------------------------------------------------


def insert_rows(model: type[Model], rows: Iterator[dict[str, Any]]) -> None:
    """Insert rows, given by field name; other fields get their default."""
    fields = model._meta.concrete_fields
    defaults = {field.name: field.get_default() for field in fields}
    kinds = {field.name: field.get_internal_type() for field in fields}
    by_name = {field.name: field for field in fields}
    adapt = connection.ops.adapt_datetimefield_value
    sqlite = connection.vendor == "sqlite"

    def stored(name: str, value: Any) -> Any:
        if kinds[name] == "JSONField" and value is not None:
            return json.dumps(value)
        if kinds[name] == "DateTimeField":
            return adapt(value)
        if isinstance(value, Decimal):
            return by_name[name].get_prep_value(value)
        if sqlite and isinstance(value, UUID):
            return value.hex
        return value

    def tuples() -> Iterator[tuple[Any, ...]]:
        stored_defaults = {name: stored(name, value) for name, value in defaults.items()}
        for row in rows:
            values = stored_defaults | {name: stored(name, row[name]) for name in row}
            yield tuple(values.values())

    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    table = quote(model._meta.db_table)
    with connection.cursor() as cursor:
        if sqlite:
            marks = ", ".join("?" * len(fields))
            cursor.connection.executemany(
                f"INSERT INTO {table} ({columns}) VALUES ({marks})",  # noqa: S608
                tuples(),
            )
        else:
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for values in tuples():
                    copy.write_row(values)


def _move_sequences(cursor: Any) -> None:
    for model in (Voice, CloneAttempt):
        table = model._meta.db_table
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"  # noqa: S608
        )
