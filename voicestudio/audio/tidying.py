"""Audio: a tidied copy of a recording: silent ends, level, hum, channels.

PyAV and numpy are imported through `tidied` only when something is tidied.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from . import rules

# What was done to a copy, in the order in which it is done. What was not needed is not done.
STEPS: Final = ("mono", "dc", "hum", "trim", "level", "limit")

LOUDNESS_LUFS: Final = -20.0  # between the -23 and -18 that professionals use
CEILING_DBTP: Final = -3.0


@dataclass(frozen=True, slots=True)
class Tidied:
    """What was done, and what it measured.

    `steps`: some of `STEPS`. `start_ms`, `end_ms`: what was kept of the source. `gain_db`: by how
    much the level was changed. `hum_hz`: frequency of the hum that was taken away (0.0 for none).
    `loudness_before`, `loudness_after`: LUFS, None where there is nothing but silence.
    """

    steps: list[str] = field(default_factory=list)
    start_ms: int = 0
    end_ms: int = 0
    gain_db: float = 0.0
    hum_hz: float = 0.0
    loudness_before: float | None = None
    loudness_after: float | None = None
    extension: Literal["wav", "mp3"] = "wav"


def tidy(
    source: Path,
    target: Path,
    *,
    trim: bool = True,
    level: bool = True,
    dc_and_hum: bool = True,
    mono: bool = True,
) -> Tidied:
    """Write a tidied copy of `source` to `target`, as a file that the provider takes.

    `mono`: one channel; a dead one and one with opposite sign do no harm. `dc_and_hum`: what
    never moves, and lines of 50 or 60 Hz and their harmonics where they stand out. `trim`: silence
    at both ends, but for 0.2 s. `level`: -20 LUFS (ITU-R BS.1770), peaks limited to -3 dBTP.
    The file is a wav of 16 bits up to 8 MB, else an mp3 of 192 kbit/s, whatever `target` is
    called.

    Raises AudioProblem like `inspect`, too_large beyond 200 MB, too_long beyond 800 s, silent
    (nothing is left). `target` does not exist then.
    """
    rules.check_file(source, rules.SOURCE_MAX_BYTES)
    from .tidied import write_tidied  # heavy, see above

    try:
        return write_tidied(
            source, target, trim=trim, level=level, dc_and_hum=dc_and_hum, mono=mono
        )
    except BaseException:
        target.unlink(missing_ok=True)
        raise
