"""Random numbers that are the same in every run."""

import hashlib

import numpy as np


def generator(*names: object) -> np.random.Generator:
    """A generator whose numbers depend on these names only."""
    text = "|".join(map(str, names))
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))
