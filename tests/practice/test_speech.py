"""Sample analysis and speech of the practice provider."""

import io
import math
import subprocess
import sys
import wave
from array import array
from pathlib import Path
from typing import Any

import pytest

from tests.practice.conftest import Caller
from tests.practice.recordings import RATE, hum
from voicestudio.practice import espeak
from voicestudio.practice.examples import SPEAKERS, example
from voicestudio.practice.melody import melody
from voicestudio.practice.sample import analyze_sample, measure_pitch
from voicestudio.practice.server import StandIn
from voicestudio.practice.sound import Sound, encode
from voicestudio.practice.speech import LANGUAGES, choose_language, choose_variant, speak

TEXT = "Good morning, and thank you for calling. This is the voice that you have just made."


@pytest.fixture
def no_espeak(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulate a machine without espeak-ng."""
    monkeypatch.setattr(espeak, "_engine", None)
    monkeypatch.setattr(espeak, "_start_error", espeak.SpeechUnavailable("not installed"))


def measure_file_pitch(path: Path) -> float:
    pitch = analyze_sample(path).pitch_hz
    assert pitch is not None
    return pitch


@pytest.mark.parametrize("hertz", [70, 95, 120, 160, 200, 260, 330])
def test_pitch_of_a_tone_is_measured(hertz: int) -> None:
    with wave.open(io.BytesIO(hum(2, hertz))) as file:
        samples = array("h", file.readframes(2 * RATE))

    found = measure_pitch(samples, RATE)

    assert found == pytest.approx(hertz, rel=0.03)


@pytest.mark.parametrize("samples", [array("h"), array("h", [0] * RATE)])
def test_pitch_of_silence_is_unknown(samples: "array[int]") -> None:
    assert measure_pitch(samples, RATE) is None


@pytest.mark.parametrize("kind", ["wav", "mp3", "flac"])
def test_sample_analysis_measures_length_and_pitch(tmp_path: Path, kind: str) -> None:
    with wave.open(io.BytesIO(hum(12, 150))) as file:
        sound = Sound(file.readframes(12 * RATE), RATE)
    path = tmp_path / "sample"
    path.write_bytes(encode(sound, kind, rate=44_100, channels=2).data)

    sample = analyze_sample(path)

    assert sample.damaged is False
    assert sample.seconds == pytest.approx(12, abs=0.06)
    assert sample.pitch_hz == pytest.approx(150, rel=0.03)


SPEAK = """
import sys
from pathlib import Path
from voicestudio.practice.sound import encode_wav
from voicestudio.practice.speech import speak
path, text, voice_id, hertz = sys.argv[1:]
Path(path).write_bytes(encode_wav(speak(text, voice_id=voice_id, pitch_hz=float(hertz))).data)
"""


@pytest.mark.parametrize("voice_id", ["Anna-0001", "Bert-0001", "Carl-0001"])
@pytest.mark.parametrize("hertz", [85, 110, 140, 175, 220, 290])
def test_speech_is_near_the_requested_pitch(tmp_path: Path, hertz: int, voice_id: str) -> None:
    path = tmp_path / "speech.wav"

    # In its own process, because earlier speech sometimes changes what espeak-ng says next.
    program = [sys.executable, "-c", SPEAK, str(path), TEXT, voice_id, str(hertz)]
    subprocess.run(program, check=True, timeout=60, cwd=Path(__file__).parents[2])

    assert measure_file_pitch(path) == pytest.approx(hertz, rel=0.2)


def test_preview_follows_the_pitch_of_its_sample(caller: Caller, stand_in: StandIn) -> None:
    pitches = {}
    for voice_id, hertz in (("Deep-0001", 95), ("High-0001", 230)):
        body = {"file_id": caller.file_id(hum(11, hertz)), "voice_id": voice_id, "text": TEXT}
        link = caller.clone({**body, "model": "speech-2.8-hd"})["demo_audio"]
        pitches[voice_id] = measure_file_pitch(
            stand_in.store.folder / "audio" / link.rpartition("/")[2]
        )

    assert pitches["High-0001"] > 1.8 * pitches["Deep-0001"]


def test_voices_of_one_sample_differ() -> None:
    variants = {choose_variant(110, f"Anna-{number:04}")[0] for number in range(20)}

    assert variants == {"m1", "m3", "m7"}


@pytest.mark.parametrize("hertz", [None, 1.0, 155.0, 5000.0])
def test_espeak_pitch_stays_in_range(hertz: float | None) -> None:
    assert 0 <= choose_variant(hertz, "Anna-0001")[1] <= 99


def length(text: str, **options: Any) -> float:
    return speak(text, voice_id="Anna-0001", pitch_hz=110, **options).seconds


def test_pause_has_its_length() -> None:
    short, long = length("One.<#0.5#>Two."), length("One.<#2.5#>Two.")

    assert long - short == pytest.approx(2, abs=0.05)


def test_total_pause_is_limited() -> None:
    assert length("One <#99#> two <#99#> three <#99#> four.") < 70


def test_tags_are_performed_by_new_models() -> None:
    # 2.8 breathes for 0.7 s; an older model reads the word out.
    performed = speak("(sighs)", voice_id="Anna-0001", pitch_hz=110, model="speech-2.8-hd")
    read_out = speak("(sighs)", voice_id="Anna-0001", pitch_hz=110, model="speech-2.6-hd")

    loudest = [max(map(abs, sound.samples())) for sound in (performed, read_out)]
    assert performed.seconds == pytest.approx(0.7, abs=0.01)
    assert loudest[0] < 4_000 < loudest[1]


@pytest.mark.parametrize("text", ["(laughs)", "(laughs) Hello <#1#> there.", "<#1#>", "...", "?"])
def test_every_text_gives_some_sound(text: str) -> None:
    assert length(text) > 0.1


def test_watermark_is_appended() -> None:
    plain, marked = length(TEXT), length(TEXT, watermark=True)

    assert marked - plain == pytest.approx(0.49, abs=0.1)


def test_speed_changes_the_length() -> None:
    assert length(TEXT, speed=2.0) < 0.7 * length(TEXT, speed=1.0)


@pytest.mark.parametrize(
    ("text", "boost", "expected"),
    [
        ("Hello", "", "en-us"), ("Hello", "auto", "en-us"), ("Hello", "German", "de"),
        ("早上好", "", "cmn"), ("早上好", "Chinese,Yue", "yue"), ("おはよう", "", "ja"),
        ("안녕하세요", "auto", "ko"), ("Доброе утро", "", "ru"), ("صباح الخير", "", "ar"),
        ("बोलना", "", "hi"),
    ],
)  # fmt: skip
def test_language_follows_boost_or_script(text: str, boost: str, expected: str) -> None:
    assert choose_language(text, boost) == expected


def test_espeak_has_every_language() -> None:
    library = espeak.get_engine()._library

    missing = [
        name
        for name, voice in LANGUAGES.items()
        if library.espeak_SetVoiceByName(f"{voice}+f2".encode()) != 0
    ]

    assert missing == []


@pytest.mark.parametrize("voice", [1, 2, 3, 4])
def test_example_has_the_right_level_and_pitch(tmp_path: Path, voice: int) -> None:
    with wave.open(io.BytesIO(example(voice, tmp_path))) as file:
        samples = array("h", file.readframes(file.getnframes()))
        seconds = len(samples) / file.getframerate()
    spoken = [sample for sample in samples if abs(sample) > 328]
    level = 20 * math.log10(math.sqrt(math.sumprod(spoken, spoken) / len(spoken)) / 32768)
    peak = 20 * math.log10(max(map(abs, samples)) / 32768)

    assert 35 < seconds < 45
    assert level == pytest.approx(-20, abs=1)
    assert peak < -3
    expected = pytest.approx(SPEAKERS[voice][1], rel=0.2)
    assert measure_file_pitch(tmp_path / f"example-{voice}.wav") == expected


def test_example_is_cached(tmp_path: Path) -> None:
    first = example(1, tmp_path)
    (tmp_path / "example-1.wav").write_bytes(b"kept")

    assert (len(first) > 1_000_000, example(1, tmp_path)) == (True, b"kept")


def test_melody_follows_pitch_and_length() -> None:
    short, long = melody("Hello.", 120), melody("a" * 400, 120)

    assert short.seconds == pytest.approx(0.96)
    assert long.seconds == pytest.approx(24)
    assert measure_pitch(melody("Hello.", 110).samples()[: 22_050 // 5], 22_050) == pytest.approx(
        110, rel=0.03
    )


def test_preview_is_a_melody_without_espeak(
    no_espeak: None, caller: Caller, stand_in: StandIn
) -> None:
    body = {"file_id": caller.file_id(), "voice_id": "Anna-0001", "text": TEXT}

    answer = caller.clone({**body, "model": "speech-2.8-hd", "aigc_watermark": True})

    tune = melody(TEXT, 120).seconds + 0.49
    assert answer["extra_info"]["audio_length"] == pytest.approx(1000 * tune, abs=20)


def test_example_exists_without_espeak(no_espeak: None, tmp_path: Path) -> None:
    with wave.open(io.BytesIO(example(1, tmp_path))) as file:
        assert 30 < file.getnframes() / file.getframerate() < 50
