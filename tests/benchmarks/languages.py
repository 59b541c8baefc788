"""The first page of a list in each language, beside the bare list in the same run."""

from collections.abc import Iterator
from typing import Final

from tests.benchmarks.databases import ROOT
from tests.benchmarks.in_process_client import InLanguage, InProcessClient, median_times
from tests.benchmarks.table import Row

LANGUAGES: Final = (
    "en",
    *sorted(
        folder.name.lower().replace("_", "-")
        for folder in (ROOT / "voicestudio" / "locale").iterdir()
        if (folder / "LC_MESSAGES" / "django.po").is_file()
    ),
)


def measure_languages(
    database: str, studio: InProcessClient, bare: InProcessClient, address: str, target: str
) -> Iterator[Row]:
    """A row for each language: the time of the processor."""
    for language in LANGUAGES:
        ours, baseline = median_times(
            [(InLanguage(studio, language), address), (bare, "/history/")]
        )
        name = f"{database}, first page in {language}, processor"
        yield Row(name, ours.cpu_ms, baseline.cpu_ms, "ms", target)
