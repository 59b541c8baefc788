"""Audio, doctor: from a file to its report."""

from pathlib import Path
from typing import Final

from ..decoding import open_recording
from ..envelope import Envelope
from ..probe import check_decoded
from ..problems import AudioProblem
from ..results import VERDICTS, Metric, Report
from ..rules import LONG_MAX_BYTES, LONG_MAX_MS, check_file
from ..segments import read_mix
from .analyzers import Analyzers, Progress
from .findings import derive_advice, derive_findings
from .metrics import Measurements, compute_metrics
from .thresholds import bit_rate_share

LONGEST_S: Final = LONG_MAX_MS / 1000 + 1
_MIX_JUDGED_S: Final = 600.0  # of a recording with more than two channels


def check(source: Path, *, purpose: str = "voice_clone") -> Report:
    """Decode at most two hours of a file once and report on it.

    There is a report on every file: see `Report.of_problem`. OSError if there is no such file.
    """
    try:
        check_file(source, LONG_MAX_BYTES)
        return build_report(*analyze_file(source), purpose)[0]
    except AudioProblem as problem:
        return Report.of_problem(problem)


def analyze_file(
    path: Path, *, envelope: Envelope | None = None, progress: Progress | None = None
) -> tuple[Analyzers, dict[str, Metric]]:
    """Run all analyzers over a file; the metrics are those of the file itself.

    `envelope` gets the same blocks. `progress` is called repeatedly with the number of seconds
    that are analyzed. Raises AudioProblem like `intake.inspect`.
    """
    analyzers = Analyzers(read_mix(path, to_s=_MIX_JUDGED_S))
    with open_recording(path) as decoder:
        analyzers.run(decoder, longest_s=LONGEST_S, envelope=envelope, progress=progress)
        check_decoded(decoder, path, 0.0 if analyzers.gave_up else LONGEST_S)
        return analyzers, {
            "sample_rate_hz": decoder.sample_rate,
            "container": decoder.container,
            "codec": decoder.codec,
            "bit_rate_kbps": round(decoder.bit_rate_kbps, 1),
            "bit_rate_share": bit_rate_share(decoder.codec, decoder.bit_rate_kbps),
            "bytes": path.stat().st_size,
        }


def build_report(
    analyzers: Analyzers, file_metrics: dict[str, Metric], purpose: str
) -> tuple[Report, Measurements]:
    """The report on what was analyzed, and the measurements that it is based on."""
    measured = compute_metrics(analyzers)
    measured.metrics.update(file_metrics)
    findings = derive_findings(measured, purpose)
    verdict = VERDICTS[max((finding.severity for finding in findings), default=0)]
    advice = derive_advice(measured, findings)
    return Report(verdict, findings, measured.metrics, advice), measured
