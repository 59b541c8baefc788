"""Words: every code has a message, without numbers or codes in it."""

import re

import pytest

from voicestudio import words

SLOW_DOWN, OUT_OF_CREDIT = words.CODES[1002], words.CODES[1008]
NOT_OFFERED = words.TROUBLES[words.Trouble.NOT_OFFERED]
WRONG_KEY, NOT_ACCEPTED, PROVIDER_PROBLEM = words.CODES[1004], words.CODES[2013], words.CODES[1024]


def test_every_code_of_the_provider_has_a_message() -> None:
    """Source: provider.md, "Codes", and words.md."""
    assert words.CODES.keys() == {
        0, 1000, 1001, 1002, 1004, 1008, 1013, 1024, 1026, 1027, 1028, 1030, 1033, 1039, 1041,
        1042, 1043, 1044, 2013, 2037, 2038, 2039, 2042, 2045, 2048, 2049, 2054, 2056, 2061, 20132,
    }  # fmt: skip


@pytest.mark.parametrize(
    "codes", [(1002, 1039, 1041, 2045), (1004, 2049), (1013, 1024, 1033), (2056, 2061)]
)
def test_codes_of_one_meaning_share_a_message(codes: tuple[int, ...]) -> None:
    assert {words.CODES[code] for code in codes} == {words.CODES[codes[0]]}


@pytest.mark.parametrize("code", [None, 4711, *words.CODES])
def test_speech_is_not_told_of_recordings_and_previews(code: int | None) -> None:
    message = words.message_for_code(code, speech=True)

    text = f"{message.headline} {message.next_step}".lower()

    assert re.findall(r"preview|clone again|damaged|clip|another recording", text) == []


def test_administrators_are_told_what_to_do_instead_of_asking_one() -> None:
    tables = (
        words.CODES, words.SPEECH_CODES, words.TROUBLES, words.AUDIO_TROUBLES,
        words.SPEECH_AUDIO_TROUBLES,
    )  # fmt: skip
    messages = [message for table in tables for message in table.values()]
    asking = {message for message in messages if "dministrator" in str(message.next_step)}
    steps = [str(message.for_reader(is_administrator=True).next_step) for message in messages]

    assert words.TROUBLES[words.Trouble.OVER_LIMIT] in asking
    assert [step for step in steps if "dministrator" in step] == []
    assert {message.for_reader(is_administrator=False).next_step for message in asking} == {
        message.next_step for message in asking
    }


def test_sentence_beside_a_link_does_not_repeat_it() -> None:
    messages = [*words.CODES.values(), *words.TROUBLES.values()]
    links = words.NextStep.CHANGE_VOICE_ID, words.NextStep.TRIM_CLIP, words.NextStep.OTHER_RECORDING
    texts = [str(message.next_step) for message in messages if message.link in links]

    assert [text for text in texts if re.search("Choose|choose|Trim", text)] == []


@pytest.mark.parametrize("code", [None, -1, 7, 2**62])
def test_unknown_code_has_a_message(code: int | None) -> None:
    assert words.message_for_code(code) == words.UNKNOWN_CODE


@pytest.mark.parametrize("purpose", ["voice_clone", "prompt_audio"])
def test_messages_contain_no_codes_and_headlines_no_numbers(purpose: str) -> None:
    facts = {"duration_ms": 3_000, "limit_bytes": 100_000}
    problems = (
        "empty", "too_large", "not_audio", "damaged", "video", "inseparable", "no_audio", "silent",
        "too_short", "too_long", "too_many_tracks", "?",
    )  # fmt: skip
    messages = [
        *words.CODES.values(),
        *words.TROUBLES.values(),
        *words.SPEECH_CODES.values(),
        *words.AUDIO_TROUBLES.values(),
        *words.SPEECH_AUDIO_TROUBLES.values(),
        *(words.message_for_audio_problem(code, facts, purpose=purpose) for code in problems),
    ]
    texts = [f"{message.headline} {message.next_step}" for message in messages]

    assert [text for text in texts if re.search(r"\d{3}|code|HTTP|error|JSON|[A-Z]_", text)] == []
    assert [text for text in texts if not text.endswith(".")] == []
    assert [text for text in texts if re.search(r"\d", text.split(".")[0])] == []


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, WRONG_KEY),
        (402, OUT_OF_CREDIT),
        (403, WRONG_KEY),
        (422, NOT_ACCEPTED),
        *((status, NOT_OFFERED) for status in (404, 405, 501)),
        (413, words.codes.TOO_LARGE),
        (429, SLOW_DOWN),
        (502, PROVIDER_PROBLEM),
        (418, words.UNKNOWN_CODE),
        (None, words.UNKNOWN_CODE),
    ],
)
def test_refusal_without_a_code_is_read_from_its_http_status(
    status: int | None, message: words.Message
) -> None:
    assert words.message_for_http_status(status) == message


def test_every_moderation_category_has_its_own_words() -> None:
    categories = {words.describe_moderation_category(category) for category in range(1, 8)}
    unknown = {words.describe_moderation_category(category) for category in (None, 0, 8, -1)}

    assert len({str(category) for category in categories}) == 7
    assert len(unknown) == 1
    assert not unknown & categories
