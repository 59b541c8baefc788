"""List kinds: the three lists of the studio."""

from enum import StrEnum


class ListKind(StrEnum):
    """A list, spelled as in its address."""

    HISTORY = "history"
    VOICES = "voices"
    RECORDINGS = "recordings"
