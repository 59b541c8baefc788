"""Figures: all that the doctor measures stands in the details, with a name and a unit."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.audio import recordings
from tests.audio.doctor import defects
from tests.audio.doctor.synthetic_speech import RATE, speech_in_room
from voicestudio.audio import isolated
from voicestudio.templatetags.figures import FIGURES, UNSAID, in_words

# Facts of the file that are words.
WORDS = {"container", "codec"}


def test_every_figure_of_the_doctor_has_its_name_and_unit(tmp_path: Path) -> None:
    clip = defects.hum(defects.echo(speech_in_room("English"), 0.15, 0.4), 50, -30)
    path = recordings.write(tmp_path / "x", np.stack([clip, 0.8 * clip]), RATE)

    measures = isolated.check(path).metrics

    assert measures.keys() - WORDS - UNSAID == FIGURES.keys()
    shown = {str(figure.name): figure.value for figure in in_words(measures)}
    told = [name for name in FIGURES if measures[name] is not None]
    assert list(shown) == [str(FIGURES[name][0]) for name in told]
    # How many there were is a number and no more.
    bare = [name for name, value in shown.items() if not value.strip("−0123456789., ")]
    assert bare == ["Drop-outs", "Clicks"]
