"""Pictures of the measures: where clean clips and each defect lie, beside the thresholds."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from tests.evaluation.reports import Checked
from tests.evaluation.tables import of_label
from voicestudio.audio.doctor.thresholds import TABLE, Threshold

_WIDTH: Final = 900
_LEFT: Final = 250
_RIGHT: Final = 24
_TOP: Final = 64
_ROW: Final = 20
_LABEL: Final = 140  # width of the longest name of a threshold
_INK, _SOFT, _LINE = "#1c1b19", "#5f5c55", "#e4e1d8"
_MARKS: Final = (("usable", "#a86b00"), ("disappointing", "#b1361e"))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a picture: the values of some clips."""

    label: str
    values: list[float]
    is_wanted: bool  # whether the finding is wanted for these clips


def draw_figures(clean: Sequence[Checked], spoiled: Sequence[Checked], folder: Path) -> list[Path]:
    """Write one picture for each code and metric of the table by which a defect is named."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for code, metric in dict.fromkeys((line.code, line.metric) for line in TABLE):
        lines = [
            line
            for line in TABLE
            if (line.code, line.metric) == (code, metric) and line.purpose in {None, "voice_clone"}
        ]
        rows = rows_of(lines[0], clean, spoiled)
        wanted = [value for row in rows if row.is_wanted for value in row.values]
        if all(lines[0].severity(value) is None for value in wanted):
            continue
        path = folder / f"{code}-{metric}.svg"
        path.write_text(draw(lines, rows))
        written.append(path)
    return written


def rows_of(line: Threshold, clean: Sequence[Checked], spoiled: Sequence[Checked]) -> list[Row]:
    """The clean clips and all sizes of each defect that this finding names."""
    named = {
        one.case.defect.name
        for one in spoiled
        if one.case.defect and one.case.defect.code == line.code
    }
    groups: dict[str, list[Checked]] = defaultdict(list)
    for one in spoiled:
        if one.case.defect and one.case.defect.name in named:
            groups[f"{one.case.defect.name}, {one.case.defect.size}"].append(one)
    rows = [Row("clean speech", values_of(of_label(clean, "good"), line.metric), False)]
    for label, found in groups.items():
        defect = found[0].case.defect
        assert defect is not None
        rows.append(Row(label, values_of(found, line.metric), defect.code == line.code))
    return [row for row in rows if row.values]


def values_of(checked: Sequence[Checked], metric: str) -> list[float]:
    """The values of a metric where it can be measured."""
    values = [one.report.metrics.get(metric) for one in checked]
    return [float(value) for value in values if isinstance(value, (int, float))]


def draw(lines: Sequence[Threshold], rows: Sequence[Row]) -> str:
    """The picture as SVG: a dot for each clip, a vertical line for each threshold."""
    code, metric = lines[0].code, lines[0].metric
    bounds = {
        bound for line in lines for bound in (line.usable, line.disappointing) if bound is not None
    }
    values = [value for row in rows for value in row.values]
    low, high = min([*values, *bounds]), max([*values, *bounds])
    margin = 0.04 * (high - low or 1)
    low, high = low - margin, high + margin
    height = _TOP + _ROW * len(rows) + 44

    def place(value: float) -> float:
        return round(_LEFT + (value - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT), 1)

    title = f"{code}: {metric}, {lines[0].when} the lines"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
        f'height="{height}" font-family="system-ui, sans-serif" role="img" aria-labelledby="t">',
        f'<title id="t">{escape(title)}</title>',
        f'<rect x="0.5" y="0.5" width="{_WIDTH - 1}" height="{height - 1}" rx="10" fill="#ffffff" '
        f'stroke="{_LINE}"/>',
        text(20, 28, metric, size=15, weight="bold"),
    ]
    parts += [axis(tick, place(tick), height) for tick in ticks(low, high)]
    for name, colour in _MARKS:
        parts += [
            mark(name, getattr(line, name), place(getattr(line, name)), colour, height)
            for line in lines
            if getattr(line, name) is not None
        ]
    for number, row in enumerate(rows):
        y = _TOP + _ROW * number + 14
        parts.append(text(_LEFT - 12, y, f"{row.label} ({len(row.values)})", anchor="end"))
        colour = "#b1361e" if row.is_wanted else "#2f6f4f"
        parts += [
            f'<circle cx="{place(value)}" cy="{y - 4}" r="3.5" fill="{colour}" opacity="0.55"/>'
            for value in row.values
        ]
    return "\n".join([*parts, "</svg>", ""])


def text(
    x: float, y: float, content: str, *, size: int = 12, anchor: str = "start",
    colour: str = _INK, weight: str = "normal",
) -> str:  # fmt: skip
    """A line of text."""
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" fill="{colour}" text-anchor="{anchor}" '
        f'font-weight="{weight}">{escape(content)}</text>'
    )


def axis(tick: float, x: float, height: int) -> str:
    """A value on the axis with its grid line."""
    line = f'<line x1="{x}" y1="{_TOP - 6}" x2="{x}" y2="{height - 34}" stroke="{_LINE}"/>'
    return line + text(x, height - 16, f"{tick:g}", anchor="middle", colour=_SOFT)


def mark(name: str, value: float, x: float, colour: str, height: int) -> str:
    """A threshold with its name above the rows."""
    line = (
        f'<line x1="{x}" y1="{_TOP - 6}" x2="{x}" y2="{height - 34}" stroke="{colour}" '
        f'stroke-width="1.5" stroke-dasharray="5 3"/>'
    )
    y = _TOP - 12 if name == "usable" else _TOP - 26
    middle = min(x, _WIDTH - _LABEL / 2)
    return line + text(middle, y, f"{name} {value:g}", anchor="middle", colour=colour)


def ticks(low: float, high: float) -> list[float]:
    """Round values between two bounds, about six of them."""
    span = (high - low) / 6
    power = 10.0 ** math.floor(math.log10(span))
    step = next(each * power for each in (1, 2, 5, 10) if each * power >= span)
    first = math.ceil(low / step)
    return [round(number * step, 6) for number in range(first, math.floor(high / step) + 1)]
