"""Partial row: the base of models of whose columns lists read some only."""

from collections.abc import Collection
from typing import Any, Self

from django.db import models


class PartialRow(models.Model):
    """A row with many columns, most of which lists leave out (`only`)."""

    class Meta:
        abstract = True

    @classmethod
    def from_db(
        cls, db: str | None, field_names: Collection[str], values: Collection[Any], **options: Any
    ) -> Self:
        """As Django's, which looks for every column of the model in the names that were read.

        In a list of names that took longer than all else of a row; in a set it takes no time.
        """
        return super().from_db(db, frozenset(field_names), values, **options)
