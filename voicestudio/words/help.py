"""Words, help: the sections of the help page.

Texts name facts and buttons by `%(name)s`, which `services.help` fills in, so that a price, a limit
or the name of a button is written in one place only.
"""

from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Section(NamedTuple):
    """A title, paragraphs, a list of terms with their meaning, and a picture with its alt text."""

    title: str | Promise
    texts: tuple[str | Promise, ...] = ()
    terms: tuple[tuple[str | Promise, str | Promise], ...] = ()
    picture: str = ""  # in tests/screenshots/pictures.py
    alt: str | Promise = ""


# Buttons that the texts name; the same entries of the catalogues as on the pages.
BUTTONS: Final[dict[str, str | Promise]] = {
    "check": _("Check with MiniMax"),
    "clean": _("Make a clean copy"),
    "delete": _("Delete at MiniMax"),
    "keep": _("Keep this voice"),
    "know": _("I know what happened"),
    "part": _("Suggest the best part"),
    "rebuild": _("Rebuild from the recording"),
}
KEYS: Final = "keys"  # the section that lists the shortcuts
# By the anchor of each section, in the order of the page.
SECTIONS: Final[dict[str, Section]] = {
    "good-recording": Section(
        _("A good recording"),
        (
            _(
                "Record one person who talks naturally in a quiet room, without music. One to two "
                "minutes are best; MiniMax accepts %(shortest)s to %(longest)s."
            ),
            _(
                "The studio checks each recording for noise, hum, echo and other problems, plays "
                "them to you and says what helps. This is free. “%(clean)s” removes some problems, "
                "“%(part)s” finds a passage without them."
            ),
        ),
        picture="check",
        alt=_("The check of a recording, with its problems and a button to play each of them"),
    ),
    "permission": Section(
        _("Permission"),
        (
            _(
                "Clone a voice only if its speaker has agreed. The studio stores who confirmed "
                "this, when, and in which words."
            ),
            _(
                "If a speaker changes their mind, open each of their voices and choose "
                "“%(delete)s”. You can delete the recordings with it."
            ),
        ),
        picture="permission",
        alt=_("The box that you tick in the form of a new voice"),
    ),
    "days": Section(
        _("How long a voice stays"),
        (
            _(
                "MiniMax deletes a new voice after %(lifetime)s unless it has generated speech. "
                "Listening to the preview doesn't count."
            ),
            _(
                "“%(keep)s” generates one short sentence. From then on the voice stays until you "
                "delete it. The home page reminds you in time."
            ),
            _(
                "“%(rebuild)s” clones an expired voice once more. It gets a new voice ID and costs "
                "as much as a new voice."
            ),
        ),
        picture="days-left",
        alt=_("The page of a voice: the time that is left, and the button that keeps it"),
    ),
    "costs": Section(
        _("What costs when"),
        (
            _(
                "The price stands beside each button before you press it. A request that failed "
                "costs nothing. If its outcome is unknown, its price is shown as uncertain."
            ),
        ),
        (
            (_("Upload, check, cut, clean copy"), _("Free")),
            (_("Preview"), _("%(speech)s for 1,000 characters, when you clone")),
            (_("Voice"), "%(voice)s"),
            (_("Generated speech"), _("%(speech)s for 1,000 characters, each time")),
        ),
        picture="price",
        alt=_("The summary beside the form of a new voice, with the price and the button"),
    ),
    "moderation": Section(
        _("When MiniMax flags something"),
        (
            _(
                "MiniMax checks texts and recordings automatically, and may be wrong. It can "
                "refuse a request, or make the voice and flag it with a category."
            ),
            _(
                "A flagged voice works. Listen to it, and read its text as a stranger would. If "
                "something could be misunderstood, change it and clone again."
            ),
        ),
        picture="flag",
        alt=_("A flag on the page of a clone attempt, with MiniMax's category"),
    ),
    "unknown": Section(
        _("When the outcome is unknown"),
        (
            _(
                "The request was sent, but no answer arrived. The voice may or may not exist. The "
                "studio never repeats a paid request on its own, so that you don't pay twice."
            ),
            _(
                "“%(check)s” sends the same request with the same voice ID. If MiniMax answers "
                "that the ID is taken, the voice exists; otherwise it is cloned now. If you know "
                "the outcome, for example from your MiniMax account, choose “%(know)s”."
            ),
        ),
        picture="unknown",
        alt=_("A clone attempt of unknown outcome, with the two ways to find out"),
    ),
    KEYS: Section(_("Keyboard shortcuts")),
    "glossary": Section(
        _("Glossary"),
        terms=(
            (_("Speaker"), _("The person whose voice it is")),
            (_("Recording"), _("What a voice is cloned from")),
            (
                _("Prompt clip"),
                _("A second, short recording with its exact words, which can improve the likeness"),
            ),
            (_("Voice"), _("What MiniMax makes from a recording; it speaks any text")),
            (_("Voice ID"), _("The name by which MiniMax and other programs know a voice")),
            (_("Clone attempt"), _("One request for a voice, with all that was sent and answered")),
            (_("Preview"), _("What a new voice speaks right after it was cloned")),
            (_("Generated speech"), _("A text that a voice has spoken")),
            (
                pgettext_lazy("noun", "Check"),
                _("What the studio finds in a recording: its quality and its problems"),
            ),
            (_("Clean copy"), _("A copy of a recording with less noise, hum or silence")),
        ),
    ),
}
# When the fee of a voice is charged, as the settings say.
FEE_AT_FIRST_USE: Final = _("%(fee)s once, when it first generates speech")
FEE_AT_ONCE: Final = _("%(fee)s once, when you clone")
