"""Voice IDs: the provider's rule, whether one is free, and suggestions."""

import re
import secrets
from typing import Final

from anyascii import anyascii
from django.conf import settings
from django.utils.translation import gettext as _

from voicestudio.minimax.limits import MAX_VOICE_ID_LENGTH, MIN_VOICE_ID_LENGTH, VOICE_ID_PATTERN
from voicestudio.models import CloneAttempt, Voice
from voicestudio.words.voices import VoiceIdCheck

_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz"
_DIGITS: Final = "23456789"
_STEM: Final = 40


def suggest(speaker_name: str, count: int = 1) -> list[str]:
    """Suggest `count` free voice IDs from a name in any script, each with a random ending."""
    stem = _stem(speaker_name)
    found: list[str] = []
    while len(found) < count:
        candidates = {f"{stem}-{_tail()}" for _turn in range(2 * count)} - set(found)
        found += sorted(candidates - _taken(candidates))[: count - len(found)]
    return found


def check(voice_id: str, speaker_name: str = "", *, own_id: str = "") -> VoiceIdCheck:
    """Check a voice ID by the provider's rule and by the voices and attempts of this studio.

    `own_id` is taken by the form itself, which was sent before.
    """
    if broken := _broken_rule(voice_id):
        return VoiceIdCheck("invalid", broken)
    if voice_id != own_id and is_taken(voice_id):
        return VoiceIdCheck(
            "taken",
            _("This voice ID is taken. MiniMax wants each voice ID only once."),
            suggest(speaker_name or voice_id.rpartition("-")[0] or voice_id, 3),
        )
    return VoiceIdCheck("free", _("Free to use"))


def is_taken(voice_id: str) -> bool:
    """Whether a living voice has this ID, or a running attempt may make one with it."""
    provider = settings.MINIMAX_PROVIDER
    return (
        CloneAttempt.objects.holding_voice_id(provider, voice_id).exists()
        or Voice.objects.living().with_voice_id(provider, voice_id).exists()
    )


def _taken(voice_ids: set[str]) -> set[str]:
    return {voice_id for voice_id in voice_ids if is_taken(voice_id)}


def _stem(speaker_name: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", anyascii(speaker_name))
    stem = "".join(word[:1].upper() + word[1:] for word in words)[:_STEM]
    # A short name with its ending would be shorter than an ID may be.
    if not stem[:1].isalpha() or len(stem) < MIN_VOICE_ID_LENGTH - 5:
        stem = f"Voice{stem}"
    return stem


def _tail() -> str:
    """Four characters that cannot be misread; the first a digit, which older pages require."""
    return secrets.choice(_DIGITS) + "".join(
        secrets.choice(_LETTERS + _DIGITS) for _place in range(3)
    )


def _broken_rule(voice_id: str) -> str:
    if VOICE_ID_PATTERN.fullmatch(voice_id):
        return ""
    if len(voice_id) < MIN_VOICE_ID_LENGTH:
        return _("A voice ID has at least 8 characters.")
    if len(voice_id) > MAX_VOICE_ID_LENGTH:
        return _("A voice ID has at most 256 characters.")
    if not re.match(r"[A-Za-z]", voice_id):
        return _("A voice ID begins with a letter from A to Z.")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", voice_id):
        return _("A voice ID holds only letters from A to Z, digits, - and _.")
    return _("A voice ID ends with a letter or a digit.")
