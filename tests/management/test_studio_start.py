"""`manage.py studio`: the port of the stand-in, and what the start says about voices."""

import os
import socket

import pytest
from django.core.management.base import CommandError
from pytest_django.fixtures import Settings

from tests.factories import make_voice
from voicestudio.management.commands import studio


@pytest.mark.parametrize("is_fixed", [True, False])
def test_practice_port_in_use_is_replaced_unless_it_is_set(
    is_fixed: bool, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRACTICE_PORT", "")
    with socket.socket() as other, socket.socket() as unused:
        for each in (other, unused):
            each.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        settings.PORT = unused.getsockname()[1]
        unused.close()
        settings.PRACTICE_MODE, settings.PRACTICE_PORT_IS_FIXED = True, is_fixed
        settings.PRACTICE_PORT = port
        settings.MINIMAX_BASE_URL = f"http://127.0.0.1:{port}"

        if is_fixed:
            with pytest.raises(CommandError, match=f"Port {port} .* PRACTICE_PORT="):
                studio.check_ports()
            return
        studio.check_ports()

    chosen = settings.PRACTICE_PORT
    assert chosen not in (port, settings.PORT)
    assert os.environ["PRACTICE_PORT"] == str(chosen)
    assert settings.MINIMAX_BASE_URL.endswith(f"//127.0.0.1:{chosen}")


@pytest.mark.django_db
def test_start_reports_voices_of_another_account(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.MINIMAX_PROVIDER = "api.minimax.io"
    for provider in ("api.minimax.io", "practice", "gate.example.com", "gate.example.com"):
        make_voice(provider=provider)

    studio.report_other_accounts()

    assert capsys.readouterr().out == (
        "2 voices belong to another account (gate.example.com) and can't be used now. If that is "
        "this account under its old address, set MINIMAX_ACCOUNT=gate.example.com.\n"
    )
