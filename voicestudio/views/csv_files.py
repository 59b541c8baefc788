"""CSV files: streamed row by row, with cells that no spreadsheet runs as a formula."""

import csv
from collections.abc import Iterable, Iterator
from typing import Final

from django.http import StreamingHttpResponse

FORMULA_SIGNS: Final = "=+-@|%\uff1d\uff0b\uff0d\uff20"
# Direction marks and the like, which some spreadsheets ignore at the start of a cell.
INVISIBLE: Final = "\ufeff\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


class _Echo:
    """A file for csv.writer that returns each row instead of storing it."""

    def write(self, text: str) -> str:
        return text


def csv_response(
    name: str, columns: Iterable[str], rows: Iterable[list[str]]
) -> StreamingHttpResponse:
    """A file to download; `rows` are read while it is sent."""
    response = StreamingHttpResponse(_lines(columns, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _lines(columns: Iterable[str], rows: Iterable[list[str]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    # The byte order mark makes spreadsheets read UTF-8.
    yield "\ufeff" + writer.writerow(columns)
    for row in rows:
        yield writer.writerow([escape_formula(cell) for cell in row])


def escape_formula(cell: str) -> str:
    """`cell` with an apostrophe in front if a spreadsheet would run it as a formula."""
    first = cell.lstrip().lstrip(INVISIBLE)[:1]
    return f"'{cell}" if first and first in FORMULA_SIGNS else cell
