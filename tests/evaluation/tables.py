"""The printed tables: false alarms by finding, detection by defect and size, the goals."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import mean, median
from typing import Final

from tests.evaluation.goals import CopyResult, MixResult
from tests.evaluation.reports import Checked
from tests.evaluation.speech_frames import SOUNDS, SpeechErrors
from tests.evaluation.written_files import WrittenFiles
from voicestudio.audio.results import VERDICTS

_LABELS: Final = ("good", "usable", "disappointing")


def print_rows(rows: Iterable[Sequence[object]]) -> None:
    """Print rows below each other; the first column is aligned left, as is the last one."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in texts) for column in range(len(texts[0]))]
    last = len(widths) - 1
    for row in texts:
        cells = [
            cell.ljust(width) if column in {0, last} else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())


def print_false_alarms(clean: Sequence[Checked]) -> None:
    """Findings on clean clips by code: how many clips a professional calls good have each."""
    groups = {label: of_label(clean, label) for label in _LABELS}
    print("\nFalse alarms: findings on clean clips, by what a professional would call them")
    rows: list[list[object]] = [["finding", *(f"{each} ({len(groups[each])})" for each in _LABELS),
                                 "hints", "worst", "clips"]]  # fmt: skip
    counts = {label: Counter(code for one in groups[label] for code in one.codes)
              for label in _LABELS}  # fmt: skip
    hints = Counter(code for one in groups["good"] for code in one.hints)
    codes = set(hints).union(*counts.values())
    for code in sorted(codes, key=lambda code: (-counts["good"][code], code)):
        found = [one for one in clean if code in one.codes | one.hints]
        worst = max(f.severity for one in found for f in one.report.findings if f.code == code)
        names = ", ".join(one.case.clip.name for one in found[:4])
        row = [code, *(counts[label][code] for label in _LABELS), hints[code] or ""]
        rows.append([*row, VERDICTS[worst], names])
    print_rows(rows)
    print("\nVerdicts on clean clips")
    verdicts = {label: Counter(one.report.verdict for one in groups[label]) for label in _LABELS}
    print_rows(
        [["professional", *VERDICTS]]
        + [[label, *(verdicts[label][verdict] for verdict in VERDICTS)] for label in _LABELS]
    )


def of_label(clean: Sequence[Checked], label: str) -> list[Checked]:
    """The clips that a professional would call so."""
    return [one for one in clean if one.case.clip.truth.acceptance == label]


def print_detection(spoiled: Sequence[Checked], unspoiled: Sequence[Checked]) -> None:
    """For each defect and size how many were named, how many as seriously as wanted.

    `unspoiled`: the same clips without a defect; their findings are no wrong names.
    """
    print("\nDetection: defects added to clean clips of good speakers")
    own = own_codes(unspoiled)
    groups: dict[tuple[str, str], list[Checked]] = defaultdict(list)
    for one in spoiled:
        assert one.case.defect is not None
        groups[one.case.defect.name, one.case.defect.size].append(one)
    rows: list[list[object]] = [
        ["defect", "size", "wanted", "named", "as serious", "wrong name", "SNR error", "findings"]
    ]
    for (name, size), found in groups.items():
        defect = found[0].case.defect
        assert defect is not None
        named = sum(defect.code in one.codes for one in found)
        serious = sum(severity_of(one, defect.code) >= defect.severity for one in found)
        wrong = sum(bool(wrong_names(one, own)) for one in found)
        codes = Counter(code for one in found for code in one.codes)
        count = len(found)
        rows.append([
            name, size, defect.code or "nothing",
            f"{named} of {count}" if defect.code else f"{sum(not o.codes for o in found)} clean",
            f"{serious} of {count}" if defect.code else "",
            wrong or "", _snr_error(found),
            ", ".join(f"{code} {number}" for code, number in codes.most_common(4)),
        ])  # fmt: skip
    print_rows(rows)


def _snr_error(found: Sequence[Checked]) -> str:
    """The median of our signal-to-noise ratio minus the truth (dB), for noise."""
    defect = found[0].case.defect
    if defect is None or not defect.name.startswith("noise"):
        return ""
    truth = float(defect.size.split()[0])
    ours = [one.report.metrics.get("snr_db") for one in found]
    errors = [float(value) - truth for value in ours if isinstance(value, (int, float))]
    return f"{median(errors):+.1f}" if errors else ""


def severity_of(checked: Checked, code: str) -> int:
    """How serious the finding with this code is; 0 if there is none."""
    return max((f.severity for f in checked.report.findings if f.code == code), default=0)


def own_codes(unspoiled: Sequence[Checked]) -> dict[str, set[str]]:
    """What each clip has without a defect."""
    return {one.case.clip.name: one.codes for one in unspoiled}


