"""Template tags of players: of a preview, a recording and a generated speech.

A preview and its recording, and a recording and its clean copy, are played equally loud: people
take the louder one for the better one.
"""

import math
from typing import Any, Final

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from voicestudio.audio import PEAKS
from voicestudio.models import AudioFile, CloneAttempt, PaidCall, Speech

from .row_cache import render_row, row_url
from .studio import clock, waveform

register = template.Library()

# What stands in for a waveform until it is drawn.
FLAT: Final = [0] * PEAKS
WAVEFORM_POLL_MS: Final = 300
AUDIBLE_LU: Final = 0.3  # smaller differences of loudness are not heard


def player(
    url: str,
    wave: SafeString,
    duration_ms: int | None,
    label: str,
    *,
    kind: str = "voice",
    is_large: bool = False,
) -> SafeString:
    """`_player.html` for one audio; `kind` is "voice" or "recording".

    A large one is the audio that its page is about: it has speed and volume.
    """
    texts = {
        "url": url,
        "wave": wave,
        "length": "" if duration_ms is None else str(duration_ms),
        "time": clock(duration_ms),
        "label": label,
    }
    shape = {"kind": kind, "is_large": is_large}
    return render_row("_player.html", "player", shape, texts)


@register.simple_tag
def preview_player(attempt: CloneAttempt, label: str = "", *, is_large: bool = False) -> SafeString:
    """The player of an attempt's preview."""
    label = label or _("preview of %(name)s") % {"name": attempt.speaker_name}
    url = row_url("preview_audio", attempt.pk)
    wave = call_waveform(attempt, attempt.recording if is_large else None)
    return player(url, wave, attempt.audio_duration_ms, label, is_large=is_large)


@register.simple_tag
def recording_player(recording: AudioFile) -> SafeString:
    """The player of a recording."""
    label = _("recording %(name)s") % {"name": recording.name}
    url = row_url("recording_audio", recording.pk)
    wave = waveform(recording.peaks)
    return player(url, wave, recording.duration_ms, label, kind="recording")


@register.simple_tag
def speech_player(speech: Speech) -> SafeString:
    """The player of a generated speech."""
    url = row_url("speech_audio", speech.pk)
    return player(url, call_waveform(speech), speech.audio_duration_ms, _("generated speech"))


@register.simple_tag
def call_waveform(call: PaidCall, beside: AudioFile | None = None) -> SafeString:
    """The waveform of the audio of a call, which plays as loud as the recording `beside` it.

    While it is drawn, a flat one of the same size asks for it, so that nothing around it moves and
    the audio plays on.
    """
    if not call.waveform_is_under_way:
        length = call.audio_duration_ms
        attributes = SafeString("" if length is None else f' data-length="{length}"')
        if beside is not None:
            attributes += _volume_beside(call, beside)
        return waveform(call.audio_peaks, attributes)
    # The rest is what elements around the player pass on to htmx for themselves.
    attributes = format_html(
        ' data-live hx-get="{}" hx-trigger="load delay:{}ms" hx-swap="outerHTML" hx-target="this"'
        ' hx-select="unset" hx-select-oob="unset" hx-sync="this:drop" hx-disabled-elt="unset"',
        row_url("speech_waveform" if isinstance(call, Speech) else "preview_waveform", call.pk),
        WAVEFORM_POLL_MS,
    )
    return waveform(FLAT, attributes)


def _volume_beside(call: PaidCall, recording: AudioFile) -> SafeString:
    match = match_volumes(call.audio_lufs, recording.figures.get("loudness_lufs"))
    if match is None:
        return SafeString()
    louder, _difference, volume = match
    return format_html(
        ' data-volume-of="{}" data-volume="{}"', ("#preview", "#sample")[louder], f"{volume:.3f}"
    )


def match_volumes(first: Any, second: Any) -> tuple[int, float, float] | None:
    """How to play two recordings (LUFS) equally loud; None if they are, or one was not measured.

    Returns which one is louder (0 or 1), by how many LU, and at which volume (0 to 1) to play it.
    """
    if not all(isinstance(one, int | float) and math.isfinite(one) for one in (first, second)):
        return None
    difference = abs(second - first)
    if difference < AUDIBLE_LU:
        return None
    return int(second > first), difference, 10 ** (-difference / 20)
