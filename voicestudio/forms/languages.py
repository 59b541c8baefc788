"""Forms: the names of the languages that MiniMax speaks."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from voicestudio.minimax import limits

# The keys are those of `limits.LANGUAGES`.
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


def choices() -> list[tuple[str, str | Promise]]:
    """For a select: automatic detection first, then by name."""
    named = sorted(((wire, str(name)) for wire, name in NAMES.items()), key=lambda pair: pair[1])
    return [(limits.AUTO_LANGUAGE, _("Detect automatically")), *named]
