"""Audio: how likely somebody speaks, every 32 ms, by the neural network of Silero VAD.

The folder `silero_vad` holds its weights (MIT licence, see there). The packages that run this
network were considered and not taken; docs/decisions/0011-speech-detector.md compares them.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from .growable_array import GrowableArray
from .speech_model import WEIGHTS

RATE: Final = 16_000  # Hz
_WINDOW: Final = 512  # samples, 32 ms
_CONTEXT: Final = 64  # samples of the window before, which the network gets with each window
_SPECTRUM: Final = 256  # samples of each of the four spectra of a window
_SPECTRUM_STEP: Final = 128
_STRIDES: Final = (1, 2, 2, 1)  # of the four convolutions
_CELLS: Final = 128  # of the recurrent layer
_PER_UNIT: Final = 18  # stored steps of the log odds: an int8 reaches 7, a probability of 0.999
_CHUNK: Final = 4096  # steps processed at a time
_LATE_S: Final = 0.02  # by which the network's answer lags behind the sound
_KEPT_S: Final = 330.0  # of sound that waits for `log_odds`; a sample has at most 5 minutes


_Array = NDArray[np.float32]

_HANN: Final[_Array] = np.hanning(_SPECTRUM + 1)[:-1].astype(np.float32)


@dataclass(frozen=True, slots=True)
class Network:
    """The weights, transposed for products of rows."""

    convolutions: list[tuple[_Array, _Array]]  # (3, inputs, outputs) and the bias
    input: _Array
    recurrent: _Array
    bias: _Array
    output: _Array
    output_bias: float

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file of weights. Raises OSError, EOFError, KeyError, ValueError, BadZipFile."""
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            weights: dict[str, _Array] = dict(arrays)
        # The rows of four gates: in the file input, output, forget, cell; here the cell is last.
        # A logistic function is (tanh(x / 2) + 1) / 2, so that one tanh serves all gates.
        gates = np.arange(4 * _CELLS).reshape(4, _CELLS)[[0, 2, 1, 3]].ravel()
        halves = np.where(np.arange(4 * _CELLS) < 3 * _CELLS, 0.5, 1).astype(np.float32)
        bias = weights["lstm.bias"].reshape(2, -1).sum(axis=0)
        return cls(
            [
                (
                    np.ascontiguousarray(weights[f"encoder.{index}.weight"].transpose(2, 1, 0)),
                    weights[f"encoder.{index}.bias"],
                )
                for index in range(len(_STRIDES))
            ],
            np.ascontiguousarray((weights["lstm.input"][gates] * halves[:, None]).T),
            np.ascontiguousarray(weights["lstm.recurrent"][gates] * halves[:, None]),
            bias[gates] * halves,
            weights["output.weight"].reshape(-1),
            float(weights["output.bias"][0]),
        )


@cache
def load_network(path: Path = WEIGHTS) -> Network | None:
    """The network, or None if its file is missing or damaged: levels alone decide then."""
    try:
        return Network.load(path)
    except (OSError, EOFError, KeyError, ValueError, BadZipFile):
        return None


