"""Figures: everything that a check measures has a name and a unit."""

from pathlib import Path

import numpy as np
import pytest

from tests.audio import recordings
from tests.audio.doctor import defects
from tests.audio.doctor.synthetic_speech import RATE, speech_in_room
from voicestudio.audio import CHECK_VERSION
from voicestudio.audio.doctor.run import check
from voicestudio.models import AudioFile
from voicestudio.templatetags.figures import all_figures
from voicestudio.words.figures import FIGURES, HIDDEN_FIGURES, REDEFINED_FIGURES

pytestmark = pytest.mark.django_db  # a new row asks the database for the time

# Figures that are texts.
WORDS = {"container", "codec"}
# Measured by earlier versions of the check.
OF_OLD_REPORTS = {"bandwidth_hz"}


def test_every_figure_of_the_doctor_has_its_name_and_unit(tmp_path: Path) -> None:
    clip = defects.hum(defects.echo(speech_in_room("English"), 0.15, 0.4), 50, -30)
    path = recordings.write(tmp_path / "x", np.stack([clip, 0.8 * clip]), RATE)

    measures = check(path).metrics

    assert measures.keys() - WORDS - HIDDEN_FIGURES == FIGURES.keys() - OF_OLD_REPORTS
    recording = AudioFile(figures=measures, findings=[{"code": "several_speakers"}])
    shown = {str(figure.name): figure.value for figure in all_figures(recording)}
    measured = [name for name in FIGURES if measures.get(name) is not None]
    assert list(shown) == [str(FIGURES[name][0]) for name in measured]
    unitless = [name for name, value in shown.items() if not value.strip("−0123456789., ")]
    assert unitless == ["Dropouts", "Clicks", "Pitch distance of two voices, in semitones"]


def test_old_report_shows_no_figure_under_a_label_that_means_something_else() -> None:
    """The hum of version 1 was not A-weighted, and each short pause was silence."""
    measures = {"snr_db": 31.0, "hum_hz": 50, "hum_db": -41.0, "silence_share": 0.4,
                "bandwidth_hz": 11_025}  # fmt: skip

    names = [
        [str(figure.name) for figure in all_figures(AudioFile(figures=measures | version))]
        for version in ({}, {"check_version": CHECK_VERSION})
    ]

    assert names == [
        ["Signal-to-noise ratio", "Mains hum", "Highest frequency"],
        ["Share of silence", "Signal-to-noise ratio", "Mains hum",
         "Hum level, as heard (A-weighted)", "Highest frequency"],
    ]  # fmt: skip
    assert FIGURES.keys() >= REDEFINED_FIGURES


@pytest.mark.parametrize("codes", [["several_speakers"], ["noisy"], []])
def test_distance_of_two_voices_is_shown_only_where_two_were_found(codes: list[str]) -> None:
    recording = AudioFile(
        figures={"check_version": CHECK_VERSION, "voices_apart_semitones": 1.9},
        findings=[{"code": code} for code in codes],
    )

    names = [str(figure.name) for figure in all_figures(recording)]

    assert names == ["Pitch distance of two voices, in semitones"] * (codes == ["several_speakers"])
