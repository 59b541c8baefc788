"""Audio: check a file, convert it to one that the provider accepts, and keep it."""

import secrets
import shutil
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from . import rules
from .clip_writer import ClipWriter, open_clip
from .decoding import open_recording
from .headers import sniff_file
from .probe import read_metadata
from .problems import AudioProblem
from .results import IngestedFile, Metadata
from .segments import mix_down, read_mix
from .track_selection import select_track


def inspect(
    path: Path,
    *,
    purpose: str = "voice_clone",
    max_bytes: int = rules.SOURCE_MAX_BYTES,
    longest_ms: int | None = None,
) -> Metadata:
    """Decode a file of at most `max_bytes` once and return its metadata.

    With `longest_ms`, a file longer than the provider accepts is measured up to that length; it is
    not `acceptable`.

    Raises AudioProblem with the code too_large, empty, not_audio, damaged, video, no_audio,
    too_short, too_long or silent, and OSError if there is no such file.
    Source of the lengths: provider.md, "Audio".
    """
    rules.check_file(path, max_bytes)
    span = rules.SPANS[purpose]
    metadata = read_metadata(path, limit_ms=max(span.limit, longest_ms or 0))
    rules.check_metadata(metadata, purpose, longest_ms=longest_ms)
    if metadata.duration_ms > span.longest:  # by an encoder's padding
        return replace(metadata, acceptable=False)
    return metadata


def convert(
    source: Path, target: Path, *, longest_ms: int | None = None, mono: bool = False
) -> None:
    """Write `source` to `target` as mp3: 192 kbit/s, 44.1 or 32 kHz, one or two channels.

    One channel stays one and two stay two, so that nothing cancels out, unless `mono` is set; more
    become one (see `downmix`). Metadata is not copied. The length is kept within 50 ms, but what
    lies after `longest_ms` is cut off. The encoder lowers the level by 0.3 dB, against clipping.

    Raises AudioProblem like `inspect`, and too_long beyond 800 s without `longest_ms`. `target`
    does not exist then.
    """
    rules.check_file(source, rules.SOURCE_MAX_BYTES)
    most_ms = rules.CLIP_MAX_MS if longest_ms is None else longest_ms
    try:
        with ExitStack() as stack:
            mix = read_mix(source, to_s=most_ms / 1000, stereo=mono)
            decoder = stack.enter_context(open_recording(source))
            writer: ClipWriter | None = None
            written_s = 0.0
            for block, rate in mix_down(decoder.blocks(stop_after_s=most_ms / 1000), mix):
                if writer is None:
                    writer = stack.enter_context(open_clip(target, "mp3", len(block), rate))
                room = max(0, round((most_ms / 1000 - written_s) * rate))
                writer.write(block[:, :room], rate)
                written_s += block.shape[1] / rate
        if writer is None:
            raise AudioProblem("damaged")
        duration_ms = round(decoder.seconds * 1000)
        if longest_ms is None and duration_ms > most_ms:
            raise AudioProblem("too_long", duration_ms=duration_ms, limit_ms=most_ms)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def ingest(
    source: Path,
    folder: Path,
    *,
    purpose: str,
    move: bool = False,
    stem: str = "",
    max_bytes: int = rules.SOURCE_MAX_BYTES,
    longest_ms: int | None = None,
    track: int | None = None,
) -> IngestedFile:
    """Check a file and keep it in `folder`, converted unless the provider accepts it unchanged.

    Of a video only the sound is kept. Of several audio tracks the one with the most speech is kept,
    or the one of the number `track`; all are stored in a file beside it, to choose from later.
    With `longest_ms`, a file longer than the provider accepts is kept unchanged, to be cut later.
    Its name in `folder` is `stem` (random if empty) with the extension of the content. With `move`
    the source is moved; within one file system its bytes are not copied. The metadata is that of
    the file in `folder`. Raises AudioProblem like `inspect`, and inseparable; source and folder are
    unchanged then.
    """
    rules.check_file(source, max_bytes)
    target = folder / (stem or secrets.token_hex(16))
    selection = select_track(source, target, track)
    if selection is None:
        extension = sniff_file(source) or "audio"
        return _keep(source, target, extension, purpose, move=move, longest_ms=longest_ms)
    copy, track_set = selection.path, selection.track_set
    extension = copy.suffix.removeprefix(".")
    try:
        ingested = _keep(copy, target, extension, purpose, move=True, longest_ms=longest_ms)
    except BaseException:
        for path in (copy, *([track_set.path] if track_set else [])):
            path.unlink(missing_ok=True)
        raise
    if move:
        source.unlink(missing_ok=True)
    notes = [*selection.notes, *ingested.metadata.notes]
    return replace(ingested, metadata=replace(ingested.metadata, notes=notes), track_set=track_set)


def _keep(
    source: Path, target: Path, extension: str, purpose: str, *, move: bool, longest_ms: int | None
) -> IngestedFile:
    """Check a file of one audio track and keep it as `target` with the extension of its content.

    `extension` is that of the source; MiniMax may know the content by another one.
    """
    size = source.stat().st_size
    metadata = inspect(source, purpose=purpose, max_bytes=size, longest_ms=longest_ms)
    unchanged = metadata.acceptable or rules.must_be_cut(metadata.duration_ms, purpose)
    extension = (metadata.extension or extension) if unchanged else "mp3"
    target = target.with_name(f"{target.name}.{extension}")
    try:
        if unchanged:
            # A symbolic link is not moved; the file that it points to is copied.
            keep = shutil.move if move and not source.is_symlink() else shutil.copyfile
            keep(source, target)
            ingested = IngestedFile(target, metadata)
        else:
            mono = any(note["code"] == "opposite_phase" for note in metadata.notes)
            convert(source, target, longest_ms=rules.SPANS[purpose].longest, mono=mono)
            # We wrote this file, so the rules are not applied to it again.
            written = replace(read_metadata(target), notes=metadata.notes)
            ingested = IngestedFile(target, written, converted_from=metadata.codec)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    if move:
        source.unlink(missing_ok=True)
    return ingested
