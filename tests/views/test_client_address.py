"""Client addresses: `X-Forwarded-For` is believed from named proxies only."""

import pytest
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from voicestudio.views.client_address import UNKNOWN, get_client_address, get_client_network


def test_client_is_the_last_address_a_proxy_forwarded(settings: Settings) -> None:
    request = RequestFactory().get("/new/", headers={"X-Forwarded-For": "6.6.6.6, 192.0.2.7"})

    assert get_client_network(request) == "127.0.0.0"
    settings.PROXY = True
    assert get_client_address(request) == "192.0.2.7"
    request.META["REMOTE_ADDR"] = "203.0.113.5"
    assert get_client_network(request) == "203.0.113.0"
    settings.PROXIES = ["127.0.0.1", "203.0.113.0/24", "192.0.2.7"]
    assert get_client_address(request) == "6.6.6.6"


@pytest.mark.parametrize("address", ["", "nowhere", "::ffff:0.0.0.0"])
def test_unreadable_addresses_count_as_one(address: str) -> None:
    request = RequestFactory().get("/new/", REMOTE_ADDR=address)

    assert get_client_address(request) == str(UNKNOWN)
