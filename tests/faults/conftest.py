"""Fixtures and helpers of the fault tests: a person's browser, pages as read, the ledger."""

import html
from collections import Counter
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.services.conftest import (  # fixtures
    no_waiting,
    order,
    person,
    recording,
    speech_order,
    tone,
    voice,
)
from voicestudio.models import Charge
from voicestudio.practice.server import StandIn
from voicestudio.words import Message

__all__ = ["no_waiting", "order", "person", "recording", "speech_order", "tone", "voice"]


@pytest.fixture
def browser(client: Client, person: User) -> Client:
    """The browser of a signed-in manager, which gets pages for errors, not exceptions."""
    client.force_login(person)
    client.raise_request_exception = False
    return client


def read(response: Any) -> str:
    """A page as a person reads it, without the escapes of HTML."""
    return html.unescape(response.content.decode())


def heading(message: Message) -> str:
    """The heading of the page with this message."""
    return f"<h1>{str(message.headline).removesuffix('.')}</h1>"


def ledger() -> Counter[Any]:
    """What the studio has charged, line by line."""
    lines = Charge.objects.counted()
    return Counter((line.kind, line.voice_name, line.units, line.amount) for line in lines)


def bill(standin: StandIn) -> Counter[Any]:
    """What the stand-in has billed, line by line."""
    lines = standin.bill
    return Counter((line.kind, line.voice_id, line.units, line.amount) for line in lines)
