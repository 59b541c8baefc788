"""The session and the user of a request: read by queries that are written once."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models.sql.compiler import SQLCompiler
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.factories import make_user
from voicestudio.models import Person, Studio
from voicestudio.services.people.sessions import SessionStore
from voicestudio.views.sign_in_backend import SignInBackend

pytestmark = pytest.mark.django_db


def values(row: Any) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_user_is_read_with_the_person_in_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    made = make_user("lea", first_name="Léa")
    filters = {"history": [{"name": "Mine", "query": "person=1"}]}
    Person.objects.update_or_create(user=made, defaults={"saved_filters": filters})

    with django_assert_num_queries(1):
        user = SignInBackend().get_user(made.pk)
        assert user is not None
        person = user.person
        assert person.user is user

    assert values(user) == values(User.objects.get(pk=made.pk))
    assert values(person) == values(Person.objects.get(user=made))


def test_user_without_a_person_is_read_in_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    made = make_user("lea")
    Person.objects.filter(user=made).delete()

    with django_assert_num_queries(1):
        user = SignInBackend().get_user(made.pk)
        assert getattr(user, "person", None) is None

    assert user == made


@pytest.mark.parametrize("is_held", [True, False])
def test_user_knows_whether_the_studio_is_held(is_held: bool) -> None:
    Studio.current()
    Studio.objects.update(held_since=timezone.now() if is_held else None)

    user: Any = SignInBackend().get_user(make_user("lea").pk)

    assert user.studio_is_held is is_held


def test_unknown_and_inactive_users_are_none() -> None:
    made = make_user("lea", is_active=False)

    assert [SignInBackend().get_user(pk) for pk in (made.pk, made.pk + 1)] == [None, None]


def test_session_and_user_need_no_sql_to_be_written(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_user("lea")
    client.force_login(made)
    key = Session.objects.get().pk
    read(key)
    written: list[str] = []
    monkeypatch.setattr(SQLCompiler, "as_sql", lambda *_arguments, **_options: written.append("x"))

    assert read(key) == made
    assert written == []


def read(session_key: str) -> User | None:
    return SignInBackend().get_user(int(SessionStore(session_key)["_auth_user_id"]))
