"""Path converters: what a variable part of an address may be."""

from django.urls.converters import IntConverter, StringConverter

from voicestudio.forms.ids import parse_id
from voicestudio.models import SELECTABLE, ListKind, RetentionKind


class RowIdConverter(IntConverter):
    """The id of a row; a number past 64 bits answers 404, because SQLite cannot look it up."""

    def to_python(self, value: str) -> int:
        """The id. Raises ValueError, which Django answers with 404."""
        pk = parse_id(value)
        if pk is None:
            raise ValueError(value)
        return pk


class RetentionKindConverter(StringConverter):
    """What a retention rule is about."""

    regex = "|".join(RetentionKind.values)


class RecordingFieldConverter(StringConverter):
    """One of the two fields of the clone form that hold a recording."""

    regex = "recording|prompt_clip"


class ListKindConverter(StringConverter):
    """A list."""

    regex = "|".join(ListKind)

    def to_python(self, value: str) -> ListKind:
        """The list."""
        return ListKind(value)


class SelectableListConverter(ListKindConverter):
    """A list whose rows can be selected."""

    regex = "|".join(SELECTABLE)
