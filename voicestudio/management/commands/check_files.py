"""`manage.py check_files`: compare every row with its files, and every file with its row."""

import json
import sys
from itertools import chain
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from voicestudio.management import script_output
from voicestudio.minimax import MiniMaxError
from voicestudio.services import stored_files
from voicestudio.services.paid_calls import call_log
from voicestudio.words.stored_files import FILE_PROBLEMS, FileProblem

ORPHANS: Final = frozenset({FileProblem.ORPHAN, FileProblem.ORPHAN_AT_PROVIDER})


class Command(BaseCommand):
    """Report files that are missing, changed, or used by nothing; delete the latter on request."""

    help = (
        "Compares every row with its files and every file with its row, and says what to do. "
        "Exits with 1 if something is left to do. Never run it with --provider --delete-orphans in "
        "a copy of the data folder: that deletes what was uploaded after the copy was made."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument(
            "--provider", action="store_true", help="compare this studio's files at MiniMax too"
        )
        parser.add_argument(
            "--delete-orphans", action="store_true", help="delete files that nothing uses"
        )
        script_output.add_json_argument(parser)

    def handle(self, **options: Any) -> None:
        """Print one line for each problem."""
        checks = [stored_files.check_rows(), stored_files.find_orphans()]
        if options["provider"]:
            checks.append(stored_files.find_orphans_at_provider())
        try:
            findings = list(chain.from_iterable(checks))
        except MiniMaxError as error:
            message = script_output.message_text(call_log.message_for_free_call(error))
            raise CommandError(f"The files at MiniMax can't be compared. {message}") from error
        rows = [self._report(finding, delete=options["delete_orphans"]) for finding in findings]
        if options["json"]:
            self.stdout.write(json.dumps(rows, ensure_ascii=False))
        else:
            self._print(rows)
        if not all(row["deleted"] for row in rows):
            sys.exit(1)

    def _report(self, finding: stored_files.Finding, *, delete: bool) -> dict[str, Any]:
        """One problem for scripts; an orphan is deleted before, if that is wanted."""
        row = {
            "problem": finding.problem.value,
            "file": finding.name,
            "row": finding.row,
            "file_id": str(finding.file_id) if finding.file_id else None,
            "deleted": False,
            "message": script_output.message_text(FILE_PROBLEMS[finding.problem]),
        }
        if not delete or finding.problem not in ORPHANS:
            return row
        try:
            stored_files.delete_orphan(finding)
        except OSError as error:
            return row | {"message": f"The file can't be deleted: {error.strerror}."}
        except MiniMaxError as error:
            message = call_log.message_for_free_call(error)
            return row | {"message": script_output.message_text(message)}
        return row | {"deleted": True, "message": "Deleted."}

    def _print(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            used_by = f" ({row['row']})" if row["row"] else ""
            self.stdout.write(f"{row['file']}{used_by}: {row['message']}")
        if not rows:
            self.stdout.write("All files are in order.")
