"""Audio: where the weights of the speech detector's network are. Loads no numpy."""

from pathlib import Path
from typing import Final

WEIGHTS: Final = Path(__file__).parent / "silero_vad" / "weights.npz"


def has_speech_model() -> bool:
    """Is the network's file there? Without it, speech is detected by levels alone."""
    return WEIGHTS.is_file()
