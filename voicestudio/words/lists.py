"""Words, lists: why a filter was not saved."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from .messages import Message

TOO_MANY_FILTERS: Final = Message(
    _("You have saved twelve filters for this list, which is the most."), _("Delete one first.")
)
