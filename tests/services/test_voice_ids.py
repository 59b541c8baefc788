"""Suggestions and checks of voice IDs."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories import make_attempt, make_voice
from voicestudio.minimax.limits import VOICE_ID_PATTERN
from voicestudio.models import AttemptState
from voicestudio.services.voices import voice_ids

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Anna Larsen", "AnnaLarsen"), ("王芳", "WangFang"), ("João Prado", "JoaoPrado"),
        ("Мария", "Mariya"), ("3 Amigos", "Voice3Amigos"), ("", "Voice"), ("!!!", "Voice"),
        ("o'neil", "ONeil"), ("Li", "VoiceLi"), ("Bo A", "BoA"),
    ],
)  # fmt: skip
def test_suggestion_is_latin_with_a_random_ending(name: str, stem: str) -> None:
    [suggestion] = voice_ids.suggest(name)

    head, tail = suggestion.rsplit("-", 1)
    assert (head, len(tail), tail[0].isdigit()) == (stem, 4, True)
    assert voice_ids.check(suggestion).state == "free"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_suggestion_follows_the_rule_for_any_name(name: str) -> None:
    found = voice_ids.suggest(name, 3)

    assert len(set(found)) == 3
    assert all(VOICE_ID_PATTERN.fullmatch(suggestion) for suggestion in found)


@pytest.mark.parametrize(
    ("voice_id", "message"),
    [
        ("short", "A voice ID has at least 8 characters."),
        ("a" * 257, "A voice ID has at most 256 characters."),
        ("7starts-with-a-digit", "A voice ID begins with a letter from A to Z."),
        ("ünicode-7k2p", "A voice ID begins with a letter from A to Z."),
        ("with space-7k2p", "A voice ID holds only letters from A to Z, digits, - and _."),
        ("ends-with-a-dash-", "A voice ID ends with a letter or a digit."),
        ("AnnaLarsen7k2p\n", "A voice ID holds only letters from A to Z, digits, - and _."),
    ],
)
def test_check_names_the_broken_rule(voice_id: str, message: str) -> None:
    verdict = voice_ids.check(voice_id)

    assert (verdict.state, verdict.message) == ("invalid", message)


@pytest.mark.parametrize("length", [8, 256])
def test_check_accepts_the_shortest_and_the_longest_id(length: int) -> None:
    assert voice_ids.check("a" * length).state == "free"


def test_check_suggests_three_free_ids_for_a_taken_one() -> None:
    make_voice("AnnaLarsen-7k2p")

    verdict = voice_ids.check("annalarsen-7K2P", "Anna Larsen")

    assert verdict.state == "taken"
    assert len(verdict.suggestions) == 3
    assert all(name.startswith("AnnaLarsen-") for name in verdict.suggestions)


def test_check_ignores_voices_of_other_providers(data_dir: Path) -> None:
    make_voice("AnnaLarsen-7k2p", provider="api.minimax.io")
    make_attempt(AttemptState.FAILED, voice_id="AnnaLarsen-7k2p")

    assert voice_ids.check("AnnaLarsen-7k2p").state == "free"
