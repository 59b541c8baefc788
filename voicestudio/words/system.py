"""Words, system: what is wrong with the installation, and whether MiniMax accepts its key."""

from datetime import datetime, timedelta
from typing import Final

from django.utils import formats, timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from .messages import Message

KEY_WORKS: Final = Message(
    _("The key and the address belong together."), _("MiniMax accepted a free call just now.")
)
PRACTICE: Final = Message(
    _("There is no key to check in practice mode."),
    _("Set a key in the studio's settings to work with MiniMax."),
)
NO_LIST: Final = Message(
    _("This gateway can't say whether the key is right."),
    _("It offers no free call. The first upload will show it."),
)
NO_WORKER: Final = Message(
    _("No worker is running."), _("Attempts and speeches wait until one is started.")
)
NO_QUEUE: Final = Message(_("The queue can't be read."), _("The log says why."))
LITTLE_ROOM: Final = Message(
    _("Less than a tenth of the data folder is free."),
    _("Uploads are refused when it is full. Delete what is due, or give it more room."),
)
NO_BACKUP: Final = Message(
    _("This studio was never backed up."),
    _("If its disk is lost, so is all of it. Make a backup with “manage.py backup”."),
)
# Source: provider.md, "Transport": key and host must be of one region, else 2049 or 1004.
MISMATCH_CODES: Final = frozenset({1004, 2049})
_MAINLAND: Final = (".minimax.cn", ".minimaxi.com", ".minimax.chat")


def message_for_clock(host: str, moment: datetime, ahead: timedelta) -> Message:
    """The clock of `host` is `ahead` of the database's, where it's `moment`."""
    facts = {"host": host, "here": _moment(moment + ahead), "there": _moment(moment)}
    step = _now(
        "On %(host)s it's %(here)s, in the database %(there)s. Sign-ins with OpenID and audio in a "
        "bucket may be refused. Let both machines follow a time server."
    )
    return Message(_("The clocks of this machine and the database differ."), step % facts)


def message_for_mismatch(host: str) -> Message:
    """What is wrong if MiniMax refuses the key at this host, by the region of the host."""
    if host.endswith(".minimax.io"):
        step = _now(
            "This is the international host. If your account is from mainland China, set the "
            "address to https://api.minimax.cn. Otherwise the key is wrong or was revoked: make a "
            "new one at MiniMax."
        )
    elif host.endswith(_MAINLAND):
        step = _now(
            "This is the host for mainland China. If your account is international, set the "
            "address to https://api.minimax.io. Otherwise the key is wrong or was revoked: make a "
            "new one at MiniMax."
        )
    else:
        step = _now(
            "This is a gateway: it needs a key of its own, and its own keys may belong to one "
            "region. Check both in the studio's settings."
        )
    return Message(_now("The key isn't accepted at %(host)s.") % {"host": host}, step)


def _moment(moment: datetime) -> str:
    """Date and time to the second, in the reader's time zone."""
    local = timezone.localtime(moment)
    return (
        f"{formats.date_format(local, 'SHORT_DATE_FORMAT')} {formats.time_format(local, 'H:i:s')}"
    )
