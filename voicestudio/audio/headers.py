"""Audio: container headers, read without a decoder; never trusted alone."""

from pathlib import Path
from typing import BinaryIO, Final

HEAD_BYTES: Final = 64  # what `sniff` needs at most
_ID3_MAX: Final = 64 * 1024 * 1024
_CHUNKS_MAX: Final = 200  # the search ends after so many chunks of a wav, or boxes of an MP4
# Writers that cannot seek back (pipes, browsers) leave sizes from here on: "until the end".
_OPEN_ENDED: Final = 0x7FFF0000


def sniff(head: bytes) -> str:
    """The container that starts with these bytes: "mp3" "wav" "m4a" "flac" "ogg" "webm", or "".

    Needs the first 12 bytes or more. An "m4a" may be any file of the MP4 family.
    """
    if head[:3] == b"ID3" or _is_mp3_frame(head):
        return "mp3"
    if head[:4] in {b"RIFF", b"RF64"} and head[8:12] == b"WAVE":
        return "wav"
    if head[4:8] == b"ftyp":
        return "m4a"
    for magic, name in ((b"fLaC", "flac"), (b"OggS", "ogg"), (b"\x1a\x45\xdf\xa3", "webm")):
        if head.startswith(magic):
            return name
    return ""


def sniff_file(path: Path) -> str:
    """`sniff` of a file."""
    with path.open("rb") as file:
        return sniff(file.read(HEAD_BYTES))


def _is_mp3_frame(head: bytes) -> bool:
    """Is this the header of an MPEG audio layer III frame?"""
    return (
        len(head) >= 4
        and head[0] == 0xFF
        and head[1] & 0xE0 == 0xE0
        and head[1] & 0x18 != 0x08  # reserved version
        and head[1] & 0x06 == 0x02  # layer III
        and head[2] & 0xF0 not in {0x00, 0xF0}  # free or bad bit rate
        and head[2] & 0x0C != 0x0C  # reserved sample rate
    )


def wav_data_sizes(path: Path) -> tuple[int | None, int] | None:
    """Bytes of samples (stated, present) of a RIFF/WAVE file; stated is None when open-ended.

    None if there is no data chunk.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(12)
        for _ in range(_CHUNKS_MAX):
            chunk = file.read(8)
            if len(chunk) < 8:
                return None
            length = int.from_bytes(chunk[4:], "little")
            if chunk[:4] == b"data":
                present = size - file.tell()
                open_ended = length >= _OPEN_ENDED or (length == 0 and present > 1)
                return (None if open_ended else length, present)
            file.seek(length + length % 2, 1)
    return None


def is_fragmented(path: Path) -> bool:
    """Is this a fragmented MP4, as browsers record it? Its header states no length."""
    with path.open("rb") as file:
        end = file.seek(0, 2)
        start = 0
        for _ in range(_CHUNKS_MAX):
            file.seek(start)
            box = file.read(16)
            if len(box) < 8:
                return False
            if box[4:8] == b"moof":
                return True
            length = int.from_bytes(box[:4], "big")
            if length == 1:  # a length of 64 bits follows
                length = int.from_bytes(box[8:], "big")
            if length < 8 or start + length > end:
                return False
            start += length
    return False


def mp3_header_s(path: Path) -> float | None:
    """Length (s) that the Xing/Info frame of an mp3 states; None if it has no such frame."""
    with path.open("rb") as file:
        frame = _first_frame(file)
    if not _is_mp3_frame(frame):
        return None
    version = frame[1] >> 3 & 3  # 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
    mono = frame[3] >> 6 == 3
    side = (17 if mono else 32) if version == 3 else (9 if mono else 17)
    tag = frame[4 + side :]
    if tag[:4] not in {b"Xing", b"Info"} or not tag[7] & 1:
        return None
    frames = int.from_bytes(tag[8:12], "big")
    rate = (44100, 48000, 32000)[frame[2] >> 2 & 3] >> {3: 0, 2: 1, 0: 2}[version]
    return frames * (1152 if version == 3 else 576) / rate


def _first_frame(file: BinaryIO) -> bytes:
    """The first bytes after the ID3 tags."""
    for _ in range(8):
        start = file.tell()
        head = file.read(10)
        if head[:3] != b"ID3" or len(head) < 10:
            file.seek(start)
            return file.read(64)
        length = 0
        for byte in head[6:10]:  # seven bits in each
            length = length << 7 | byte & 0x7F
        footer = 10 if head[5] & 0x10 else 0
        file.seek(min(start + 10 + length + footer, _ID3_MAX))
    return b""
