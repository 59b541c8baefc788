"""Forms: the languages that a preview can be spoken in, and which model speaks which."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

AUTO: Final = "auto"

# The wire's spelling and ours. Source: provider.md, "voice_clone", languages.
NAMES: Final[dict[str, Promise]] = {
    "Afrikaans": _("Afrikaans"),
    "Arabic": _("Arabic"),
    "Bulgarian": _("Bulgarian"),
    "Chinese,Yue": _("Cantonese"),
    "Catalan": _("Catalan"),
    "Chinese": _("Chinese"),
    "Croatian": _("Croatian"),
    "Czech": _("Czech"),
    "Danish": _("Danish"),
    "Dutch": _("Dutch"),
    "English": _("English"),
    "Filipino": _("Filipino"),
    "Finnish": _("Finnish"),
    "French": _("French"),
    "German": _("German"),
    "Greek": _("Greek"),
    "Hebrew": _("Hebrew"),
    "Hindi": _("Hindi"),
    "Hungarian": _("Hungarian"),
    "Indonesian": _("Indonesian"),
    "Italian": _("Italian"),
    "Japanese": _("Japanese"),
    "Korean": _("Korean"),
    "Malay": _("Malay"),
    "Norwegian": _("Norwegian"),
    "Nynorsk": _("Norwegian Nynorsk"),
    "Persian": _("Persian"),
    "Polish": _("Polish"),
    "Portuguese": _("Portuguese"),
    "Romanian": _("Romanian"),
    "Russian": _("Russian"),
    "Slovak": _("Slovak"),
    "Slovenian": _("Slovenian"),
    "Spanish": _("Spanish"),
    "Swedish": _("Swedish"),
    "Tamil": _("Tamil"),
    "Thai": _("Thai"),
    "Turkish": _("Turkish"),
    "Ukrainian": _("Ukrainian"),
    "Vietnamese": _("Vietnamese"),
}
# Source: provider.md, "voice_clone": not with the 01 and 02 models.
ONLY_NEWER: Final = frozenset({"Persian", "Filipino", "Tamil"})


def choices() -> list[tuple[str, str | Promise]]:
    """For a select: by itself first, then by name as it is read."""
    named = sorted(((wire, str(name)) for wire, name in NAMES.items()), key=lambda pair: pair[1])
    return [(AUTO, _("Detect by itself")), *named]


def spoken_by(model: str, language: str) -> bool:
    """Whether `model` speaks `language`."""
    return not (language in ONLY_NEWER and model.startswith(("speech-01-", "speech-02-")))
