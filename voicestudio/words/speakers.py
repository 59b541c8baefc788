"""Words, speakers: why a speaker or a recording can't be moved to another project, or back."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from .messages import Message

NOT_CHOSEN: Final = Message(
    _("Nothing was moved: no project was chosen."), _("Choose the project to move to.")
)
CALL_UNDER_WAY: Final = Message(
    _("A paid call of this speaker is under way."),
    _("Wait until it has finished, then move the speaker."),
)
PROJECT_ARCHIVED: Final = Message(
    _("Nothing is moved out of an archived project, or into one."), _("Reopen the project first.")
)
EXAMPLE_PROJECT: Final = Message(
    _("Nothing from other projects can be moved into an example project."),
    _("It is removed with everything in it. Choose another project."),
)
MOVED_SINCE: Final = Message(
    _("This move can't be undone: another move or merge came after it."), ""
)
_NEXT_STEP: Final = _(
    "If both are one person, merge the speakers first. Otherwise leave both in this project: "
    "upload the recording to the other project too, and clone the voice there."
)


def message_for_shared_recording(recording: str, speaker: str) -> Message:
    """Why a recording that another speaker uses, or one made of it, stops a move."""
    headline = _("The recording %(recording)s, or one made of it, is used by %(speaker)s too.")
    return Message(headline % {"recording": recording, "speaker": speaker}, _NEXT_STEP)


def message_for_used_recording(speaker: str) -> Message:
    """Why a recording, or one of its family, does not move alone: an attempt uses it."""
    headline = _("It, or a recording of its family, was used for %(speaker)s.")
    next_step = _("Move the speaker: the recordings move along.")
    return Message(headline % {"speaker": speaker}, next_step)
