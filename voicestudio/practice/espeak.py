"""Practice, espeak: text to speech with the espeak-ng library, through ctypes.

The wrappers on PyPI (py-espeak-ng, espeakng, espeak-ng-python) need espeak-ng installed on the
machine; espeakng-loader brings the library with it, but no functions.
"""

import ctypes
import importlib
import tempfile
import threading
from pathlib import Path

from voicestudio.practice.sound import Sound

SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: samples go to our callback, nothing is played
DONT_EXIT = 0x8000  # otherwise the library exits the process when its data is missing
CHARS_UTF8 = 1
RATE, PITCH, RANGE = 1, 3, 4  # espeak_PARAMETER
MAX_PATH_LENGTH = 140  # the library truncates longer data paths silently

CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class SpeechUnavailable(Exception):  # noqa: N818
    """The speech library is not installed or does not start."""


class Espeak:
    """The loaded library. It keeps global state, so calls are serialized."""

    def __init__(self) -> None:
        try:
            loader = importlib.import_module("espeakng_loader")
            library = ctypes.CDLL(loader.get_library_path())
            data = Path(loader.get_data_path())
        except (ImportError, OSError, RuntimeError) as error:
            raise SpeechUnavailable(str(error)) from error
        if len(str(data)) > MAX_PATH_LENGTH:
            self._short_path = tempfile.TemporaryDirectory(prefix="espeak-")
            link = Path(self._short_path.name) / "espeak-ng-data"
            link.symlink_to(data)
            data = link
        c_int, c_uint, c_void_p = ctypes.c_int, ctypes.c_uint, ctypes.c_void_p
        library.espeak_Initialize.argtypes = [c_int, c_int, ctypes.c_char_p, c_int]
        library.espeak_Synth.argtypes = [
            *(ctypes.c_char_p, ctypes.c_size_t, c_uint, c_int),
            *(c_uint, c_uint, c_void_p, c_void_p),
        ]
        rate = library.espeak_Initialize(SYNCHRONOUS, 200, str(data).encode(), DONT_EXIT)
        if rate <= 0:
            raise SpeechUnavailable("espeak-ng does not find its data")
        self.rate: int = rate
        self._library = library
        self._pcm = bytearray()
        self._lock = threading.Lock()
        self._warmed_up: set[bytes] = set()
        self._callback = CALLBACK(self._receive)  # kept, because the library holds a bare pointer
        library.espeak_SetSynthCallback(self._callback)

    def _receive(self, samples: object, count: int, _events: object) -> int:
        if samples and count > 0:
            self._pcm += ctypes.string_at(samples, count * 2)  # type: ignore[arg-type]
        return 0

    def synthesize(
        self, text: str, *, language: str, variant: str, pitch: int, words_per_minute: int = 165
    ) -> Sound:
        """Return `text` spoken by a voice of the library; `pitch` from 0 to 99."""
        encoded = text.replace("\0", " ").encode(errors="replace")
        with self._lock:
            self._pcm = bytearray()
            name = f"{language}+{variant}".encode()
            if self._library.espeak_SetVoiceByName(name) != 0:
                name = f"en-us+{variant}".encode()
                self._library.espeak_SetVoiceByName(name)
            if name not in self._warmed_up:
                # A voice ignores the requested pitch in its first words.
                self._run(b"a")
                self._pcm.clear()
                self._warmed_up.add(name)
                self._library.espeak_SetVoiceByName(name)
            self._library.espeak_SetParameter(PITCH, pitch, 0)
            self._library.espeak_SetParameter(RATE, max(80, min(450, words_per_minute)), 0)
            self._run(encoded)
            return Sound(bytes(self._pcm), self.rate)

    def _run(self, text: bytes) -> None:
        self._library.espeak_Synth(text, len(text) + 1, 0, 1, 0, CHARS_UTF8, None, None)
        self._library.espeak_Synchronize()


_lock = threading.Lock()
_engine: Espeak | None = None
_start_error: SpeechUnavailable | None = None


def get_engine() -> Espeak:
    """Return the library, started by the first call; raises SpeechUnavailable."""
    global _engine, _start_error
    with _lock:
        if _engine is None and _start_error is None:
            try:
                _engine = Espeak()
                _engine.synthesize("Ready.", language="en-us", variant="f2", pitch=50)
            except SpeechUnavailable as error:
                _start_error = error
        if _engine is None:
            raise SpeechUnavailable(str(_start_error)) from _start_error
        return _engine
