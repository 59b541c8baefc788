"""Log context: a paid call can be followed from its request through the worker."""

import logging
from collections.abc import Callable, Iterator

import pytest
import requests
from django.contrib.auth.models import User

from voicestudio.practice.server import StandIn
from voicestudio.services import clones, speeches
from voicestudio.services.clones import Order
from voicestudio.services.log_context import AddContext, log_fields
from voicestudio.services.speeches import SpeechOrder

pytestmark = pytest.mark.usefixtures("data_dir")


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """The log from INFO on, with the context of each record."""
    caplog.handler.addFilter(context := AddContext())
    caplog.set_level(logging.INFO)
    yield caplog
    caplog.handler.removeFilter(context)


def contexts(log: pytest.LogCaptureFixture, text: str) -> list[dict[str, object]]:
    """The context of every record with this text."""
    return [getattr(each, "context", {}) for each in log.records if text in each.getMessage()]


def test_request_and_call_are_named_in_one_record(
    order: Callable[..., Order],
    speech_order: Callable[..., SpeechOrder],
    person: User,
    standin: StandIn,
    log: pytest.LogCaptureFixture,
) -> None:
    with log_fields(request="r1", person=lambda: person.pk):
        attempt = clones.submit(order(), by=person)
        speech = speeches.submit(speech_order(), by=person)

    assert contexts(log, "is requested") == [
        {"request": "r1", "person": person.pk, "attempt": attempt.pk},
        {"request": "r1", "person": person.pk, "speech": speech.pk},
    ]


def test_worker_logs_which_call_failed_and_whose_it_is(
    order: Callable[..., Order],
    person: User,
    standin: StandIn,
    log: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attempt = clones.submit(order(), by=person)

    def fail(*_arguments: object, **_options: object) -> None:
        logging.getLogger("library").warning("before")
        raise RuntimeError("a mistake")

    monkeypatch.setattr(requests.Session, "send", fail)
    try:
        clones.run_clone.call(attempt.pk)
    except RuntimeError:
        logging.getLogger("queue").exception("after")  # as huey does

    expected = {"attempt": attempt.pk, "person": person.pk}
    assert contexts(log, "before") == [expected]
    assert contexts(log, "after") == [expected]