class VoiceActivity:
    """Log odds that somebody speaks in each window of 32 ms. Add samples at 16 kHz.

    The network runs when `log_odds` is called, which most recordings do not need. Only a long
    recording, which would take much memory until then, is processed while samples are added.
    """

    def __init__(self, network: Network | None) -> None:
        self.network = network
        self._kept: list[_Array] = []
        self._seconds = 0.0
        self._rest = np.zeros(_CONTEXT, np.float32)
        self._hidden = np.zeros(_CELLS, np.float32)
        self._cell = np.zeros(_CELLS, np.float32)
        self._rows = GrowableArray(1, np.int8)

    def add(self, signal: _Array) -> None:
        """Add samples; some seconds at a time are faster than less."""
        if self.network is None:
            return
        self._kept.append(signal)
        self._seconds += len(signal) / RATE
        if self._seconds > _KEPT_S:
            self._process_kept()

    def _process_kept(self) -> None:
        kept, self._kept = self._kept, []
        for signal in kept:
            self._process(signal)

    def _process(self, signal: _Array) -> None:
        assert self.network is not None
        signal = np.concatenate([self._rest, signal])
        count = (len(signal) - _CONTEXT) // _WINDOW
        self._rest = signal[count * _WINDOW :].copy()
        if count:
            windows = np.lib.stride_tricks.sliding_window_view(signal, _CONTEXT + _WINDOW)
            odds = self._recur(self.network, _encode(self.network, windows[::_WINDOW][:count]))
            packed = np.clip(np.rint(odds * _PER_UNIT), -127, 127).astype(np.int8)
            self._rows.append(packed[:, None])

    def log_odds(self, count: int, step_s: float) -> _Array | None:
        """One value for each of `count` steps; None without a network or a whole window."""
        self._process_kept()
        rows = self._rows.rows[:, 0]
        if not len(rows):
            return None
        window_s = _WINDOW / RATE
        odds = np.empty(count, np.float32)
        for start in range(0, count, _CHUNK):  # saves memory for two hours
            end = min(start + _CHUNK, count)
            centers = ((np.arange(start, end) + 0.5) * step_s + _LATE_S) / window_s - 0.5
            first = min(max(0, int(centers[0])), len(rows) - 1)
            part = rows[first : int(centers[-1]) + 2]
            odds[start:end] = np.interp(centers - first, np.arange(len(part)), part) / _PER_UNIT
        return odds

    def _recur(self, network: Network, features: _Array) -> _Array:
        """The recurrent layer and the output: (windows, 4 * _CELLS) to log odds (windows,)."""
        hidden = np.empty((len(features), _CELLS), np.float32)
        gates = np.empty(4 * _CELLS, np.float32)
        logistic, candidate = gates[: 3 * _CELLS], gates[3 * _CELLS :]
        enter, keep, leave = logistic.reshape(3, _CELLS)
        cell, previous = self._cell, self._hidden
        for row, current in zip(features, hidden, strict=True):  # in place, which is faster
            np.dot(network.recurrent, previous, out=gates)
            gates += row
            np.tanh(gates, out=gates)
            logistic += 1
            logistic *= 0.5
            cell *= keep
            candidate *= enter
            cell += candidate
            np.tanh(cell, out=current)
            current *= leave
            previous = current
        self._hidden = previous.copy()
        odds: _Array = np.maximum(hidden, 0) @ network.output + network.output_bias
        return odds


def _encode(network: Network, windows: _Array) -> _Array:
    """Spectra, convolutions and the input of the recurrent layer: (windows, 4 * _CELLS)."""
    # Mirrored at the end, as in training.
    mirrored = np.concatenate([windows, windows[:, -2 : -2 - _CONTEXT : -1]], axis=1)
    parts = np.lib.stride_tricks.sliding_window_view(mirrored, _SPECTRUM, axis=1)
    spectra = np.fft.rfft(parts[:, ::_SPECTRUM_STEP] * _HANN)
    layer: _Array = np.sqrt(spectra.real**2 + spectra.imag**2)
    for (weights, bias), stride in zip(network.convolutions, _STRIDES, strict=True):
        layer = _convolve(layer, weights, bias, stride)
    return layer[:, 0] @ network.input + network.bias


def _convolve(layer: _Array, weights: _Array, bias: _Array, stride: int) -> _Array:
    """Three taps over time, then no negative values: (windows, times, channels)."""
    count, times, channels = layer.shape
    rows = layer.reshape(count, times * channels)
    result = np.empty((count, (times - 1) // stride + 1, weights.shape[2]), np.float32)
    for place in range(result.shape[1]):
        # Taps before the first and after the last time would multiply zeros.
        first, last = place * stride - 1, place * stride + 2
        before, after = max(0, -first), max(0, last - times)
        taps = weights[before : 3 - after].reshape(-1, weights.shape[2])
        inputs = rows[:, (first + before) * channels : (last - after) * channels]
        np.matmul(inputs, taps, out=result[:, place])
    result += bias
    return np.maximum(result, 0, out=result)
