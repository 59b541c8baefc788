"""Clean recordings raise nothing, whoever speaks and in whatever file."""

from __future__ import annotations

import numpy as np
import pytest

from tests.audio.doctor.conftest import Examine, codes
from tests.audio.doctor.spoken import RATE, VOICES, dry, in_a_room


@pytest.mark.parametrize("language", VOICES)
def test_clean_voice_in_a_quiet_room_is_good(language: str, judged: Examine) -> None:
    found = judged(in_a_room(language))

    assert (found.verdict, found.findings) == ("good", [])
    assert (found.advice.noise_reduction, found.advice.volume_normalization) == (False, False)


@pytest.mark.parametrize("language", VOICES)
def test_clean_voice_from_a_machine_is_good(language: str, judged: Examine) -> None:
    found = judged(dry(language))

    assert (found.verdict, codes(found)) == ("good", set())


@pytest.mark.parametrize(
    ("kind", "bit_rate"), [("mp3", 64_000), ("mp3", 192_000), ("m4a", 96_000), ("flac", 0)]
)
@pytest.mark.parametrize("language", ["English", "Chinese"])
def test_clean_voice_is_good_in_every_file(
    language: str, kind: str, bit_rate: int, judged: Examine
) -> None:
    found = judged(in_a_room(language), kind=kind, bit_rate=bit_rate)

    assert (found.verdict, codes(found)) == ("good", set())


@pytest.mark.parametrize("language", ["German", "French", "Japanese"])
def test_short_and_stereo_and_soft_is_good(language: str, judged: Examine) -> None:
    clip = in_a_room(language)[6 * RATE : 17 * RATE]

    found = judged(np.stack([0.5 * clip, 0.4 * clip]))

    assert (found.verdict, codes(found)) == ("good", set())
