"""The key: sent with every call, and found nowhere afterwards, however it is echoed."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import serializers
from django.test import Client
from pytest_django.fixtures import Settings

from voicestudio.models import AudioFile, CloneAttempt
from voicestudio.practice.server import Fault, StandIn
from voicestudio.services import clones
from voicestudio.services.clones import Order

KEY = "secret-value-123456"
NO = {"base_resp": {"status_code": 2013, "status_msg": f"invalid params, Bearer {KEY}"}}
YES: dict[str, Any] = {
    "input_sensitive": False,
    "input_sensitive_type": 0,
    "demo_audio": "",
    "extra_info": {"headers": {"Authorization": f"Bearer {KEY}"}},
    "base_resp": {"status_code": 0, "status_msg": KEY},
}
GATEWAY = {"error": {"message": f"bad key {KEY}", "headers": {"Authorization": KEY}}}


@pytest.mark.parametrize(
    "fault",
    [
        Fault(body=json.dumps(NO), headers={"Trace-Id": KEY}),
        Fault(body=json.dumps(YES), headers={"Trace-Id": KEY}),
        Fault(http_status=401, body=json.dumps(GATEWAY)),
        Fault(http_status=502, body=f"<html>Bearer {KEY}</html>"),
        Fault(body=f"no JSON, but {KEY}"),
        Fault(action="drop"),
    ],
)
def test_key_is_nowhere_however_the_provider_echoes_it(
    fault: Fault,
    order: Callable[..., Order],
    person: User,
    client: Client,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    settings.MINIMAX_API_KEY = KEY
    client.force_login(person)
    with StandIn(api_key=KEY) as standin:
        settings.MINIMAX_BASE_URL = standin.url
        standin.script("voice_clone", fault)

        attempt = clones.submit(order(), by=person)
        clones.run_clone.call(attempt.pk)

    assert [call.headers["authorization"] for call in standin.calls] == [f"Bearer {KEY}"] * 2
    rows = [*CloneAttempt.objects.all(), *AudioFile.objects.all()]
    pages = [client.get(path) for path in (f"/history/{attempt.pk}/", "/history/", "/recordings/")]
    assert [page.status_code for page in pages] == [200, 200, 200]
    everything = [
        serializers.serialize("json", rows), caplog.text, *(page.content.decode() for page in pages)
    ]  # fmt: skip
    assert [KEY in text for text in everything] == [False] * len(everything)
