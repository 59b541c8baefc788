"""The recorder's fold: what it brings, and the texts that are read aloud."""

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.practice.recordings import hum
from voicestudio.audio import rules
from voicestudio.forms.languages import NAMES
from voicestudio.models import AudioFile, Origin, Purpose
from voicestudio.views.recorder import GOALS

pytestmark = pytest.mark.django_db
TEXTS = Path(__file__).parents[2] / "templates" / "recordings" / "texts"
LANGUAGES = ["Chinese", "English", "French", "German", "Japanese", "Portuguese", "Spanish"]
# What is read aloud in a minute, calmly: words, or the signs of Chinese and Japanese.
A_MINUTE = {
    "Chinese": 260, "English": 150, "French": 165, "German": 140, "Japanese": 320,
    "Portuguese": 160, "Spanish": 165,
}  # fmt: skip
# What stands for sounds that are hard to find in everyday words: letters, and of Chinese a sign of
# every initial and of the rarer finals (any of those in one row).
SOUNDS = {
    "Chinese": [
        "[白北八]", "[片屏]", "[每慢]", "[飞发]", "[到带]", "[听台]", "[能年]", "[老来]",
        "[故国]", "[开看]", "[河喝]", "[讲家]", "[桥起]", "[想笑]", "[真这]", "[茶船]", "[声石]",
        "[人让]", "[早坐]", "[从草]", "[三岁]", "[雨绿]", "[而耳二]", "[窗光]",
        "[公从]", "[用雄]", "[全院]", "[云群]",
    ],
    "English": ["th", "sh", "ch", "ng", "oy", "su", "wh", "j"],
    "French": ["an", "on", "in", "un", "gn", "eu", "œ", "ui", "ch", "j"],
    "German": ["ä", "ö", "ü", "ß", "pf", "sch", "ch", "ng", "eu", "z"],
    "Japanese": [
        "が", "げ", "ご", "じ", "静か", "だ", "で", "ど", "ば", "べ", "ぱっ", "っ", "ん", "ちゅ",
        "茶", "曲", "百", "つ", "古", "昔", "や", "よ", "り", "れ", "ろ", "わ", "大き",
    ],
    "Portuguese": ["ã", "õ", "ão", "lh", "nh", "ch", "rr", "ç", "z"],
    "Spanish": ["ñ", "rr", "ll", "j", "ch", "z", "gü", "ie", "ue"],
}  # fmt: skip


def read(language: str) -> str:
    """The text without its marks."""
    return re.sub(r"<[^>]+>", " ", (TEXTS / f"{language}.html").read_text(encoding="utf-8"))


def test_recorder_has_every_text(client: Client, user: User) -> None:
    page = client.get("/recordings/recorder/").content.decode()

    assert sorted(re.findall(r'data-text="(\w+)"', page)) == LANGUAGES
    assert sorted(re.findall(r'<option value="(\w+)"', page)) == LANGUAGES
    assert set(LANGUAGES) <= NAMES.keys()


@pytest.mark.parametrize("purpose", list(Purpose))
def test_goal_is_within_the_provider_limits(purpose: Purpose) -> None:
    goal = GOALS[purpose]
    span = rules.SPANS[purpose]

    assert span.shortest <= goal.least_ms < goal.best_ms <= goal.limit * 1000 < span.longest


@pytest.mark.parametrize("language", LANGUAGES)
def test_text_lasts_for_ninety_seconds(language: str) -> None:
    text = read(language)
    signs = language in {"Chinese", "Japanese"}
    units = re.findall(r"[^\W\d_]", text) if signs else text.split()

    assert 1.5 <= len(units) / A_MINUTE[language] <= 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_text_is_rich_in_sounds(language: str) -> None:
    text = read(language).lower()

    assert [sound for sound in SOUNDS[language] if not re.search(sound, text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_first_sentence_fits_a_prompt_clip(language: str) -> None:
    """Five to eight seconds, and it ends in punctuation, as the provider wants its words."""
    first = re.findall(r"<p>(.+?)</p>", (TEXTS / f"{language}.html").read_text(encoding="utf-8"))[0]
    units = len(first) if language in {"Chinese", "Japanese"} else len(first.split())
    least, most = {"Chinese": (20, 32), "Japanese": (28, 42)}.get(language, (11, 18))

    assert least <= units <= most
    assert first[-1] in ".。"


@pytest.mark.parametrize(
    ("sent", "origin"),
    [("recorded", Origin.RECORDED), ("uploaded", Origin.UPLOADED), ("", Origin.UPLOADED)],
)
def test_upload_stores_its_origin(client: Client, user: User, sent: str, origin: Origin) -> None:
    file = SimpleUploadedFile("Recorded 22 Nov 2026, 14:32.wav", hum(12))

    client.post("/recordings/", {"file": file, "origin": sent}, headers={"HX-Request": "true"})

    kept = AudioFile.objects.get()
    assert (kept.origin, kept.name) == (origin, "Recorded 22 Nov 2026, 14:32.wav")


def test_upload_cannot_claim_to_be_cut(client: Client, user: User) -> None:
    file = SimpleUploadedFile("a.wav", hum(12))

    answer = client.post(
        "/recordings/", {"file": file, "origin": "cut"}, headers={"HX-Request": "true"}
    )

    assert answer.status_code == 422
    assert AudioFile.objects.count() == 0
