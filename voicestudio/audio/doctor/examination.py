"""Audio, doctor: what an examination says, as plain numbers and codes that cross any border."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, cast

Verdict = Literal["good", "usable", "disappointing", "unusable"]
Measure = float | int | str | None

VERDICTS: Final[tuple[Verdict, ...]] = ("good", "usable", "disappointing", "unusable")
# Severity of a finding: the verdict that it leads to, as a place in VERDICTS.
USABLE, DISAPPOINTING, UNUSABLE = 1, 2, 3

CODES: Final = frozenset(
    {
        "too_short",
        "too_long",
        "too_quiet",
        "too_loud",
        "clipped",
        "noisy",
        "hum",
        "silence",
        "little_speech",
        "narrow_band",
        "dead_channel",
        "out_of_phase",
        "dropouts",
        "echo",
        "several_speakers",
        "music",
        "damaged",
        "not_audio",
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: `code` (one of CODES) and where to hear it, in seconds.

    `from_s` to `to_s` is the place itself where it is short, otherwise the worst three seconds.
    `value` is the measure that led to it, in the unit of the table (see `table`), or None.
    `severity`: 1 still usable, 2 will disappoint, 3 cannot be used.
    """

    code: str
    from_s: float
    to_s: float
    value: float | None
    severity: int


@dataclass(frozen=True, slots=True)
class Advice:
    """Sound options to recommend, with the code of the finding that is the reason, or ""."""

    noise_reduction: bool = False
    noise_reduction_because: str = ""
    volume_normalization: bool = False
    volume_normalization_because: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    """The verdict, every finding (most serious first), and all figures.

    `measures` have their unit in the name: `_s` seconds, `_share` 0 to 1, `_dbfs` dB relative to
    full scale, `_dbtp` the same of the true peak, `_lufs` and `_lu` loudness, `_hz` hertz. None
    stands for what cannot be told. `measured` makes them.
    """

    verdict: Verdict
    findings: list[Finding] = field(default_factory=list)
    measures: dict[str, Measure] = field(default_factory=dict)
    advice: Advice = field(default_factory=Advice)

    def as_dict(self) -> dict[str, Any]:
        """All of it as JSON knows it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, told: dict[str, Any]) -> Examination:
        """What `as_dict` gave, from JSON too."""
        return cls(
            verdict=cast(Verdict, told["verdict"]),
            findings=[Finding(**finding) for finding in told["findings"]],
            measures=dict(told["measures"]),
            advice=Advice(**told["advice"]),
        )


def verdict_of(findings: list[Finding]) -> Verdict:
    """The verdict that the most serious finding leads to."""
    return VERDICTS[max((finding.severity for finding in findings), default=0)]
