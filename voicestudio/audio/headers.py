"""Audio: container headers, read without a decoder; never trusted alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

HEAD_BYTES: Final = 64  # what `sniff` needs at most
_ID3_MAX: Final = 64 * 1024 * 1024
_CHUNKS_MAX: Final = 200  # the search ends after so many chunks of a wav, or boxes of an MP4
# Writers that cannot seek back (pipes, browsers) leave sizes from here on: "until the end".
_OPEN_ENDED: Final = 0x7FFF0000
# Bit rates of layer III by their index from 1 on.
_KBITS_MPEG_1: Final = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBITS_MPEG_2: Final = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_VBRI_AT: Final = 36  # behind the start of its frame
_FORMAT_BYTES_MAX: Final = 4096
_UNKNOWN_LENGTH: Final = 0xFFFFFFFF
_PADDING_MAX: Final = 64 * 1024  # recorders fill up the last block of a card


class WavRepair(NamedTuple):
    """How to read a wav whose header is wrong: as `head`, then the file from `data_start` on.

    `stated_s` is the length (s) in a header that ends before the sound does, else None.
    """

    head: bytes
    data_start: int
    stated_s: float | None


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


def mp3_frame_bytes(frame: bytes) -> int:
    """Bytes of the MPEG audio layer III frame that starts with this header; 0 if it is none."""
    if not _is_mp3_frame(frame):
        return 0
    is_mpeg_1 = frame[1] >> 3 & 3 == 3
    kbits = (_KBITS_MPEG_1 if is_mpeg_1 else _KBITS_MPEG_2)[(frame[2] >> 4) - 1]
    return (144 if is_mpeg_1 else 72) * kbits * 1000 // _mp3_rate(frame) + (frame[2] >> 1 & 1)


def adts_header_bytes(packet: bytes) -> int:
    """Bytes of the ADTS header that this AAC packet starts with; 0 without one, as in an MP4."""
    if len(packet) < 2 or packet[0] != 0xFF or packet[1] & 0xF6 != 0xF0:
        return 0
    return 7 if packet[1] & 1 else 9  # with a checksum


def mp3_frame_s(frame: bytes) -> float:
    """Length (s) of the MPEG audio layer III frame that starts with this header."""
    return (1152 if frame[1] >> 3 & 3 == 3 else 576) / _mp3_rate(frame)


def _mp3_rate(frame: bytes) -> int:
    version = frame[1] >> 3 & 3  # 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
    return (44100, 48000, 32000)[frame[2] >> 2 & 3] >> {3: 0, 2: 1, 0: 2}[version]


def wav_data_sizes(path: Path) -> tuple[int | None, int] | None:
    """Bytes of samples (stated, present) of a RIFF/WAVE file; stated is None when open-ended.

    None if there is no data chunk.
    """
    with path.open("rb") as file:
        chunks = list(_wav_chunks(file))
        size = file.seek(0, 2)
    if not chunks or chunks[-1].name != b"data":
        return None
    length, present = chunks[-1].length, size - chunks[-1].start
    open_ended = length >= _OPEN_ENDED or (length == 0 and present > 1)
    return (None if open_ended else length, present)


def repair_wav(path: Path) -> WavRepair | None:
    """How to read a wav with a wrong header; None for a header that can be read as it is.

    Some programs leave out the byte of padding behind a chunk of an odd length. A recorder that
    lost its power leaves the length that it had last written.
    """
    with path.open("rb") as file:
        chunks = list(_wav_chunks(file))
        if not chunks or chunks[-1].name != b"data":
            return None
        data = chunks[-1]
        size = file.seek(0, 2)
        format_chunk = next((chunk for chunk in chunks if chunk.name == b"fmt "), None)
        if format_chunk is None or format_chunk.length > _FORMAT_BYTES_MAX:
            return None
        file.seek(format_chunk.start)
        wave_format = file.read(format_chunk.length)
        byte_rate = int.from_bytes(wave_format[8:12], "little")
        goes_on = bool(byte_rate) and _goes_on(file, data.start + data.length, size)
    if not goes_on and all(chunk.is_padded for chunk in chunks):
        return None
    length = _UNKNOWN_LENGTH if goes_on else data.length
    head = b"".join(
        [
            b"RIFF\xff\xff\xff\xffWAVEfmt ", len(wave_format).to_bytes(4, "little"), wave_format,
            b"\0" * (len(wave_format) % 2), b"data", length.to_bytes(4, "little"),
        ]
    )  # fmt: skip
    return WavRepair(head, data.start, data.length / byte_rate if goes_on else None)


def _goes_on(file: BinaryIO, data_end: int, size: int) -> bool:
    """Is there sound behind the stated end of the data: no chunk, padding or zeros?"""
    if size - data_end <= _PADDING_MAX:
        return False
    file.seek(data_end + data_end % 2)
    head = file.read(8)
    return not _is_chunk(head, size - file.tell()) and any(head + file.read(_PADDING_MAX))


def _is_chunk(head: bytes, left: int) -> bool:
    """Are these 8 bytes the head of a RIFF chunk that ends with the file or before?"""
    is_name = all(32 <= byte < 127 for byte in head[:4])
    return is_name and int.from_bytes(head[4:], "little") <= left


class _Chunk(NamedTuple):
    """A chunk of a wav: where its content starts, and its stated length (bytes)."""

    name: bytes
    start: int
    length: int
    is_padded: bool  # to an even length


def _wav_chunks(file: BinaryIO) -> Iterator[_Chunk]:
    """The chunks of a RIFF/WAVE file up to the data, which comes last."""
    file.seek(12)
    for _ in range(_CHUNKS_MAX):
        head = file.read(8)
        if len(head) < 8:
            return
        name, length = head[:4], int.from_bytes(head[4:], "little")
        start = file.tell()
        if name == b"data":
            yield _Chunk(name, start, length, is_padded=True)
            return
        file.seek(length, 1)
        # Nearly all names of chunks begin with a letter, and the padding is a zero.
        is_padded = not length % 2 or file.read(1) == b"\0"
        if not is_padded:
            file.seek(-1, 1)
        yield _Chunk(name, start, length, is_padded)


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
    """Length (s) that the Xing, Info or VBRI frame of an mp3 states; None without such a frame."""
    with path.open("rb") as file:
        frame = _first_frame(file)
    if not _is_mp3_frame(frame):
        return None
    is_mpeg_1 = frame[1] >> 3 & 3 == 3
    mono = frame[3] >> 6 == 3
    side = (17 if mono else 32) if is_mpeg_1 else (9 if mono else 17)
    tag = frame[4 + side :]
    vbri = frame[_VBRI_AT:]
    if vbri[:4] == b"VBRI":
        return int.from_bytes(vbri[14:18], "big") * mp3_frame_s(frame)
    if tag[:4] not in {b"Xing", b"Info"} or not tag[7] & 1:
        return None
    frames = int.from_bytes(tag[8:12], "big")
    return frames * mp3_frame_s(frame)


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
