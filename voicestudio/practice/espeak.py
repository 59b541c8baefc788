"""Practice, espeak: the espeak-ng library, loaded in this process through ctypes."""

import ctypes
import importlib
import tempfile
import threading
from pathlib import Path

from voicestudio.practice.sound import Sound

SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: samples go to our callback, nothing is played
DONT_EXIT = 0x8000  # otherwise the library ends the process when its data is missing
CHARS_UTF8 = 1
RATE, PITCH, RANGE = 1, 3, 4  # espeak_PARAMETER
LONGEST_PATH = 140  # the library cuts longer paths to its data without a word

CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class SpeechMissing(Exception):  # noqa: N818
    """No speech library is installed, or it does not start here."""


class Espeak:
    """One loaded library. It keeps global state, so one call at a time."""

    def __init__(self) -> None:
        try:
            loader = importlib.import_module("espeakng_loader")
            library = ctypes.CDLL(loader.get_library_path())
            data = Path(loader.get_data_path())
        except (ImportError, OSError, RuntimeError) as error:
            raise SpeechMissing(str(error)) from error
        if len(str(data)) > LONGEST_PATH:
            self._near = tempfile.TemporaryDirectory(prefix="espeak-")
            link = Path(self._near.name) / "espeak-ng-data"
            link.symlink_to(data)
            data = link
        library.espeak_Initialize.argtypes = [
            ctypes.c_int,
            ctypes.c_int,
            ctypes.c_char_p,
            ctypes.c_int,
        ]
        library.espeak_Synth.argtypes = [
            ctypes.c_char_p,
            ctypes.c_size_t,
            ctypes.c_uint,
            ctypes.c_int,
            ctypes.c_uint,
            ctypes.c_uint,
            ctypes.c_void_p,
            ctypes.c_void_p,
        ]
        rate = library.espeak_Initialize(SYNCHRONOUS, 200, str(data).encode(), DONT_EXIT)
        if rate <= 0:
            raise SpeechMissing("espeak-ng does not find its data")
        self.rate: int = rate
        self._library = library
        self._heard = bytearray()
        self._lock = threading.Lock()
        self._warm: set[bytes] = set()
        self._callback = CALLBACK(self._hear)  # kept: the library only holds a bare pointer
        library.espeak_SetSynthCallback(self._callback)

    def _hear(self, samples: object, count: int, _events: object) -> int:
        if samples and count > 0:
            self._heard += ctypes.string_at(samples, count * 2)  # type: ignore[arg-type]
        return 0

    def say(
        self, text: str, *, language: str, variant: str, pitch: int, words_a_minute: int = 165
    ) -> Sound:
        """`text` spoken by one of the library's voices; `pitch` 0 to 99."""
        spoken = text.replace("\0", " ").encode(errors="replace")
        with self._lock:
            self._heard = bytearray()
            name = f"{language}+{variant}".encode()
            if self._library.espeak_SetVoiceByName(name) != 0:
                name = f"en-us+{variant}".encode()
                self._library.espeak_SetVoiceByName(name)
            if name not in self._warm:
                # The first words of a voice do not have the pitch that is asked of it.
                self._synthesise(b"a")
                self._heard.clear()
                self._warm.add(name)
                self._library.espeak_SetVoiceByName(name)
            self._library.espeak_SetParameter(PITCH, pitch, 0)
            self._library.espeak_SetParameter(RATE, max(80, min(450, words_a_minute)), 0)
            self._synthesise(spoken)
            return Sound(bytes(self._heard), self.rate)

    def _synthesise(self, text: bytes) -> None:
        self._library.espeak_Synth(text, len(text) + 1, 0, 1, 0, CHARS_UTF8, None, None)
        self._library.espeak_Synchronize()


_starting = threading.Lock()
_engine: Espeak | None = None
_missing: SpeechMissing | None = None


def engine() -> Espeak:
    """The one library of this process, started by the first call; SpeechMissing without it."""
    global _engine, _missing
    with _starting:
        if _engine is None and _missing is None:
            try:
                _engine = Espeak()
                _engine.say("Ready.", language="en-us", variant="f2", pitch=50)
            except SpeechMissing as error:
                _missing = error
        if _engine is None:
            raise SpeechMissing(str(_missing)) from _missing
        return _engine
