"""Audio: report, envelope and suggested passages of a recording, from one pass.

Decoding two hours is what costs time, so all three are computed together.
"""

from collections.abc import Callable
from pathlib import Path

from . import rules
from .doctor.run import analyze_file, build_report
from .doctor.thresholds import bit_rate_share
from .envelope import Envelope
from .envelope_file import write_envelope
from .passages import suggest
from .probe import read_metadata
from .results import Analysis, Suggestion


def analyze(
    source: Path,
    target: Path,
    *,
    purpose: str = "voice_clone",
    suggest_from_ms: int,
    source_codec: str = "",
    source_kbps: float = 0.0,
    progress: Callable[[float], None] | None = None,
) -> Analysis:
    """Decode a file once; its envelope (see `envelope_file`) is written to `target`.

    `source_codec` and `source_kbps` say how the sound was compressed before this file was made of
    it: what was lost then is still missing.

    Passages are suggested for samples, not for prompt clips: for those longer than
    `suggest_from_ms` and those with findings that are more than a hint. At most 2 hours are
    decoded; `progress` is called repeatedly with the number of seconds so far.

    Raises AudioProblem too_large (beyond 1 GiB), empty, not_audio, damaged, video, no_audio;
    `target` does not exist then.
    """
    rules.check_file(source, rules.LONG_MAX_BYTES)
    envelope = Envelope()
    analyzers, file_metrics = analyze_file(source, envelope=envelope, progress=progress)
    if source_codec:
        file_metrics["bit_rate_share"] = bit_rate_share(source_codec, source_kbps)
    duration_ms = round(analyzers.levels.seconds * 1000)
    if analyzers.gave_up:  # the envelope ends where the analysis was given up
        envelope = Envelope()
        metadata = read_metadata(source, limit_ms=rules.LONG_MAX_MS, envelope=envelope)
        duration_ms = metadata.duration_ms
    write_envelope(envelope.levels(), duration_ms, target)
    # Deleted at once, because all data of two hours together would need too much memory.
    del envelope
    report, measured = build_report(analyzers, file_metrics, purpose)
    del analyzers
    is_long = measured.frames.duration_s * 1000 > suggest_from_ms
    has_problem = any(finding.severity for finding in report.findings)
    if purpose != "voice_clone" or not (is_long or has_problem):
        return Analysis(report, Suggestion())
    return Analysis(report, suggest(measured))
