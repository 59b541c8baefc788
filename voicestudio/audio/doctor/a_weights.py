"""Audio, doctor: A-weighting, which tells how loud a frequency is heard.

Source: IEC 61672-1, annex E.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

_POLES_HZ: Final = (20.6, 107.7, 737.9, 12_194.0)
_AT_1_KHZ_DB: Final = 2.0  # so that the weight of 1 kHz is 0 dB


def a_weights(hertz: ArrayLike) -> NDArray[np.float64]:
    """The factor of power for each frequency; 1 at 1 kHz."""
    square = np.asarray(hertz, np.float64) ** 2
    low, lower_mid, upper_mid, high = (pole**2 for pole in _POLES_HZ)
    response = high * square**2
    response /= (square + low) * (square + high)
    response /= np.sqrt((square + lower_mid) * (square + upper_mid))
    weights: NDArray[np.float64] = response**2 * 10 ** (_AT_1_KHZ_DB / 10)
    return weights
