"""`manage.py check_recording`: the sample doctor's verdict on a file of this machine."""

import json
import os
import sys
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from voicestudio import words
from voicestudio.audio import Examination, Purpose, isolated

PURPOSES: Final[dict[bool, Purpose]] = {False: "voice_clone", True: "prompt_audio"}


class Command(BaseCommand):
    """Measure a recording and say what is wrong with it."""

    help = (
        "Measures a recording and prints the verdict, what is wrong with it and all figures. "
        "Ends with 1 if the recording cannot be used, otherwise with 0."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """A file, and how to print what is found."""
        parser.add_argument("file", metavar="FILE", type=Path, help="the recording")
        parser.add_argument("--prompt-clip", action="store_true", help="judge it as a prompt clip")
        parser.add_argument("--json", action="store_true", help="print one object")

    def handle(self, **options: Any) -> None:
        """Examine, print, and end with the code that scripts rely on."""
        purpose = PURPOSES[options["prompt_clip"]]
        try:
            found = isolated.examine(options["file"], purpose=purpose)
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else str(error)
            raise CommandError(f"{options['file']}: {why}") from error
        if options["json"]:
            self.stdout.write(json.dumps(_told(found, purpose), ensure_ascii=False))
        else:
            self._print(found, purpose)
        if found.verdict == "unusable":
            sys.exit(1)

    def _print(self, found: Examination, purpose: Purpose) -> None:
        verdict = words.describe_verdict(found.verdict)
        self.stdout.write(f"{verdict.headline}. {verdict.next_step}")
        for finding in found.findings:
            said = words.describe_finding(finding.code, finding.value, purpose=purpose)
            place = f"{finding.from_s:.2f}–{finding.to_s:.2f} s"
            self.stdout.write(f"\n{said.what} ({finding.code}, {place})")
            self.stdout.write(f"  {said.why}\n  {said.what_to_do}")
        self.stdout.write("")
        for name, value in found.measures.items():
            if value is not None:
                self.stdout.write(f"{name}: {value}")


def _told(found: Examination, purpose: Purpose) -> dict[str, Any]:
    """The verdict as scripts read it."""
    findings = []
    for finding in found.findings:
        said = words.describe_finding(finding.code, finding.value, purpose=purpose)
        message = " ".join(str(part) for part in (said.what, said.why, said.what_to_do))
        place = {"from_s": finding.from_s, "to_s": finding.to_s}
        findings.append({"code": finding.code, "message": message, **place})
    return {"verdict": found.verdict, "findings": findings, "measures": found.measures}
