"""Words, projects: why a project can't be changed, and from where to where a speaker moved."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from .messages import Message

NAME_TAKEN: Final = Message(_("Another project has this name."), _("Choose another name."))
LAST_OPEN_PROJECT: Final = Message(
    _("This is the only project that isn't archived."),
    _("Add another one first, so that your team can go on."),
)


def describe_move(source: str | None, target: str | None) -> str:
    """From where to where a speaker was moved; None for a project that the reader does not see."""
    another = _("another project")
    names = {"source": source or another, "target": target or another}
    return str(_("from %(source)s to %(target)s") % names) if source or target else ""
