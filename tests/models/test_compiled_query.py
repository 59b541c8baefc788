"""Compiled queries: the SQL is written once for a number of ids."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import make_voice
from voicestudio.models import Project, Voice
from voicestudio.models.compiled_query import CompiledQuery
from voicestudio.services.money import costs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


def test_rows_are_those_of_the_ids() -> None:
    first, second, third = (make_voice() for _ in range(3))
    query = CompiledQuery(
        lambda ids: Voice.objects.filter(pk__in=ids, uncertain=False).values_list("pk", "voice_id")
    )

    assert sorted(query.rows([first.pk, third.pk])) == [
        (first.pk, first.voice_id),
        (third.pk, third.voice_id),
    ]
    assert query.rows([second.pk]) == [(second.pk, second.voice_id)]


def test_sql_is_written_once_for_a_number_of_ids() -> None:
    voices = [make_voice() for _ in range(4)]
    made: list[int] = []

    def make(ids: tuple[int, ...]) -> object:
        made.append(len(ids))
        return Voice.objects.filter(pk__in=ids).values_list("pk")

    query = CompiledQuery(make)  # type: ignore[arg-type]
    for few in (voices[:2], voices[2:], voices[:3]):
        query.rows([voice.pk for voice in few])

    assert made == [2, 3]


def test_no_ids_need_no_query() -> None:
    query = CompiledQuery(lambda ids: Voice.objects.filter(pk__in=ids).values_list("pk"))

    with CaptureQueriesContext(connection) as queries:
        assert query.rows([]) == []

    assert len(queries) == 0


def test_query_without_ids_reads_all_rows_anew() -> None:
    query = CompiledQuery(lambda _ids: Project.objects.values_list("name"))
    before = query.rows()

    Project.objects.create(name="Zebra")

    assert query.rows() == [*before, ("Zebra",)]


def test_values_have_the_types_of_their_fields() -> None:
    voice = make_voice()
    created = CompiledQuery(lambda ids: Voice.objects.filter(pk__in=ids).values_list("created_at"))

    assert created.rows([voice.pk]) == [(voice.created_at,)]
    assert costs.sum_voices([voice.pk]) == {voice.pk: Decimal(0)}


def test_query_that_names_the_ids_twice_is_refused() -> None:
    query = CompiledQuery(
        lambda ids: Voice.objects.filter(pk__in=ids[::-1]).values_list("pk").order_by()
    )

    with pytest.raises(ValueError, match="once, in their order"):
        query.rows([1, 2])
