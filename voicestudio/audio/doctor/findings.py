"""Audio, doctor: from figures to findings, each with the place where it is heard best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..measures import Purpose
from ..rules import PADDING_MS, SPANS
from . import table
from .examination import UNUSABLE, Advice, Finding
from .levels import STEP_S
from .measured import Measured
from .moving import highest_sum
from .tones import STEP_S as NOTE_S

_WINDOW: Final = round(table.WORST_S / STEP_S)
# What fills the pauses in these cases is no noise of the room.
_FILLS_PAUSES: Final = frozenset({"music", "echo"})


def findings_of(measured: Measured, purpose: Purpose) -> list[Finding]:
    """Everything that the table calls a finding, one for each code, most serious first."""
    worst: dict[str, Finding] = {finding.code: finding for finding in _length(measured, purpose)}
    for line in table.TABLE:
        if line.purpose not in {None, purpose}:
            continue
        value = measured.number(line.measure)
        severity = line.severity(value)
        if not severity or (line.code in worst and worst[line.code].severity >= severity):
            continue
        start, end = _place(line.code, measured)
        worst[line.code] = Finding(line.code, start, end, value, severity)
    return sorted(_explained(worst).values(), key=lambda finding: -finding.severity)


def advice_of(measured: Measured, findings: Sequence[Finding]) -> Advice:
    """Which sound options help, and why."""
    codes = [finding.code for finding in findings]
    noise = next((code for code in codes if code in table.ADVISE_NOISE_REDUCTION), "")
    volume = next((code for code in codes if code in table.ADVISE_VOLUME), "")
    spread = measured.number("loudness_range_lu")
    if not volume and spread is not None and spread > table.UNEVEN_LU:
        volume = "loudness_range_lu"
    return Advice(bool(noise), noise, bool(volume), volume)


def _length(measured: Measured, purpose: Purpose) -> list[Finding]:
    """Source of the lengths: provider.md, "Audio"."""
    span = SPANS[purpose]
    duration = round(measured.frames.duration_s, 3)
    if round(duration * 1000) < span.shortest:
        return [Finding("too_short", 0.0, round(duration, 2), duration, UNUSABLE)]
    if round(duration * 1000) > span.longest + PADDING_MS:
        start = span.limit / 1000
        return [Finding("too_long", start, round(duration, 2), duration, UNUSABLE)]
    return []


def _explained(found: dict[str, Finding]) -> dict[str, Finding]:
    """Without what another finding is the reason of."""
    silent = found.get("silence")
    if silent is not None and silent.severity == UNUSABLE:
        kept = {"silence", "too_short", "too_long", "dead_channel"}
        return {code: finding for code, finding in found.items() if code in kept}
    if "noisy" in found and _FILLS_PAUSES & set(found):
        found.pop("noisy")
    if "dead_channel" in found:
        found.pop("out_of_phase", None)
    if "echo" in found and "music" in found:  # what rings on holds its notes
        found.pop("music")
    if "too_short" in found:
        found.pop("little_speech", None)
    if "little_speech" in found:
        found.pop("silence", None)  # the same thing said twice
    return found


def _place(code: str, measured: Measured) -> tuple[float, float]:
    """Seconds [from, to] in which this is heard best."""
    frames = measured.frames
    match code:
        case "silence" | "little_speech" if measured.pauses:
            start, end = max(measured.pauses, key=lambda pause: pause[1] - pause[0])
            return _seconds(start, end, frames.duration_s)
        case "several_speakers" if measured.other_voice:
            start, end = max(measured.other_voice, key=lambda place: place[1] - place[0])
            return _seconds(start, min(end, start + _WINDOW), frames.duration_s)
    return _worst(_score(code, measured), frames.duration_s)


def _score(code: str, measured: Measured) -> NDArray[np.float32]:
    """How much each step has of this."""
    frames = measured.frames
    speech = frames.speech.astype(np.float32)
    match code:
        case "clipped":
            return measured.frames.flat.astype(np.float32)
        case "noisy":
            return frames.noise_db + np.float32(0.5) * (1 - speech)
        case "hum":
            return frames.hum_db + 3 * (1 - speech)
        case "too_quiet":
            return speech * (200 - frames.rms_db)
        case "too_loud":
            return frames.rms_db
        case "dropouts":
            places = [min(len(speech) - 1, int(at / STEP_S)) for at in measured.gaps_s]
            return np.bincount(places, minlength=len(speech)).astype(np.float32)
        case "music":
            place = (np.arange(len(speech), dtype=np.float32) * (STEP_S / NOTE_S)).astype(np.int32)
            notes = measured.notes[np.minimum(place, len(measured.notes) - 1)]
            return notes.astype(np.float32)
    return speech * (frames.rms_db + 120)


def _worst(score: NDArray[np.float32], duration: float) -> tuple[float, float]:
    """The three seconds in which the sum of `score` is highest."""
    if len(score) <= _WINDOW:
        return 0.0, round(duration, 2)
    place = highest_sum(score, _WINDOW)
    return _seconds(place, place + _WINDOW, duration)


def _seconds(start: int, end: int, duration: float) -> tuple[float, float]:
    return round(start * STEP_S, 2), round(min(end * STEP_S, duration), 2)
