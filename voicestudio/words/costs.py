"""Words, costs: the titles of the tables of costs."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

GROUPS: Final[dict[str, str | Promise]] = {
    "person": _("By person"),
    "speaker": _("By speaker"),
    "voice": _("By voice"),
    "model": _("By model"),
}
