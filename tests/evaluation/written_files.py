"""Files that the studio writes: prompt clips, cuts at any place, clean copies."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tests.evaluation.clips import Clip
from tests.evaluation.kept_results import PROCESSES, result_name, run_all
from tests.evaluation.reports import code_hash
from tests.evaluation.seeds import generator
from tests.evaluation.sounds import (
    FRAME_S,
    Voice,
    a_weighted,
    active_frames,
    frame_powers,
    read_voice,
)
from voicestudio.audio import analysis
from voicestudio.audio.cleanup import LOUDNESS_LUFS, clean_up
from voicestudio.audio.cutting import cut

_SNR_MIN_DB: Final = 30.0  # in a noisier clip, no measure of levels says where a word ends
_CLICK: Final = 0.01  # step to the first sample, or from the last one, as a share of the peak
_ABOVE_ROOM_DB: Final = 15.0
_CUT_S: Final = 6.0


@dataclass(frozen=True, slots=True)
class WrittenFiles:
    """What was written of one clip.

    `words_cut`: ends of the suggested prompt clip that lie within a word, None if there is none.
    `clicks`: of `ends` of cuts. `loudness_error_lu`: of a clean copy.
    """

    words_cut: int | None
    clicks: int
    ends: int
    loudness_error_lu: float


def check_written_files(
    cache: Path, clips: Sequence[Clip], *, processes: int = PROCESSES
) -> list[WrittenFiles]:
    """The files of all clips whose room is quiet."""
    quiet = [clip for clip in clips if clip.truth.snr_a_db > _SNR_MIN_DB]
    code = code_hash()
    names = [result_name(code, "written files", clip.name, clip.sha) for clip in quiet]
    work = [(cache / "clips" / clip.path, clip.name) for clip in quiet]
    return [WrittenFiles(**data) for data in run_all(_files_of, cache, names, work, processes)]


def _files_of(arguments: tuple[Path, str]) -> dict[str, Any]:
    source, name = arguments
    voice, rate = read_voice(source)
    speech = _speech_frames(voice, rate)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        prompt = analysis.analyze(source, folder / "envelope", suggest_from_ms=0).suggestion.prompt
        start_s = generator("cut", name).uniform(0, max(0.0, len(voice) / rate - _CUT_S))
        places = [(round(start_s * 1000), round((start_s + _CUT_S) * 1000))]
        places += [(prompt.start_ms, prompt.end_ms)] if prompt else []
        clicks, words_cut = 0, None
        for start_ms, end_ms in places:
            made = cut(source, folder / "cut", start_ms, end_ms)
            clicks += _clicks(read_voice(folder / "cut")[0])
            ends_s = (made.start_ms / 1000, made.end_ms / 1000)
            words_cut = sum(_is_speech(speech, at_s) for at_s in ends_s)
        after = clean_up(source, folder / "copy").loudness_after
    assert after is not None
    return {
        "words_cut": words_cut if prompt else None,
        "clicks": clicks,
        "ends": 2 * len(places),
        "loudness_error_lu": abs(after - LOUDNESS_LUFS),
    }


def _speech_frames(voice: Voice, rate: int) -> NDArray[np.bool_]:
    """Frames that are loud as an ear hears them, and louder than the room."""
    heard = a_weighted(voice, rate)
    powers = frame_powers(heard, rate)
    room = np.percentile(powers, 10) * 10 ** (_ABOVE_ROOM_DB / 10)
    return active_frames(heard, rate) & (powers > room)


def _clicks(sound: Voice) -> int:
    """How many of the two ends start or stop with a step."""
    ends = np.abs(sound[[0, -1]])
    return int((ends > _CLICK * np.abs(sound).max()).sum())


def _is_speech(speech: NDArray[np.bool_], at_s: float) -> bool:
    place = round(at_s / FRAME_S)
    return bool(speech[max(0, place - 1) : place + 1].all()) if 0 < place < len(speech) else False
