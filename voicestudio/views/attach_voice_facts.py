"""Attach voice facts: gives voices in a list what each has cost so far, and its tags."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from django.db.models import OuterRef, Subquery
from django.http import HttpRequest

from voicestudio.models import Action, Charge, Voice
from voicestudio.models.compiled_query import CompiledQuery
from voicestudio.services.money import costs
from voicestudio.services.permissions import may

_COST: Final = Subquery(
    costs.sum_by_voice(Charge.objects.filter(voice=OuterRef("pk"))).values("total")  # type: ignore[misc]
)
# A row for each tag, and one for a voice without a tag.
_FACTS: Final = CompiledQuery(
    lambda ids: (
        Voice.objects.annotate(total=_COST)
        .filter(pk__in=ids)
        .order_by("tags__name")
        .values_list("pk", "total", "tags__name")
    )
)


def attach_voice_facts(request: HttpRequest, voices: Sequence[Voice]) -> None:
    """Set `cost` and `tag_names` of each voice; one query for all of them.

    The cost is None for those who do not see the costs of the project.
    """
    totals, tags = dict[int, Decimal](), dict[int, list[str]]()
    for pk, total, tag in _FACTS.rows(voice.pk for voice in voices):
        totals[pk] = total or Decimal(0)
        tags.setdefault(pk, []).extend([tag] if tag is not None else [])
    for voice in voices:
        sees_costs = may(request.user, Action.SEE_COSTS, voice.project_id)
        voice.cost = totals.get(voice.pk, Decimal(0)) if sees_costs else None  # type: ignore[attr-defined]
        voice.tag_names = tags.get(voice.pk, [])  # type: ignore[attr-defined]
