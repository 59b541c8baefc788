"""Audio: tries whether a clean copy removes the hum of a recording before it is offered."""

from pathlib import Path

from .cleanup import clean_up
from .doctor.run import check
from .results import TRIED_CODE, VERDICTS, CleanupTrial, VerdictCode


def try_cleanup(source: Path, target: Path, *, purpose: str, verdict: VerdictCode) -> CleanupTrial:
    """Say whether a clean copy of `source` is without hum, and rated no worse than `verdict`.

    Whether the lines of a hum are steady enough to be removed is known only after the attempt. The
    copy is written to `target` and deleted. Raises AudioProblem like `cleanup.clean_up`.
    """
    try:
        # Trimming and a level that is right would change nothing about hum, but double the time.
        cleanup = clean_up(source, target, trim=False, level=False)
        if "hum" not in cleanup.steps:
            return CleanupTrial(helps=False)
        after = check(target, purpose=purpose)
    finally:
        target.unlink(missing_ok=True)
    remaining = {finding.code for finding in after.findings if finding.severity}
    is_worse = VERDICTS.index(after.verdict) > VERDICTS.index(verdict)
    return CleanupTrial(helps=TRIED_CODE not in remaining and not is_worse)
