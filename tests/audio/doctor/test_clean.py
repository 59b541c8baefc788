"""Clean recordings have no findings, in any voice, language and format."""

import numpy as np
import pytest

from tests.audio.doctor.conftest import Check, codes
from tests.audio.doctor.synthetic_speech import RATE, VOICES, dry_speech, speech_in_room


@pytest.mark.parametrize("language", VOICES)
def test_clean_voice_is_good(language: str, check_sound: Check) -> None:
    in_room, synthetic = check_sound(speech_in_room(language)), check_sound(dry_speech(language))

    for report in (in_room, synthetic):
        assert (report.verdict, report.findings) == ("good", [])
    assert (in_room.advice.noise_reduction, in_room.advice.volume_normalization) == (False, False)


@pytest.mark.parametrize(
    ("kind", "bit_rate"), [("mp3", 64_000), ("mp3", 192_000), ("m4a", 96_000), ("flac", 0)]
)
@pytest.mark.parametrize("language", ["English", "Chinese"])
def test_clean_voice_is_good_in_every_format(
    language: str, kind: str, bit_rate: int, check_sound: Check
) -> None:
    report = check_sound(speech_in_room(language), kind=kind, bit_rate=bit_rate)

    assert (report.verdict, codes(report)) == ("good", set())


@pytest.mark.parametrize("language", ["German", "French", "Japanese"])
def test_short_soft_stereo_recording_is_good(language: str, check_sound: Check) -> None:
    clip = speech_in_room(language)[6 * RATE : 17 * RATE]

    report = check_sound(np.stack([0.5 * clip, 0.4 * clip]))

    assert (report.verdict, codes(report)) == ("good", set())
