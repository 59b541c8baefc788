"""Suggested options: the sound options that a recording's check recommends, ticked in the form.

The hidden field `advised` remembers for which recording which options were ticked by the studio,
such as "12 noise_reduction". An option that differs from it was changed by the person, and stays.
"""

from collections.abc import MutableMapping
from typing import Any, Final

from voicestudio.models import AudioFile

OPTIONS: Final = ("noise_reduction", "volume_normalization")
LONGEST: Final = 80


def apply_advice(
    values: MutableMapping[str, Any], recording: AudioFile | None, advised: str
) -> str:
    """Tick what is recommended for `recording` in `values`, and return the new `advised`.

    `values` are the form's values, changed in place.
    """
    recording_id, ticked = _parse_advised(advised)
    if recording is None or not recording.verdict or recording_id == str(recording.pk):
        return advised[:LONGEST]
    ours = []
    for option in OPTIONS:
        is_on = values.get(option) not in (None, "", False, "False", "false")
        if is_on != (option in ticked):
            ours += [option] if option in ticked else []
        elif recording.advice.get(option):
            values[option] = "on"
            ours.append(option)
        else:
            values.pop(option, None)
    return " ".join([str(recording.pk), *ours])


def mark_decided(recording: AudioFile | None) -> str:
    """The value of `advised` that leaves the options as they are, as in an earlier attempt."""
    return str(recording.pk) if recording is not None else ""


def suggested(
    values: MutableMapping[str, Any], recording: AudioFile | None, advised: str
) -> set[str]:
    """The options that are ticked because of `recording`."""
    recording_id, ticked = _parse_advised(advised)
    if recording is None or recording_id != str(recording.pk):
        return set()
    return {name for name in ticked & {*OPTIONS} if values.get(name) not in (None, "", False)}


def _parse_advised(advised: str) -> tuple[str, set[str]]:
    recording_id, *options = advised[:LONGEST].split(" ")
    return recording_id, set(options)
