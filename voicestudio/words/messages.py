"""Words, messages: the shape of a message, and the link to its next step."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .items import join_items


class NextStep(TextChoices):
    """What to change in the clone form; its label is the text of the link."""

    CHANGE_VOICE_ID = "change_voice_id", _("Choose another voice ID")
    CHANGE_TEXT = "change_text", _("Change the text")
    CHECK_RECORDING = "check_recording", _("Check the recording")
    TRIM = "trim", _("Trim the recording")
    TRIM_CLIP = "trim_clip", _("Trim the clip")
    OTHER_RECORDING = "other_recording", _("Choose another recording")
    TRY_AGAIN = "try_again", _("Try again")
    FIND_OUT = "find_out", _("Clone with another voice ID")


@dataclass(frozen=True)
class Message:
    """One message: what happened and whose rule it is (`headline`), what to do (`next_step`).

    `administrator_step` is what administrators read instead, where others are told to ask one;
    `names_step` is what others read if the names of administrators are known;
    `offers_limit` adds a link to this month's limit for them.
    """

    headline: str | Promise
    next_step: str | Promise
    link: NextStep | None = None
    administrator_step: str | Promise = ""
    names_step: str | Promise = ""
    offers_limit: bool = False

    def for_reader(self, *, is_administrator: bool, names: Sequence[str] = ()) -> "Message":
        """The message for this reader: an administrator is not told to ask an administrator.

        `names` are those of administrators.
        """
        if is_administrator:
            return replace(self, next_step=self.administrator_step or self.next_step)
        if names and self.names_step:
            step = str(self.names_step) % {"names": join_items(names)}
            return replace(self, next_step=step, offers_limit=False)
        return replace(self, offers_limit=False)

    def __str__(self) -> str:
        """Both sentences as one text, for a form field or a log."""
        return f"{self.headline} {self.next_step}".strip()
