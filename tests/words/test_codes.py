"""What staff read because of a code: every code has its sentence, and none of them is in it."""

import re

import pytest

from voicestudio import words

# Source: provider.md, "Codes", and words.md.
SLOW_DOWN = "MiniMax asks us to slow down."
TROUBLE = "MiniMax has a problem on its side."
KEY = "Our connection to MiniMax needs an administrator."
PLAN = "Our MiniMax plan does not allow more of this now."
HEADLINES = {
    0: "The voice is ready.",
    1000: "MiniMax could not process this and did not say why.",
    1001: "MiniMax took too long to answer.",
    1002: SLOW_DOWN,
    1004: KEY,
    1008: "Our MiniMax account is out of credit.",
    1013: TROUBLE,
    1024: TROUBLE,
    1026: "MiniMax's safety check stopped this because of the text or the recording.",
    1027: "MiniMax's safety check held the demo back.",
    1033: TROUBLE,
    1039: SLOW_DOWN,
    1041: SLOW_DOWN,
    1042: "MiniMax does not take the hidden or unusual characters in the preview text.",
    1043: "MiniMax heard other words in the recording than those that were typed.",
    1044: "MiniMax found that the prompt clip does not say what is written beside it.",
    2013: "We sent something that MiniMax does not accept.",
    2037: "MiniMax finds the recording too short or too long.",
    2038: "Our MiniMax account must be verified before it may clone voices.",
    2039: "This voice ID is taken.",
    2042: "This voice belongs to another MiniMax account.",
    2045: SLOW_DOWN,
    2048: "MiniMax finds the prompt clip too long.",
    2049: KEY,
    2054: "MiniMax does not know this voice.",
    2056: PLAN,
    2061: PLAN,
    20132: "MiniMax does not know this recording or this voice ID.",
}


def test_every_code_has_its_headline() -> None:
    assert {code: str(message.headline) for code, message in words.CODES.items()} == HEADLINES


@pytest.mark.parametrize("code", [None, -1, 7, 2**62])
def test_unseen_code_has_a_sentence_too(code: int | None) -> None:
    said = words.message_for_code(code)

    assert str(said.headline) == "MiniMax answered in a way that we have not seen before."


def test_no_sentence_holds_a_code() -> None:
    sayings = [*words.CODES.values(), *words.TROUBLES.values(), *words.AUDIO_TROUBLES.values()]
    texts = [f"{message.headline} {message.next_step}" for message in sayings]

    assert [text for text in texts if re.search(r"\d{3}|code|HTTP|error|JSON", text)] == []
    assert [text for text in texts if not text.endswith((".", "!"))] == []


@pytest.mark.parametrize("purpose", ["voice_clone", "prompt_audio"])
def test_no_headline_holds_a_number(purpose: str) -> None:
    facts = {"duration_ms": 3_000, "limit_bytes": 100_000}
    codes = ("empty", "too_large", "not_audio", "damaged", "video", "no_audio", "silent")
    lengths = ("too_short", "too_long", "?")
    sayings = [
        *words.CODES.values(), *words.TROUBLES.values(), *words.AUDIO_TROUBLES.values(),
        *(
            words.message_for_audio_problem(code, facts, purpose=purpose)
            for code in codes + lengths
        ),
    ]  # fmt: skip

    assert [str(one.headline) for one in sayings if re.search(r"\d", str(one.headline))] == []


@pytest.mark.parametrize(
    ("status", "headline"),
    [
        (401, KEY),
        (402, HEADLINES[1008]),
        (403, KEY),
        (422, HEADLINES[2013]),
        (429, SLOW_DOWN),
        (502, TROUBLE),
        (418, "MiniMax answered in a way that we have not seen before."),
        (None, "MiniMax answered in a way that we have not seen before."),
    ],
)
def test_refusal_of_a_gateway_is_worded_by_its_status(status: int | None, headline: str) -> None:
    assert str(words.message_for_http_status(status).headline) == headline


def test_moderation_is_worded_by_its_category() -> None:
    assert {
        category: str(words.describe_moderation_category(category)) for category in range(1, 8)
    } == {
        1: "serious violation",
        2: "sexual content",
        3: "advertising",
        4: "prohibited content",
        5: "insults or abuse",
        6: "violence or terror",
        7: "other",
    }
    assert {
        str(words.describe_moderation_category(category)) for category in (None, 0, 8, -1, 2**62)
    } == {"a category that MiniMax does not explain"}
