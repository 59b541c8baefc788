"""Forms: the provider's speech models under readable names."""

from typing import Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

# Source: provider.md, "voice_clone" and "Text marks".
_KNOWN: Final[dict[str, Promise]] = {
    "speech-2.8-hd": _("2.8 hd: best quality"),
    "speech-2.8-turbo": _("2.8 turbo: quick and cheaper"),
    "speech-2.6-hd": _("2.6 hd: very good"),
    "speech-2.6-turbo": _("2.6 turbo: quick and cheap"),
    "speech-02-hd": _("02 hd: older"),
    "speech-02-turbo": _("02 turbo: older, cheaper"),
    "speech-01-hd": _("01 hd: oldest"),
    "speech-01-turbo": _("01 turbo: oldest, cheaper"),
}


def name(model: str) -> str | Promise:
    """The name of `model` on the page; an unknown one keeps its own name."""
    if model in _KNOWN:
        return _KNOWN[model]
    return format_lazy("{name}", name=model.removeprefix("speech-").replace("-", " "))


def choices() -> list[tuple[str, str | Promise]]:
    """The models of the settings, in their order; the first is the default."""
    return [(model, name(model)) for model in settings.MINIMAX_MODELS]
