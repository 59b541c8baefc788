"""Devices are named as people call them."""

import pytest

from voicestudio.words.devices import name_device


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18 like Mac OS X) Safari/604", "Safari on iPhone"),
        ("", "Unknown device"),
    ],
)
def test_device_is_named_by_browser_and_system(user_agent: str, name: str) -> None:
    assert name_device(user_agent) == name
