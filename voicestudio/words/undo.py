"""Words, undo: a change can't be taken back any more."""

from typing import Final

from django.utils.translation import gettext_lazy as _

UNDO_OVER: Final = _("This can't be undone any more.")
