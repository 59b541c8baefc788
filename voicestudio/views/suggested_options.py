"""Advising: the sound options that a recording's findings speak for, set until somebody objects."""

from collections.abc import MutableMapping
from typing import Any, Final

from voicestudio.models import AudioFile

OPTIONS: Final = ("noise_reduction", "volume_normalization")
LONGEST: Final = 80


def take_over(given: MutableMapping[str, Any], recording: AudioFile | None, told: str) -> str:
    """Tick what is recommended for this recording, unless the person has decided otherwise.

    `given`: the form's values, changed in place. `told` says for which recording which options
    were ticked by us, such as "12 noise_reduction"; what is returned says the same of now. An
    option that we have ticked and that is not ticked any more was taken off by the person, one
    that is ticked and not by us was chosen by them: both stay as they are.
    """
    of, ours = _read(told)
    if recording is None or not recording.verdict or of == str(recording.pk):
        return told[:LONGEST]
    ticked = []
    for option in OPTIONS:
        is_on = given.get(option) not in (None, "", False, "False", "false")
        if is_on != (option in ours):
            ticked += [option] if option in ours else []
        elif recording.advice.get(option):
            given[option] = "on"
            ticked.append(option)
        else:
            given.pop(option, None)
    return " ".join([str(recording.pk), *ticked])


def decided(recording: AudioFile | None) -> str:
    """The options of this recording are the person's own, as in an earlier attempt."""
    return str(recording.pk) if recording is not None else ""


def suggested(given: MutableMapping[str, Any], recording: AudioFile | None, told: str) -> set[str]:
    """The options that are ticked because of this recording."""
    of, ours = _read(told)
    if recording is None or of != str(recording.pk):
        return set()
    return {name for name in OPTIONS if name in ours and given.get(name) not in (None, "", False)}


def _read(told: str) -> tuple[str, set[str]]:
    of, _space, ours = told[:LONGEST].partition(" ")
    return of, set(ours.split())
