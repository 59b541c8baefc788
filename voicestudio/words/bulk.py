"""Words, bulk: what an action on several rows did, and why it left some of them out."""

from collections.abc import Sequence
from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from .items import label_value

STILL_IN_USE: Final = _("A voice or a running attempt still needs it.")
ALREADY_THERE: Final = _("It is in that project already.")
DELETED_LATER: Final = _("MiniMax is slow to answer. The studio keeps trying to delete it.")
NOTHING_LEFT: Final = _("Nothing of this change is left to undo.")
NO_AUDIO: Final = _("It has no audio in the studio.")
FILE_AWAY: Final = _("Its file can't be read at the moment.")
NO_VOICE: Final = _("It has made no voice.")
NOTHING_SELECTED: Final = _("Select at least one row.")
NO_TARGET: Final = _("There is no other project to which this can be moved.")
NO_TAGS: Final = _("Type at least one tag.")
ARCHIVE_TOO_LARGE: Final = _("These files are larger than one ZIP may be (8 GB). Select fewer.")
NOTHING_TO_DOWNLOAD: Final = _("None of these rows has audio to download.")
# The name of a text file in a ZIP.
LEFT_OUT_NAME: Final = _("Not included.txt")
# More names would fill the page.
MOST_NAMED: Final = 5


def describe_tagged(count: int) -> str:
    """How many voices got the tags."""
    return ngettext("%d voice was tagged.", "%d voices were tagged.", count) % count


def describe_heard(count: int) -> str:
    """How many voices were marked."""
    text = ngettext("%d voice was marked as heard.", "%d voices were marked as heard.", count)
    return text % count


def describe_untagged(count: int) -> str:
    """From how many voices the tags were removed."""
    text = ngettext(
        "The tags were removed from %d voice.", "The tags were removed from %d voices.", count
    )
    return text % count


def describe_unheard(count: int) -> str:
    """From how many voices the mark was removed."""
    text = ngettext("%d voice is marked as not heard.", "%d voices are marked as not heard.", count)
    return text % count


def describe_moved(count: int) -> str:
    """How many speakers were moved."""
    text = ngettext(
        "%d speaker was moved, with everything that belongs to it.",
        "%d speakers were moved, with everything that belongs to them.",
        count,
    )
    return text % count


def describe_moved_recordings(count: int) -> str:
    """How many of the selected recordings were moved."""
    text = ngettext(
        "%d recording was moved, with its original and copies.",
        "%d recordings were moved, with their originals and copies.",
        count,
    )
    return text % count


def describe_moved_back(count: int) -> str:
    """How many speakers are where they were before."""
    text = ngettext(
        "%d speaker was moved back, with everything that belongs to it.",
        "%d speakers were moved back, with everything that belongs to them.",
        count,
    )
    return text % count


def describe_recordings_moved_back(count: int) -> str:
    """How many of the selected recordings are where they were before."""
    text = ngettext(
        "%d recording was moved back, with its original and copies.",
        "%d recordings were moved back, with their originals and copies.",
        count,
    )
    return text % count


def describe_deleted(count: int) -> str:
    """How many recordings were deleted."""
    return ngettext("%d recording was deleted.", "%d recordings were deleted.", count) % count


def describe_refused(refused: Sequence[tuple[str, str]]) -> str:
    """Which rows were left out, and why; names and reasons."""
    named = " · ".join(label_value(name, reason) for name, reason in refused[:MOST_NAMED])
    text = ngettext("%d was left out.", "%d were left out.", len(refused)) % len(refused)
    more = len(refused) - MOST_NAMED
    rest = "" if more <= 0 else ngettext("And %d other.", "And %d others.", more) % more
    return f"{text} {named} {rest}".strip()
