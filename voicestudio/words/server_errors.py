"""Words, server errors: what people read while a part of the studio is away or full."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from .messages import Message

DATABASE_AWAY: Final = Message(
    _("The studio's database doesn't answer."),
    _(
        "Nothing that was saved is lost, and nothing is paid twice. Go back and try again in a "
        "minute. If it keeps happening, tell an administrator."
    ),
)
STORAGE_AWAY: Final = Message(
    _("The studio's file storage doesn't answer."),
    _(
        "Nothing that was saved is lost. Go back and try again in a minute. If it keeps happening, "
        "tell an administrator."
    ),
)
DISK_FULL: Final = Message(
    _("The studio's disk can't be written."),
    _(
        "It is full, or can't be written. What you sent may not have been saved. Tell an "
        "administrator, then go back and check."
    ),
)
UPLOADS_BUSY: Final = Message(
    _("Many uploads are running."), _("Nothing was lost. Go back and try again in a few seconds.")
)
