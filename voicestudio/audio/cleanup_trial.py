"""Audio: tries whether a clean copy removes the hum of a recording before it is offered."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from av.error import FFmpegError

from . import rules
from .cleanup import clean_up
from .doctor.run import check
from .problems import AudioProblem
from .results import VERDICTS, Report

_TRIED_CODE: Final = "hum"  # whether its lines are steady enough is known only after the attempt


def try_cleanup(source: Path, copy: Path, report: Report, purpose: str) -> Report:
    """The same report; a finding of hum says whether a clean copy is without hum and no worse.

    `copy` is written and deleted. Nothing is tried on what is too long for the provider: it has to
    be cut first.
    """
    codes = {finding.code for finding in report.findings if finding.severity}
    longest_ms = rules.SPANS[purpose].longest + rules.PADDING_MS
    duration_s = report.metrics["duration_s"]
    assert isinstance(duration_s, (int, float))
    if _TRIED_CODE not in codes or duration_s * 1000 > longest_ms:
        return report
    try:
        # Trimming and a level that is right would change nothing about hum, but double the time.
        clean_up(source, copy, trim=False, level=False)
        after = check(copy, purpose=purpose)
    except (AudioProblem, FFmpegError, OSError):  # the attempt fails, not the check
        return report
    finally:
        copy.unlink(missing_ok=True)
    remaining = {finding.code for finding in after.findings if finding.severity}
    is_worse = VERDICTS.index(after.verdict) > VERDICTS.index(report.verdict)
    helps = _TRIED_CODE not in remaining and not is_worse
    findings = [
        replace(finding, clean_copy_helps=helps) if finding.code == _TRIED_CODE else finding
        for finding in report.findings
    ]
    return replace(report, findings=findings)
