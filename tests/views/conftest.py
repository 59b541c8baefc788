"""Fixtures of the view tests: people and their browsers."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.factories import make_user


@pytest.fixture
def user(client: Client, data_dir: Path) -> User:
    """A signed-in member of the team."""
    person = make_user("lea")
    client.force_login(person)
    return person


@pytest.fixture
def owner(db: None) -> User:
    """The person who ordered what a test looks at; not signed in."""
    return make_user("owner")


@pytest.fixture
def browser(client: Client, owner: User) -> Client:
    """The owner's browser, signed in."""
    client.force_login(owner)
    return client
