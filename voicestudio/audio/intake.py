"""Audio: look at a file, make it one that the provider takes, and keep it.

PyAV and numpy are imported inside the functions: together they cost 40 MB and 0.2 s, which a web
server that leaves the work to a child process never pays.
"""

from __future__ import annotations

import secrets
import shutil
from dataclasses import replace
from pathlib import Path

from . import rules
from .headers import head_of, sniff
from .measures import Measures, Purpose, Taken


def inspect(
    path: Path,
    *,
    purpose: Purpose = "voice_clone",
    max_bytes: int = rules.SOURCE_MAX_BYTES,
    longest_ms: int | None = None,
) -> Measures:
    """Decode the file once and measure it, at most `max_bytes` of it.

    With `longest_ms`, a sample that is too long for the provider, but not longer than that, is
    measured too; it is not `acceptable`.

    Raises AudioProblem with the code too_large, empty, not_audio, damaged, video, no_audio,
    too_short, too_long or silent, and OSError if there is no such file.
    Source of the lengths: provider.md, "Audio".
    """
    rules.check_file(path, max_bytes)
    from .measuring import measure  # heavy, see above

    span = rules.SPANS[purpose]
    measures = measure(path, limit_ms=max(span.limit, longest_ms or 0))
    rules.check(measures, purpose, longest_ms=longest_ms)
    if measures.duration_ms > span.longest:  # by an encoder's padding
        return replace(measures, acceptable=False)
    return measures


def convert(source: Path, target: Path, *, longest_ms: int | None = None) -> None:
    """Write anything that can be decoded as an mp3 that the provider takes, without metadata.

    What lies behind `longest_ms` is cut off; without it, more than 800 s are refused.
    Raises AudioProblem; `target` does not exist then.
    """
    rules.check_file(source, rules.SOURCE_MAX_BYTES)
    from .encoding import encode  # heavy, see above

    try:
        encode(source, target, longest_ms=longest_ms)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def take_in(
    source: Path,
    folder: Path,
    *,
    purpose: Purpose,
    move: bool = False,
    stem: str = "",
    max_bytes: int = rules.SOURCE_MAX_BYTES,
    longest_ms: int | None = None,
) -> Taken:
    """Inspect the file and keep it in `folder` as one that the provider takes.

    With `longest_ms`, one that is too long for the provider is kept as it is, to be cut.

    What is acceptable keeps its bytes, anything else is converted. The name in `folder` is `stem`
    (random when empty) with the extension of the content. With `move` the source is gone
    afterwards; within one file system nothing is copied then. The measures are those of the file
    that was kept. Raises AudioProblem like `inspect`; then `folder` and source are as before.
    """
    found = inspect(source, purpose=purpose, max_bytes=max_bytes, longest_ms=longest_ms)
    stem = stem or secrets.token_hex(16)
    as_it_is = found.acceptable or rules.is_to_be_cut(found.duration_ms, purpose)
    target = folder / f"{stem}.{_extension(source, found) if as_it_is else 'mp3'}"
    try:
        if as_it_is:
            _keep(source, target, move=move)
            taken = Taken(target, found)
        else:
            convert(source, target, longest_ms=rules.SPANS[purpose].longest)
            taken = Taken(target, _measures_of_ours(target), converted_from=found.codec)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    if move:
        source.unlink(missing_ok=True)
    return taken


def waveform_of(path: Path) -> tuple[list[int], int]:
    """The 110 bars (0..100) of any audio file, and its length in ms (heard up to 4 hours).

    Raises AudioProblem when nothing of it can be heard.
    """
    rules.check_file(path, rules.SOURCE_MAX_BYTES)
    from .measuring import picture  # heavy, see above

    return picture(path)


def _extension(source: Path, found: Measures) -> str:
    """That of the content, so that a browser knows what it plays."""
    return found.extension or sniff(head_of(source)) or "audio"


def _keep(source: Path, target: Path, *, move: bool) -> None:
    """Bring the bytes to `target`; a link is not moved, but what it points to is copied."""
    if move and not source.is_symlink():
        shutil.move(source, target)
    else:
        shutil.copyfile(source, target)


def _measures_of_ours(path: Path) -> Measures:
    """Measures of what we have written; no rule is applied again."""
    from .measuring import measure  # heavy, see above

    return measure(path)
