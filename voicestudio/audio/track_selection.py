"""Audio: takes the sound out of a video, and chooses one of several audio tracks."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from av.audio.stream import AudioStream

from .decoding import containers
from .decoding.tracks import measure_tracks
from .problems import AudioProblem
from .remux import copy_tracks
from .results import Note, Track, TrackSet


class Selection(NamedTuple):
    """A file that holds nothing but the audio track to use, and the set that it was chosen from."""

    path: Path
    notes: list[Note]
    track_set: TrackSet | None = None


class _Layout(NamedTuple):
    has_picture: bool
    tracks: list[Track]


def select_track(source: Path, stem: Path, track: int | None = None) -> Selection | None:
    """Copy the audio track to use, without decoding it; None if `source` holds nothing else.

    The track with the most speech is used, unless `track` (counted from 1) is given. If there are
    several, all are copied to one file as well. Cover pictures do not count as pictures. The new
    files are named `stem` with more extensions.

    Raises AudioProblem like `inspect`, and inseparable; there are no new files then.
    """
    layout = _read_layout(source)
    if not layout.has_picture and len(layout.tracks) == 1:
        return None
    notes: list[Note] = [{"code": "picture"}] if layout.has_picture else []
    alone = stem.with_name(f"{stem.name}.track")
    readable = [each.number for each in layout.tracks if each.readable]
    if track is not None and track not in readable:
        raise AudioProblem("not_audio")
    if track is not None or len(readable) == 1:
        number = track or readable[0]
        if track is None and len(layout.tracks) > 1:
            notes.append({"code": "only_track", "track": number, "count": len(layout.tracks)})
        return Selection(copy_tracks(source, alone, [number]).path, notes)
    together = copy_tracks(source, stem.with_name(f"{stem.name}.tracks"), readable)
    try:
        track_set, place = _measure(together.path, together.seconds, layout.tracks)
        number = list(together.seconds)[place - 1]
        notes.append({"code": "track", "track": number, "count": len(layout.tracks)})
        return Selection(copy_tracks(together.path, alone, [place]).path, notes, track_set)
    except BaseException:
        together.path.unlink(missing_ok=True)
        raise


def _measure(path: Path, seconds: dict[int, float], tracks: list[Track]) -> tuple[TrackSet, int]:
    """The tracks with their speech, and the place in `path` of the one with the most."""
    measured = measure_tracks(path)
    places = {number: place for place, number in enumerate(seconds, start=1)}
    described = [
        replace(
            track,
            duration_ms=round(seconds[track.number] * 1000),
            speech_ms=round(measured[places[track.number]].speech_s * 1000),
            judged_ms=round(measured[places[track.number]].judged_s * 1000),
        )
        if track.number in places
        else replace(track, readable=False)
        for track in tracks
    ]
    best = max(measured, key=lambda place: (*measured[place].rank, -place))
    return TrackSet(path, described), best


def _read_layout(source: Path) -> _Layout:
    with containers.open_container(source) as (container, _repair):
        readable = containers.audio_tracks(container)
        tracks = [
            _describe(number, stream, readable=number in readable)
            for number, stream in enumerate(container.streams.audio, start=1)
        ]
        return _Layout(containers.has_picture(container), tracks)


def _describe(number: int, stream: AudioStream, *, readable: bool) -> Track:
    title = stream.metadata.get("title") or stream.metadata.get("name") or ""
    language = _clean(stream.metadata.get("language", ""))
    return Track(
        number=number,
        title=_clean(title)[:120],
        language="" if language == "und" else language[:20],
        readable=readable,
    )


def _clean(text: str) -> str:
    """The text on one line, without what no database and no page can hold.

    FFmpeg does not convert texts of other encodings. PyAV gives their bytes as surrogates.
    """
    decoded = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return " ".join("".join(char if char.isprintable() else " " for char in decoded).split())
