"""Timed signer: ends by the shared clock, and reads what Django has signed."""

from datetime import timedelta

import pytest
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner

from voicestudio.models import SharedClockSigner, clock

pytestmark = pytest.mark.django_db
SIGNER = SharedClockSigner(salt="test")


@pytest.mark.parametrize("max_age", [60, timedelta(minutes=1)])
def test_value_ends_by_the_shared_clock(
    max_age: int | timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed, made = SIGNER.sign("a:b"), clock.now()

    monkeypatch.setattr(clock, "now", lambda: made + timedelta(seconds=58))
    assert SIGNER.unsign(signed, max_age=max_age) == "a:b"
    monkeypatch.setattr(clock, "now", lambda: made + timedelta(seconds=62))
    with pytest.raises(SignatureExpired):
        SIGNER.unsign(signed, max_age=max_age)
    assert SIGNER.unsign(signed) == "a:b"


def test_signer_and_that_of_django_read_each_other() -> None:
    django = TimestampSigner(salt="test")

    assert SIGNER.unsign_object(django.sign_object([7]), max_age=60) == [7]
    assert django.unsign_object(SIGNER.sign_object([7]), max_age=60) == [7]


@pytest.mark.parametrize("signed", ["", "a", "a:b", "a:b:c"])
def test_forged_value_is_refused(signed: str) -> None:
    with pytest.raises(BadSignature):
        SIGNER.unsign(signed, max_age=60)
