"""`make corpus`: builds the corpus once, checks it and prints the tables.

    python -m tests.evaluation [--half tuning|judging|both] [--only hum buzz] [--sample 8]

`--only` takes words from the names of defects, or the parts
"clean", "mixes", "copies", "speech" (pauses in noise) and "files" (prompt clips, cuts, copies).
"""

import argparse
import os
import time
from dataclasses import fields
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # two processes use two cores
os.environ.setdefault("OMP_NUM_THREADS", "1")

from tests.evaluation import cases, figures, goals, tables
from tests.evaluation.clips import Clip, build_clips, load_clips
from tests.evaluation.kept_results import PROCESSES
from tests.evaluation.reports import check_cases
from tests.evaluation.speech_frames import check_speech_frames
from tests.evaluation.truth import Truth
from tests.evaluation.written_files import check_written_files

PARTS = frozenset({"clean", "mixes", "copies", "speech", "files"})


def default_cache() -> Path:
    """Where the corpus is kept if nothing else is said."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "voicestudio-corpus"


def parse_arguments() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.evaluation", description=__doc__)
    parser.add_argument("--cache", type=Path, default=default_cache())
    parser.add_argument("--half", choices=("tuning", "judging", "both"), default="judging")
    parser.add_argument("--only", nargs="*", default=[], metavar="WORD")
    parser.add_argument("--sample", type=int, default=8, help="speakers for each defect and size")
    parser.add_argument("--processes", type=int, default=PROCESSES)
    parser.add_argument("--build", action="store_true", help="build the clips again and stop")
    parser.add_argument("--figures", type=Path, metavar="FOLDER", help="draw the measures as SVG")
    parser.add_argument("--list", action="store_true", help="list the clips and stop")
    return parser.parse_args()


def main() -> None:
    """Build what is missing, check, print."""
    options = parse_arguments()
    options.cache.mkdir(parents=True, exist_ok=True)
    clips = [] if options.build else load_clips(options.cache, options.processes)
    if not clips:
        build_clips(options.cache)
        clips = load_clips(options.cache, options.processes)
    if options.half != "both":
        clips = [clip for clip in clips if clip.half == options.half]
    describe(clips, options.half)
    if options.list:
        list_clips(clips)
    elif not options.build:
        evaluate(clips, options)


def describe(clips: list[Clip], half: str) -> None:
    """One line about the corpus."""
    people = {clip.speaker.person for clip in clips}
    languages = {clip.speaker.language.split("_")[0] for clip in clips}
    minutes = sum(clip.seconds for clip in clips) / 60
    print(
        f"{half}: {len(clips)} clips, {minutes:.0f} minutes, {len(people)} speakers, "
        f"{len(languages)} languages; {len(cases.spoilable(clips))} clips are spoiled"
    )


def list_clips(clips: list[Clip]) -> None:
    """Print the facts of each clip."""
    facts = [fact.name for fact in fields(Truth)]
    tables.print_rows(
        [["clip", "half", "acceptance", *facts, "faults", "licence"]]
        + [
            [
                clip.path, clip.half, clip.truth.acceptance,
                *(getattr(clip.truth, fact) for fact in facts),
                ", ".join(clip.truth.faults), clip.speaker.licence,
            ]
            for clip in clips
        ]
    )  # fmt: skip


def evaluate(clips: list[Clip], options: argparse.Namespace) -> None:
    """Check the chosen parts and print their tables."""
    started = time.monotonic()
    words = [word for word in options.only if word not in PARTS]
    parts = (set(options.only) & PARTS) or (PARTS if not words else set[str]())
    cache, processes = options.cache, options.processes
    spoiled_cases = (
        cases.spoiled_cases(clips, words, options.sample) if words or not options.only else []
    )
    clean = (
        check_cases(cache, cases.clean_cases(clips), clips, processes=processes)
        if "clean" in parts or (spoiled_cases and options.figures)
        else []
    )
    spoiled = check_cases(cache, spoiled_cases, clips, processes=processes)
    unspoiled = check_cases(cache, cases.unspoiled_cases(spoiled_cases), clips, processes=processes)
    mixes = (
        goals.check_mixes(cache, goals.choose_mixes(clips, 30), clips, processes=processes)
        if "mixes" in parts
        else []
    )
    copies = (
        goals.check_copies(cache, clips, min(options.sample, 3), words, processes=processes)
        if "copies" in parts
        else []
    )
    written = check_written_files(cache, clips, processes=processes) if "files" in parts else []
    if "clean" in parts:
        tables.print_false_alarms(clean)
    if spoiled:
        tables.print_detection(spoiled, unspoiled)
    if "speech" in parts:
        tables.print_speech_errors(
            check_speech_frames(cache, clips, options.sample, processes=processes)
        )
    tables.print_goals(clean, spoiled, unspoiled, mixes, copies, written)
    if options.figures:
        for path in figures.draw_figures(clean, spoiled, options.figures):
            print(f"Written: {path}")
    print(f"\n{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
