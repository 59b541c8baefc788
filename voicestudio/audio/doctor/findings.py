"""Audio, doctor: from metrics to findings, each with the place where it is heard best."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..results import UNUSABLE, USABLE, Advice, Finding
from ..rules import PADDING_MS, SPANS
from . import thresholds
from .levels import STEP_S
from .metrics import Measurements
from .tones import STEP_S as NOTE_S
from .windows import highest_sum_start

_WINDOW: Final = round(thresholds.WORST_S / STEP_S)
# With these, what seems to be another voice is their pitch, or that of a higher harmonic.
_HIDE_PITCH: Final = frozenset({"music", "wind", "narrow_band"})
# With these findings, the sound in the pauses is not room noise.
_FILLS_PAUSES: Final = frozenset({"echo", "wind", "pumping"})


def derive_findings(measured: Measurements, purpose: str) -> list[Finding]:
    """All findings by `thresholds.TABLE`, one for each code, what is heard best first."""
    worst: dict[str, Finding] = {
        finding.code: finding for finding in _length_findings(measured, purpose)
    }
    heard = dict.fromkeys(worst, math.inf)
    for line in thresholds.TABLE:
        if line.purpose not in {None, purpose}:
            continue
        value = measured.number(line.metric)
        severity = line.severity(value)
        if value is None or severity is None:
            continue
        audibility = line.audibility(value)
        if audibility > heard.get(line.code, -1.0):
            start, end = _find_place(line.code, measured)
            worst[line.code] = Finding(line.code, start, end, value, severity)
            heard[line.code] = audibility
    found = _without_consequences(worst).values()
    return sorted(found, key=lambda finding: -heard[finding.code])


def derive_advice(measured: Measurements, findings: Sequence[Finding]) -> Advice:
    """Which sound options help, with the reasons."""
    codes = [finding.code for finding in findings]
    noise = next((code for code in codes if code in thresholds.ADVISE_NOISE_REDUCTION), "")
    volume = next((code for code in codes if code in thresholds.ADVISE_VOLUME), "")
    loudness_range = measured.number("loudness_range_lu")
    if not volume and loudness_range is not None and loudness_range > thresholds.UNEVEN_LU:
        volume = "loudness_range_lu"
    return Advice(bool(noise), noise, bool(volume), volume)


def _length_findings(measured: Measurements, purpose: str) -> list[Finding]:
    """Too short or too long. Source of the limits: provider.md, "Audio"."""
    span = SPANS[purpose]
    duration = round(measured.frames.duration_s, 3)
    if round(duration * 1000) < span.shortest:
        return [Finding("too_short", 0.0, round(duration, 2), duration, UNUSABLE)]
    if round(duration * 1000) > span.longest + PADDING_MS:
        start = span.limit / 1000
        return [Finding("too_long", start, round(duration, 2), duration, UNUSABLE)]
    return []


def _without_consequences(found: dict[str, Finding]) -> dict[str, Finding]:
    """The findings without those that are caused by another one."""
    silent = found.get("silence")
    if silent is not None and silent.severity == UNUSABLE:
        kept = {"silence", "too_short", "too_long", "dead_channel"}
        return {code: finding for code, finding in found.items() if code in kept}
    if "music" in found:  # it fills pauses, its notes fade like a room, its bass may be at 50 Hz
        for code in ("noisy", "echo", "hum"):
            found.pop(code, None)
    if "wind" in found:  # it covers the ends of words, and its peaks are clipped
        found.pop("echo", None)
        found.pop("dropouts", None)
    if "noisy" in found and _FILLS_PAUSES & set(found):
        found.pop("noisy")
    if "dead_channel" in found:
        found.pop("out_of_phase", None)
    if "echo" in found and "hum" in found and found["hum"].severity <= USABLE:
        found.pop("hum")  # the tail of every word covers it
    if _HIDE_PITCH & set(found):
        found.pop("several_speakers", None)
    if "too_short" in found:
        found.pop("little_speech", None)
    if "little_speech" in found:
        found.pop("silence", None)  # the same problem
    return found


def _find_place(code: str, measured: Measurements) -> tuple[float, float]:
    """The range (s) in which this finding is heard best."""
    frames = measured.frames
    match code:
        case "silence" | "little_speech" if measured.pauses:
            start, end = max(measured.pauses, key=lambda pause: pause[1] - pause[0])
            return _seconds(start, end, frames.duration_s)
        case "several_speakers" | "pumping" if places := _places_of(code, measured):
            start, end = max(places, key=lambda place: place[1] - place[0])
            return _seconds(start, min(end, start + _WINDOW), frames.duration_s)
    return _worst_range(_step_scores(code, measured), frames.duration_s)


def _places_of(code: str, measured: Measurements) -> list[tuple[int, int]]:
    """Steps [start, end) of the places that a finding names itself."""
    if code == "pumping":
        return measured.rising
    return [measured.other_voice] if measured.other_voice else []


def _step_scores(code: str, measured: Measurements) -> NDArray[np.float32]:
    """How strongly each step is affected by this finding."""
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
        case "dropouts" | "clicks":
            times = measured.gaps_s if code == "dropouts" else measured.clicks_s
            places = [min(len(speech) - 1, int(at / STEP_S)) for at in times]
            return np.bincount(places, minlength=len(speech)).astype(np.float32)
        case "wind":
            return measured.gusts.astype(np.float32)
        case "music":
            place = (np.arange(len(speech), dtype=np.float32) * (STEP_S / NOTE_S)).astype(np.int32)
            held = measured.notes.held
            notes = held[np.minimum(place, len(held) - 1)]
            return notes.astype(np.float32)
    return speech * (frames.rms_db + 120)


def _worst_range(score: NDArray[np.float32], duration: float) -> tuple[float, float]:
    """The three seconds with the highest sum of `score`."""
    if len(score) <= _WINDOW:
        return 0.0, round(duration, 2)
    place = highest_sum_start(score, _WINDOW)
    return _seconds(place, place + _WINDOW, duration)


def _seconds(start: int, end: int, duration: float) -> tuple[float, float]:
    return round(start * STEP_S, 2), round(min(end * STEP_S, duration), 2)
