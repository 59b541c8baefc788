"""Fixtures for the tests of the practice provider."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.practice.recordings import hum
from voicestudio.practice.server import StandIn


class Caller:
    """A plain HTTP client with the right key, independent of our own client."""

    def __init__(self, stand_in: StandIn, prefix: str = "") -> None:
        self.base = stand_in.url + prefix
        self.session = requests.Session()
        self.session.headers["Authorization"] = "Bearer practice"

    def post(self, path: str, body: Any, **headers: str) -> requests.Response:
        return self.session.post(self.base + path, json=body, headers=headers, timeout=30)

    def get(self, path: str, **query: str) -> requests.Response:
        return self.session.get(self.base + path, params=query, timeout=30)

    def upload(
        self, data: bytes, name: str = "sample.wav", purpose: str = "voice_clone"
    ) -> requests.Response:
        return self.session.post(
            self.base + "/v1/files/upload",
            data={"purpose": purpose},
            files={"file": (name, data)},
            timeout=30,
        )

    def file_id(
        self, data: bytes | None = None, name: str = "sample.wav", purpose: str = "voice_clone"
    ) -> int:
        """Upload a file, by default a valid sample, and return its file_id."""
        answer = self.upload(hum(10.5) if data is None else data, name, purpose).json()
        return int(answer["file"]["file_id"])

    def clone(self, body: Any, **headers: str) -> Any:
        return self.post("/v1/voice_clone", body, **headers).json()


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """A stand-in with a temporary folder."""
    with StandIn() as server:
        yield server


@pytest.fixture
def caller(stand_in: StandIn) -> Iterator[Caller]:
    """A client of the stand-in."""
    caller = Caller(stand_in)
    with caller.session:
        yield caller
