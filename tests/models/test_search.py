"""Folding: names are found however they are typed."""

import pytest

from voicestudio.models.search import fold_text


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ŻÓŁĆ Łódź", "zolc lodz"),
        ("Søren Đorđe", "soren dorde"),
        ("Straße, STRASSE", "strasse, strasse"),
        ("Æsa Œuvre Þór", "aesa oeuvre thor"),
        ("Isı İSTANBUL", "isi istanbul"),
        ("ёлка Ёлка", "елка елка"),
        ("می\u200cخواهم", "میخواهم"),
        ("Zeit\u00adplan \u200eA", "zeitplan a"),
        ("👩\u200d🎤 ❤\ufe0f", "👩🎤 ❤"),
        ("王芳 हिन्दी", "王芳 हिनदी"),
    ],
)
def test_text_is_folded(text: str, folded: str) -> None:
    assert fold_text(text) == folded
