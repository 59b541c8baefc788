"""`manage.py check_recording`: check the quality of a local recording."""

import json
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from voicestudio import words
from voicestudio.audio import TRIED_CODE, AudioProblem, Finding, Report, isolated
from voicestudio.management.script_output import add_json_argument
from voicestudio.models import Purpose
from voicestudio.services.recordings.checks import LONG_MS
from voicestudio.words.findings import Diagnosis


class Command(BaseCommand):
    """Check a recording and print the findings."""

    help = (
        "Checks a recording and prints the verdict, the findings and all measurements. "
        "Exits with 1 if the recording cannot be used, otherwise with 0."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the file and the output options."""
        parser.add_argument("file", metavar="FILE", type=Path, help="the recording")
        parser.add_argument("--prompt-clip", action="store_true", help="check it as a prompt clip")
        add_json_argument(parser)

    def handle(self, **options: Any) -> None:
        """Check the recording and print the report."""
        purpose = Purpose.PROMPT if options["prompt_clip"] else Purpose.SAMPLE
        try:
            report = _check(options["file"], purpose)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise CommandError(f"{options['file']}: {reason}") from error
        if options["json"]:
            self.stdout.write(json.dumps(_report_json(report, purpose), ensure_ascii=False))
        else:
            self._print_report(report, purpose)
        if report.verdict == "unusable":
            sys.exit(1)

    def _print_report(self, report: Report, purpose: Purpose) -> None:
        verdict = words.describe_verdict(report.verdict)
        self.stdout.write(f"{verdict.headline}. {verdict.next_step}")
        for finding in report.findings:
            text = _describe(finding, purpose)
            place = f"{finding.from_s:.2f}–{finding.to_s:.2f} s"
            self.stdout.write(f"\n{text.title} ({finding.code}, {place})")
            self.stdout.write(f"  {text.why}\n  {text.what_to_do}")
        self.stdout.write("")
        for name, value in report.metrics.items():
            if value is not None:
                self.stdout.write(f"{name}: {value}")


def _check(path: Path, purpose: Purpose) -> Report:
    """The report that a page would show; on a file that cannot be read, too."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            envelope = Path(folder) / "envelope"
            analysis = isolated.analyze(path, envelope, purpose=purpose, suggest_from_ms=LONG_MS)
        except AudioProblem as problem:
            return Report.of_problem(problem)
        report = analysis.report
        if not report.needs_cleanup_trial:
            return report
        try:
            trial = isolated.try_cleanup(
                path, Path(folder) / "copy", purpose=purpose, verdict=report.verdict
            )
        except (AudioProblem, OSError):  # the trial has failed, not the check
            return report
    return replace(
        report,
        findings=[
            replace(each, clean_copy_helps=trial.helps) if each.code == TRIED_CODE else each
            for each in report.findings
        ],
    )


def _describe(finding: Finding, purpose: Purpose) -> Diagnosis:
    """The sentences that a page would show."""
    return words.describe_finding(
        finding.code,
        finding.value,
        severity=finding.severity,
        purpose=purpose,
        clean_copy_helps=finding.clean_copy_helps,
    )


def _report_json(report: Report, purpose: Purpose) -> dict[str, Any]:
    """Return the report for scripts."""
    findings = []
    for finding in report.findings:
        text = _describe(finding, purpose)
        message = " ".join(str(part) for part in (text.title, text.why, text.what_to_do))
        findings.append({
            "code": finding.code,
            "severity": finding.severity,
            "message": message,
            "from_s": finding.from_s,
            "to_s": finding.to_s,
            "clean_copy_helps": finding.clean_copy_helps,
        })  # fmt: skip
    return {"verdict": report.verdict, "findings": findings, "measures": report.metrics}
