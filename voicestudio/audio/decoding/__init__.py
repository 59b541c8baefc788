"""Audio: decodes a file to blocks of samples."""

from .blocks import Block, hop
from .decoder import Decoder
from .tracks import open_recording

__all__ = ["Block", "Decoder", "hop", "open_recording"]
