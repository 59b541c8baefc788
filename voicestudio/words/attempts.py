"""Words, attempts: the stages and the timeline of a clone attempt, and why it waits."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

# The sentence that a person confirms: shown in the form, and stored with the attempt.
PERMISSION_WORDING: Final = _("I have this person's permission to clone their voice")
# By stage and state: "" is still to come.
STAGES: Final[dict[tuple[str, str], str | Promise]] = {
    ("upload", "now"): _("Uploading the recording"),
    ("upload", "done"): _("Recording uploaded"),
    ("clone", ""): _("Clone the voice"),
    ("clone", "now"): _("MiniMax is cloning the voice"),
    ("clone", "done"): _("Voice ready"),
    ("preview", ""): _("Save the preview"),
    ("preview", "now"): _("Saving the preview"),
}
TIMELINE: Final[dict[str, str | Promise]] = {
    "requested": _("Requested by %(person)s"),
    "started": _("Started"),
    "restarted": _("Started again"),
    "uploaded": _("Recording uploaded"),
    "sent": _("Request sent to MiniMax"),
    "answered": _("MiniMax answered"),
    "saved": _("Preview saved"),
}
STARTS_AT: Final = _("It will start at {moment}.")
RETRIES_AT: Final = _("We'll try again at {moment}.")
# In the history, these states link to the attempt's page, where there is more to read first.
PAGE_LINKS: Final[dict[str, str | Promise]] = {
    "interrupted": _("Start again"),
    "unknown": _("Find out"),
}


def describe_queue(ahead: int) -> str:
    """When a waiting attempt starts; `ahead` attempts wait before it."""
    if not ahead:
        return str(_("Starts in a moment."))
    return ngettext(
        "Starts after %(ahead)s other attempt.", "Starts after %(ahead)s other attempts.", ahead
    ) % {"ahead": ahead}
