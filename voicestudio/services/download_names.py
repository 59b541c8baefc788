"""Download names: what a stored file is called on the device of the person who downloads it."""

import re
from pathlib import PurePosixPath
from typing import Final

# Extensions that the name of a converted recording or of a video loses.
OWN_EXTENSION: Final = re.compile(
    r"\.(mp3|m4a|wav|flac|ogg|opus|aac|mka|wma|webm|mp4|m4v|mov|mkv|avi|flv|wmv|mpe?g|mts|3gp)$",
    re.IGNORECASE,
)
# Extensions of recordings that are kept as they came.
OTHER_FORMATS: Final = frozenset(
    (
        "3gp aac ac3 aif aifc aiff amr ape au awb caf dsf dts eac3 gsm m4b mka mov tta w64 wma wv"
    ).split()
)
# Characters that Windows does not allow in a name.
FORBIDDEN: Final = re.compile(r'[\x00-\x1f\x7f/\\<>:"|?*]+')
# Windows opens a device instead of a file with such a name, whatever follows its first full stop.
DEVICE: Final = re.compile(
    r"(con|prn|aux|nul|(com|lpt)[0-9\u00b9\u00b2\u00b3])(?= *(\.|$))", re.IGNORECASE
)
LONGEST: Final = 120
# Linux and macOS allow 255 bytes; the rest is for a number in front, and the extension.
LONGEST_BYTES: Final = 240


def download_name(title: str, stored_name: str) -> str:
    """The title with the extension of the actual format.

    A format that MiniMax does not accept is stored as "audio", and keeps its own extension.
    """
    extension = PurePosixPath(stored_name).suffix.lstrip(".").lower()
    own = PurePosixPath(title).suffix.lstrip(".").lower()
    if extension == "audio" and own in OTHER_FORMATS:
        extension, title = own, title.rpartition(".")[0]
    stem = " ".join(FORBIDDEN.sub(" ", title).split()).strip(" .")
    stem = OWN_EXTENSION.sub("", stem)[:LONGEST]
    stem = stem.encode()[:LONGEST_BYTES].decode(errors="ignore").rstrip(" .") or "audio"
    if device := DEVICE.match(stem):
        stem = f"{device[0]}_{stem[device.end() :].lstrip()}"
    return f"{stem}.{extension}"
