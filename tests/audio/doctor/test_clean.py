"""Clean recordings raise nothing, whoever speaks and in whatever file."""

from __future__ import annotations

import numpy as np
import pytest

from tests.audio.doctor.conftest import Check, codes
from tests.audio.doctor.synthetic_speech import RATE, VOICES, dry_speech, speech_in_room


@pytest.mark.parametrize("language", VOICES)
def test_clean_voice_in_a_quiet_room_is_good(language: str, check_sound: Check) -> None:
    found = check_sound(speech_in_room(language))

    assert (found.verdict, found.findings) == ("good", [])
    assert (found.advice.noise_reduction, found.advice.volume_normalization) == (False, False)


@pytest.mark.parametrize("language", VOICES)
def test_clean_voice_from_a_machine_is_good(language: str, check_sound: Check) -> None:
    found = check_sound(dry_speech(language))

    assert (found.verdict, codes(found)) == ("good", set())


@pytest.mark.parametrize(
    ("kind", "bit_rate"), [("mp3", 64_000), ("mp3", 192_000), ("m4a", 96_000), ("flac", 0)]
)
@pytest.mark.parametrize("language", ["English", "Chinese"])
def test_clean_voice_is_good_in_every_file(
    language: str, kind: str, bit_rate: int, check_sound: Check
) -> None:
    found = check_sound(speech_in_room(language), kind=kind, bit_rate=bit_rate)

    assert (found.verdict, codes(found)) == ("good", set())


@pytest.mark.parametrize("language", ["German", "French", "Japanese"])
def test_short_and_stereo_and_soft_is_good(language: str, check_sound: Check) -> None:
    clip = speech_in_room(language)[6 * RATE : 17 * RATE]

    found = check_sound(np.stack([0.5 * clip, 0.4 * clip]))

    assert (found.verdict, codes(found)) == ("good", set())