def wrong_names(checked: Checked, own: dict[str, set[str]]) -> set[str]:
    """Findings that name something which is not there and was not in the unspoiled clip."""
    defect = checked.case.defect
    assert defect is not None
    return checked.codes - {defect.code} - defect.allowed - own[checked.case.clip.name]


def verdict_changes(clean: Sequence[Checked]) -> tuple[int, int]:
    """How many clips have another verdict than the clip before them, and how many there are.

    Both are by one speaker, and a professional would call them the same.
    """
    pairs = [
        (before.report.verdict, after.report.verdict)
        for before, after in pairwise(clean)
        if before.case.clip.speaker == after.case.clip.speaker
        and before.case.clip.truth.acceptance == after.case.clip.truth.acceptance
    ]
    return sum(before != after for before, after in pairs), len(pairs)


def print_speech_errors(errors: Sequence[SpeechErrors]) -> None:
    """The share of the time that is called speech or pause by mistake."""
    print("\nSpeech and pauses: share of the time that is called the wrong thing")
    rows: list[list[object]] = [["sound", "clips", "levels alone", "as the check does"]]
    for sound in SOUNDS:
        found = [each for each in errors if each.sound == sound]
        alone, together = (
            f"{100 * mean(getattr(each, name) for each in found):.1f} %"
            for name in ("levels_alone", "together")
        )
        rows.append([sound, len(found), alone, together])
    print_rows(rows)


def written_rows(written: Sequence[WrittenFiles]) -> list[list[object]]:
    """The goals for files that the studio writes."""
    if not written:
        return []
    prompts = [each.words_cut for each in written if each.words_cut is not None]
    clicks, ends = sum(each.clicks for each in written), sum(each.ends for each in written)
    exact = sum(each.loudness_error_lu <= 0.1 for each in written)
    return [
        ["prompt clips that cut a word", rate(sum(map(bool, prompts)), len(prompts)), "0"],
        ["ends of cuts with a click", rate(clicks, ends), "0"],
        ["clean copies within 0.1 LU of -20 LUFS", rate(exact, len(written)), "all"],
    ]


def print_goals(
    clean: Sequence[Checked],
    spoiled: Sequence[Checked],
    unspoiled: Sequence[Checked],
    mixes: Sequence[MixResult],
    copies: Sequence[CopyResult],
    written: Sequence[WrittenFiles] = (),
) -> None:
    """The goals of the recording check, each as a rate."""
    own = own_codes(unspoiled)
    good = of_label(clean, "good")
    rows: list[list[object]] = [["goal", "reached", "wanted"]]
    if good:
        verdicts = Counter(one.report.verdict for one in good)
        bad = verdicts["disappointing"] + verdicts["unusable"]
        rows.append(["good clips called good", rate(verdicts["good"], len(good)), ">= 95 %"])
        rows.append(["good clips called disappointing or worse", rate(bad, len(good)), "0"])
        rows.append(
            ["verdict changes between clips of a speaker", rate(*verdict_changes(clean)), ""]
        )
    if spoiled:
        misnamed = sum(bool(wrong_names(one, own)) for one in spoiled)
        rows.append(["spoiled clips with a wrong name", rate(misnamed, len(spoiled)), "< 3 %"])
    if mixes:
        inside = sum(mix.is_in_good_half for mix in mixes)
        rows.append(["best passage wholly in the good half", rate(inside, len(mixes)), "28 of 30"])
    if copies:
        offered = [copy for copy in copies if copy.offered]
        removed = sum(not copy.hum_after for copy in offered)
        worse = sum(copy.verdict_after > copy.verdict_before for copy in offered)
        rows.append(
            ["named hum for which a clean copy is offered", rate(len(offered), len(copies)), ""]
        )
        rows.append(["offered clean copy removes the hum", rate(removed, len(offered)), "all"])
        rows.append(["offered clean copy gets a worse verdict", rate(worse, len(offered)), "0"])
    rows += written_rows(written)
    print("\nGoals")
    print_rows(rows)
    wrong = Counter(code for one in spoiled for code in wrong_names(one, own))
    if wrong:
        print("Wrong names:", ", ".join(f"{code} {count}" for code, count in wrong.most_common()))
    outside = Counter(mix.mix.defect.name for mix in mixes if not mix.is_in_good_half)
    if outside:
        print("Passage outside the good half:", ", ".join(f"{n} {c}" for n, c in outside.items()))


def rate(count: int, total: int) -> str:
    """As in `12 of 30 (40.0 %)`."""
    return f"{count} of {total} ({100 * count / max(1, total):.1f} %)"
