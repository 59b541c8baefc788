"""What people type, made clean; pauses and sounds in it."""

import pytest
from django.core.exceptions import ValidationError

from voicestudio.forms import texts


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Anna   Larsen ", "Anna Larsen"),
        ("王芳", "王芳"),
        ("An\x00na", "Anna"),
        ("An\u202ena\u2066", "Anna"),
        ("\ufeffAnna\u200b\u2060", "Anna"),
        ("Anna\ud800", "Anna"),
        ("Anna\r\nLarsen\tof Bergen", "Anna Larsen of Bergen"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d🔬 Marie", "👩\u200d🔬 Marie"),
        ("\u200d Anna \u200c", "Anna"),
        ("e\u0301", "é"),
        ("\x00\u202e\u200b", ""),
    ],
)
def test_clean_removes_invisible_characters(typed: str, kept: str) -> None:
    assert texts.clean(typed) == kept


def test_clean_keeps_the_lines_of_a_text() -> None:
    assert texts.clean(" One  line\r\nand\ra third \n", lines=True) == "One line\nand\na third"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "No pause at all.",
        "Wait <#0.5#> here.",
        "Wait <#0.01#> here, <#99.99#> and here.",
        "A (breath) <#1#> and on",
        "1 < 2 # 3 > 2",
    ],
)
def test_valid_pause_is_accepted(text: str) -> None:
    texts.check_pauses(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Wait <#0#> here", "pause"),
        ("Wait <#0.001#> here", "pause"),
        ("Wait <#100#> here", "pause"),
        ("Wait <#x#> here", "pause"),
        ("Wait <##> here", "pause"),
        ("Wait <#-1#> here", "pause"),
        ("Wait <#1e1#> here", "pause"),
        ("Wait <#٣#> here", "pause"),
        ("Wait <#0.5 here", "pause"),
        ("Wait 0.5#> here", "pause"),
        ("<#0.5#> here", "pause"),
        ("Wait <#0.5#>", "pause"),
        ("Wait <#0.5#> !", "pause"),
        ("Wait <#0.5#><#0.5#> here", "pauses"),
        ("Wait <#0.5#> \n <#0.5#> here", "pauses"),
    ],
)
def test_invalid_pause_is_refused(text: str, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        texts.check_pauses(text)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("", ""),
        ("Hello there", "Hello there."),
        ("Hello there!", "Hello there!"),
        ("Hello “there.”", "Hello “there.”"),
        ("你好", "你好。"),
        ("안녕하세요", "안녕하세요."),
        ("नमस्ते।", "नमस्ते।"),
    ],
)
def test_prompt_text_ends_in_punctuation(text: str, full: str) -> None:
    assert texts.with_full_stop(text) == full


@pytest.mark.parametrize(
    ("text", "model", "count"),
    [
        ("Hello (breath) you", "speech-2.8-hd", 0),
        ("Hello (breath) you", "speech-2.8-turbo", 0),
        ("Hello (breath) you", "speech-3.0-hd", 0),
        ("Hello (breath) you", "speech-2.6-hd", 1),
        ("Hello (breath)(laughs) you", "speech-02-hd", 1),
        ("Hello ( breath ) you", "speech-2.8-hd", 1),
        ("Hello (Anna) you", "speech-2.8-hd", 1),
        ("Hello (Anna) (sighs) you", "speech-01-turbo", 2),
        ("Hello you", "speech-01-turbo", 0),
    ],
)
def test_warnings_name_unsupported_parentheses(text: str, model: str, count: int) -> None:
    assert len(texts.list_warnings(text, model)) == count
