"""List kinds: the lists of the studio that have the filter bar."""

from enum import StrEnum
from typing import Final


class ListKind(StrEnum):
    """A list, spelled as in its address."""

    HISTORY = "history"
    VOICES = "voices"
    RECORDINGS = "recordings"
    AUDIT = "audit"
    PEOPLE = "people"
    PROJECTS = "projects"


# The lists whose rows can be selected.
SELECTABLE: Final = (ListKind.HISTORY, ListKind.VOICES, ListKind.RECORDINGS)
