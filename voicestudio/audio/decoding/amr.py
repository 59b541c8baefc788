"""Audio: the frames of AMR that hold no speech, which FFmpeg cannot decode."""

from typing import Final

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.packet import Packet

# Frames from this type on hold no speech: background noise, or nothing.
# Source: 3GPP TS 26.101 and 26.201, table 1a.
_FIRST_SILENT_TYPE: Final = {"amr_nb": 8, "amr_wb": 9}
_FRAME_S: Final = 0.02


def silence_in_packet(stream: AudioStream, packet: Packet) -> AudioFrame | None:
    """Silence as long as an AMR packet that holds no speech; None for any other packet."""
    first_silent_type = _FIRST_SILENT_TYPE.get(stream.codec_context.codec.canonical_name)
    if first_silent_type is None or not packet.size:
        return None
    if bytes(packet)[0] >> 3 & 15 < first_silent_type:
        return None
    rate = stream.codec_context.sample_rate
    samples = np.zeros((1, round(rate * _FRAME_S)), np.float32)
    frame = AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
    frame.sample_rate = rate
    frame.pts = packet.pts
    if packet.time_base is not None:
        frame.time_base = packet.time_base
    return frame
