"""What lists and searches read of tables with a million rows, they find by the indexes for it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import make_attempt, make_recording, make_speaker, make_user, make_voice
from voicestudio.models import AttemptState, AudioFile, Charge, CloneAttempt, Voice
from voicestudio.models.row_counts import count_rows
from voicestudio.models.search import filter_containing
from voicestudio.services.money.costs import sum_months
from voicestudio.views.attach_uses import attach_uses

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


def explain(act: Callable[[], object]) -> str:
    """The plans of all queries that `act` makes, if PostgreSQL reads large tables by indexes."""
    with CaptureQueriesContext(connection) as captured:
        act()
    word = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        plans = []
        for query in captured:
            cursor.execute(f"{word} {query['sql']}")
            plans += [str(row[-1]) for row in cursor.fetchall()]
    return "\n".join(plans)


@pytest.mark.parametrize("index", ["attempt_by_recording", "attempt_by_prompt_clip"])
def test_newest_attempts_of_a_recording_are_read_in_order(index: str) -> None:
    recording = make_recording()
    make_attempt(recording=recording)

    plan = explain(lambda: attach_uses([recording]))

    assert index in plan
    assert not any(words in plan for words in ("Sort", "TEMP B-TREE FOR ORDER BY"))


def test_flagged_attempts_of_projects_are_counted_in_an_index() -> None:
    person = make_user()

    plan = explain(lambda: count_rows(person, (_flagged(person), 99)))

    assert "attempt_flagged_by_project" in plan


def _flagged(person: User) -> Any:
    return CloneAttempt.objects.in_use_by(person).in_state(AttemptState.FLAGGED)


def test_costs_of_the_last_months_read_no_older_charge() -> None:
    plan = explain(lambda: sum_months(among=Charge.objects.all()))

    assert re.search(r"charge_by_month.*month ?>", plan, re.DOTALL)


def search_attempts(words: str) -> Any:
    return filter_containing(CloneAttempt.objects.all(), words)


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has other indexes")
@pytest.mark.parametrize(
    ("search", "words", "index"),
    [
        (search_attempts, "zq", "voicestudio_attempt_pairs"),
        (search_attempts, "zqx", "voicestudio_attempt_search"),
        (Voice.objects.search, "z", "voicestudio_voice_pairs"),
        (Voice.objects.search, "zq", "voicestudio_voice_pairs"),
        (Voice.objects.search, "zqx", "voicestudio_voice_search"),
        (AudioFile.objects.search, "z", "voicestudio_recording_pairs"),
        (AudioFile.objects.search, "zq", "voicestudio_recording_pairs"),
        (AudioFile.objects.search, "zqx", "voicestudio_recording_search"),
    ],
)
def test_search_finds_rare_words_by_its_index(
    search: Callable[[str], Any], words: str, index: str
) -> None:
    assert index in explain(lambda: list(search(words).order_by()))


@pytest.mark.parametrize("words", ["Q", "qÄ", "q%", "%", "_", "\\", "\\1", "王", "王芳"])
def test_search_finds_one_and_two_letters(words: str) -> None:
    name = "Qä q%_\\1 王芳"
    voice, recording = make_voice("Other-1z"), make_recording(name=name)
    make_voice("Else-2z", speaker=make_speaker("Bo"))
    make_recording(name="else.mp3")
    Voice.objects.filter(pk=voice.pk).update(search_text=recording.search_text)

    assert list(Voice.objects.search(words)) == [voice]
    assert list(AudioFile.objects.search(words)) == [recording]
