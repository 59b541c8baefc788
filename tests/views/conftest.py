"""Fixtures of the view tests: people and their browsers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.factories import make_recording, make_user
from tests.services.conftest import wav
from voicestudio.models import CloneAttempt
from voicestudio.services import clones
from voicestudio.services.clones import Order


@pytest.fixture
def user(client: Client, data_dir: Path) -> User:
    """A signed-in member of the team."""
    person = make_user("lea")
    client.force_login(person)
    return person


@pytest.fixture
def clone_voice(user: User) -> Callable[..., CloneAttempt]:
    """Clones a voice at the stand-in; returns the attempt, whatever its outcome is."""

    def clone(**fields: Any) -> CloneAttempt:
        recording = make_recording(
            by=user, content=wav(11, rate=8_000), name="anna.wav", uploaded=False
        )
        order = Order(
            token=uuid4(), speaker_name="Anna", voice_id="Anna-7k2pp", permission=True,
            recording=recording, **fields,
        )  # fmt: skip
        attempt = clones.submit(order, by=user)
        clones.run_clone.call(attempt.pk)
        return CloneAttempt.objects.get(pk=attempt.pk)

    return clone


@pytest.fixture
def owner(db: None) -> User:
    """The person who ordered what a test looks at; not signed in."""
    return make_user("owner")


@pytest.fixture
def browser(client: Client, owner: User) -> Client:
    """The owner's browser, signed in."""
    client.force_login(owner)
    return client
