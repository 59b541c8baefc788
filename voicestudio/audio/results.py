"""Audio: the results of all operations, as plain values that survive JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field, is_dataclass
from pathlib import Path
from typing import Any, Final, Literal, Self, get_args, get_type_hints

from .problems import AudioProblem

PEAKS: Final = 110  # bars of a waveform

FileFormat = Literal["mp3", "wav"]
VerdictCode = Literal["good", "usable", "disappointing", "unusable"]
Metric = float | int | str | None
Note = dict[str, int | str]

NOTE_CODES: Final = (
    "header_too_short",  # a wav holds more sound than its header says; with `stated_ms`
    "picture",  # only the sound of a video was kept
    "track",  # of several tracks the one with the most speech is used: `track` of `count`
    "only_track",  # of several tracks only one can be read: `track` of `count`
    "chosen_track",  # a person has chosen `track` of `count`
    "low_bit_rate",  # the file was compressed strongly: `codec` and `kbps`
    "opposite_phase",  # the sum of two channels would be silence, so they become one
)
# A finding's severity is the index of the verdict that it leads to.
VERDICTS: Final[tuple[VerdictCode, ...]] = ("good", "usable", "disappointing", "unusable")
# Raised whenever a metric or a finding no longer means what it meant, so that pages don't show old
# reports as new ones. Reports of version 1 don't state it.
CHECK_VERSION: Final = 2
USABLE: Final = 1
UNUSABLE: Final = 3
TRIED_CODE: Final = "hum"  # the finding against which a clean copy is tried

FINDING_CODES: Final = frozenset(
    "too_short too_long too_quiet too_loud clipped noisy hum silence little_speech narrow_band "
    "low_bit_rate dead_channel out_of_phase dropouts clicks echo several_speakers music wind "
    "pumping damaged not_audio".split()
)
# The findings for files that cannot be decoded; any other problem is "not_audio".
_PROBLEM_FINDINGS: Final = {
    "damaged": "damaged",
    "too_large": "too_long",
    "too_long": "too_long",
    "too_short": "too_short",
    "silent": "silence",
}
# Why a passage is suggested. What holds for the whole recording is no reason.
PASSAGE_REASONS: Final = (
    "least_noise",  # clearly less noise than elsewhere
    "no_clipping",  # the rest is clipped
    "no_hum",  # the rest has mains hum
    "no_clicks",  # the rest has clicks
    "most_speech",  # a greater share of speech than elsewhere
    "in_pauses",  # it starts and ends in a pause
    "all_of_it",  # only silence is left out
)
# What may be done to a clean copy, in this order. A step that is not needed is not done.
CLEANUP_STEPS: Final = ("mono", "dc", "hum", "trim", "level", "limit")


@dataclass(frozen=True, slots=True)
class Metadata:
    """Facts of one file.

    `container` and `codec` are FFmpeg's short names ("mp3", "mov", "wav"; "mp3", "aac",
    "pcm_s16le"). `duration_ms` is what was decoded, not what a header states. `peak_dbfs` is the
    highest sample of any channel, `loudness_db` the RMS level over all channels without silence,
    both in dB relative to full scale (a full-scale sine has peak 0 and RMS -3.01), never below
    -120. `silence_share` is the share (0..1) of the length below -60 dBFS RMS. `peaks` are 110
    integers 0..100 for the waveform. `acceptable`: MiniMax accepts the file unchanged. `extension`
    fits the content, whatever the file is called; "" for a format that MiniMax does not accept.
    `notes` say what was done so that the file can be read: `code` is one of `NOTE_CODES`.
    """

    container: str
    codec: str
    duration_ms: int
    sample_rate: int
    channels: int
    bytes: int
    peak_dbfs: float
    loudness_db: float
    silence_share: float
    peaks: list[int]
    acceptable: bool
    extension: str
    notes: list[Note] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Waveform:
    """The waveform of a file, as `Metadata.peaks`, its length and its loudness; None if silent."""

    peaks: list[int]
    duration_ms: int
    loudness_lufs: float | None


@dataclass(frozen=True, slots=True)
class Track:
    """One audio track of a file that has several, `number` counts them from 1.

    `title` and `language` (mostly three letters) are the file's, or "". `speech_ms` is roughly how
    long someone speaks in the first `judged_ms`. A track that is not `readable` is not stored.
    """

    number: int
    title: str
    language: str
    readable: bool
    duration_ms: int = 0
    speech_ms: int = 0
    judged_ms: int = 0


@dataclass(frozen=True, slots=True)
class TrackSet:
    """A file with copies of all readable tracks, in their order, and what is known of `tracks`."""

    path: Path
    tracks: list[Track]


@dataclass(frozen=True, slots=True)
class IngestedFile:
    """A file in our own folder with its metadata.

    `converted_from` is the codec of the source ("opus"), or "" if the bytes were kept. `track_set`
    holds all tracks of a source that has several to choose from.
    """

    path: Path
    metadata: Metadata
    converted_from: str = ""
    track_set: TrackSet | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """A part that was cut: its start and end in the source (ms), and the format of the file."""

    start_ms: int
    end_ms: int
    extension: FileFormat


@dataclass(frozen=True, slots=True)
class Cleanup:
    """What was done to a clean copy, and what was measured.

    `steps`: some of `CLEANUP_STEPS`. `start_ms`, `end_ms`: the part of the source that was kept.
    `gain_db`: change of level. `hum_hz`: frequency of the hum that was removed (0.0 for none).
    `loudness_before`, `loudness_after`: LUFS, None for silence.
    """

    steps: list[str] = field(default_factory=list)
    start_ms: int = 0
    end_ms: int = 0
    gain_db: float = 0.0
    hum_hz: float = 0.0
    loudness_before: float | None = None
    loudness_after: float | None = None
    extension: FileFormat = "wav"


@dataclass(frozen=True, slots=True)
class Passage:
    """Start and end (ms) of a part of a recording, and the `PASSAGE_REASONS`, strongest first."""

    start_ms: int
    end_ms: int
    reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The best part for a sample and for a prompt clip; None where no part is good enough."""

    best: Passage | None = None
    prompt: Passage | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: `code` (one of FINDING_CODES) and where it can be heard (s).

    `from_s` to `to_s` is the place itself if it is short, otherwise the worst three seconds.
    `value` is the metric that led to the finding, in the unit of `doctor.thresholds`, or None.
    `severity`: 0 a hint that leaves the verdict as it is, 1 still usable, 2 will disappoint,
    3 cannot be used. `clean_copy_helps`: a clean copy was tried and is without it, and no worse
    (True), or is not (False); None if none was tried, which `cleanup_trial` does after the check.
    Reports of earlier versions have False there, or nothing.
    """

    code: str
    from_s: float
    to_s: float
    value: float | None
    severity: int
    clean_copy_helps: bool | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """Sound options to recommend, each with the code of the finding that is its reason, or ""."""

    noise_reduction: bool = False
    noise_reduction_because: str = ""
    volume_normalization: bool = False
    volume_normalization_because: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """The verdict on a recording, all findings (what is heard best first), metrics, and the advice.

    The names of `metrics` end in their unit: `_s` seconds, `_share` 0 to 1, `_dbfs` dB relative to
    full scale, `_dbtp` the same of the true peak, `_lufs` and `_lu` loudness, `_hz` hertz. None
    means that the metric cannot be determined. See `doctor.metrics`.
    """

    verdict: VerdictCode
    findings: list[Finding] = field(default_factory=list)
    metrics: dict[str, Metric] = field(default_factory=dict)
    advice: Advice = field(default_factory=Advice)

    @classmethod
    def of_problem(cls, problem: AudioProblem) -> Self:
        """The report on a file that cannot be decoded: unusable, with one finding.

        Its metrics are `problem`, the code of the AudioProblem, and the facts.
        """
        code = _PROBLEM_FINDINGS.get(problem.code, "not_audio")
        metrics: dict[str, Metric] = {"problem": problem.code, **problem.facts}
        return cls("unusable", [Finding(code, 0.0, 0.0, None, UNUSABLE)], metrics)

    @property
    def needs_cleanup_trial(self) -> bool:
        """Whether a clean copy may remove a finding.

        It is not tried on what is too long for the provider: that has to be cut first.
        """
        codes = {finding.code for finding in self.findings if finding.severity}
        return TRIED_CODE in codes and "too_long" not in codes


@dataclass(frozen=True, slots=True)
class CleanupTrial:
    """Whether a clean copy of a recording `helps` against the finding TRIED_CODE."""

    helps: bool


@dataclass(frozen=True, slots=True)
class PlayableCopy:
    """Whether a copy was `written`, because browsers do not surely play the recording itself."""

    written: bool


@dataclass(frozen=True, slots=True)
class Analysis:
    """The report on a recording, and the suggested passages if any were searched for."""

    report: Report
    suggestion: Suggestion


def is_outdated(metrics: Mapping[str, Any]) -> bool:
    """Are these metrics from a report of an earlier version of the check?"""
    return bool(metrics.get("check_version", 1) < CHECK_VERSION)


def from_json[T](result_type: type[T], data: dict[str, Any]) -> T:
    """Rebuild a result from the JSON of its `dataclasses.asdict`."""
    hints = get_type_hints(result_type)
    return result_type(**{name: _convert(hints[name], value) for name, value in data.items()})


def _convert(hint: Any, value: Any) -> Any:
    if hint is Path:
        return Path(value)
    # A result, a list of results, or a result or None.
    nested = next((kind for kind in (hint, *get_args(hint)) if is_dataclass(kind)), None)
    if nested is None or value is None:
        return value
    if isinstance(value, list):
        return [_convert(nested, item) for item in value]
    return from_json(nested, value)  # type: ignore[arg-type]
