"""Hints: three short ones on the home page, until the person dismisses them."""

from typing import TYPE_CHECKING

from voicestudio.models import Action, Person, clock
from voicestudio.services.permissions import may
from voicestudio.words.hints import HINTS, MOST_HINTS, Hint

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def list_hints(person: "User") -> list[Hint]:
    """The first hints about what this person may do; none once they were dismissed."""
    # Person rows are made when first needed.
    row = getattr(person, "person", None)
    if row is not None and row.hints_dismissed_at is not None:
        return []
    return [hint for hint in HINTS if may(person, Action(hint.action))][:MOST_HINTS]


def dismiss_hints(person: "User") -> None:
    """Remember that this person needs the hints no more."""
    Person.of(person)
    Person.objects.filter(user=person, hints_dismissed_at=None).update(
        hints_dismissed_at=clock.now()
    )
