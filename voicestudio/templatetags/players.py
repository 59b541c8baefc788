"""Template tags of players: of a preview, a recording and a generated speech."""

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from voicestudio.models import AudioFile, CloneAttempt, Speech

from .row_cache import render_row, row_url
from .studio import clock, waveform

register = template.Library()


def player(
    url: str, peaks: list[int], duration_ms: int | None, label: str, kind: str = "voice"
) -> SafeString:
    """`_player.html` for one audio; `kind` is "voice" or "recording"."""
    texts = {
        "url": url,
        "wave": waveform(peaks),
        "length": "" if duration_ms is None else str(duration_ms),
        "time": clock(duration_ms),
        "label": label,
    }
    return render_row("_player.html", "player", {"kind": kind}, texts)


@register.simple_tag
def preview_player(attempt: CloneAttempt, label: str = "") -> SafeString:
    """The player of an attempt's preview."""
    label = label or _("preview of %(name)s") % {"name": attempt.speaker_name}
    url = row_url("preview_audio", attempt.pk)
    return player(url, attempt.audio_peaks, attempt.audio_duration_ms, label)


@register.simple_tag
def recording_player(recording: AudioFile) -> SafeString:
    """The player of a recording."""
    label = _("recording %(name)s") % {"name": recording.name}
    url = row_url("recording_audio", recording.pk)
    return player(url, recording.peaks, recording.duration_ms, label, kind="recording")


@register.simple_tag
def speech_player(speech: Speech) -> SafeString:
    """The player of a generated speech."""
    url = row_url("speech_audio", speech.pk)
    return player(url, speech.audio_peaks, speech.audio_duration_ms, _("generated speech"))
