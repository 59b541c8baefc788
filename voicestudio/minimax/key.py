"""MiniMax: the key, sent with every call and kept out of everything else."""

import traceback
from typing import Final
from urllib.parse import quote

import requests
from requests.auth import AuthBase
from requests.models import PreparedRequest

# Characters. A shorter key is no secret: practice mode's is a word that honest answers use.
SHORTEST_SECRET: Final = 12


class Bearer(AuthBase):
    """Sets the key itself: left to requests, a .netrc of the machine would replace it."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign one request."""
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request

    def redact(self, text: str) -> str:
        """The text without the key, however the provider has spelt it."""
        if len(self._key) < SHORTEST_SECRET:
            return text
        for spelling in {self._key, quote(self._key, safe=""), self._key.replace("/", r"\/")}:
            text = text.replace(spelling, "[key]")
        return text

    def cleared(self, problem: Exception) -> Exception:
        """The same foreign exception without the request and the frames that held its headers.

        A report that prints local variables would otherwise show the key. Where even the text
        holds it, echoed in a broken status line for instance, another exception stands in.
        """
        seen: BaseException | None = problem
        while seen is not None:
            seen.__traceback__ = None
            if isinstance(seen, requests.RequestException):
                seen.request = None
            seen = seen.__cause__ or seen.__context__
        text = "".join(traceback.format_exception(problem))
        if self.redact(text) != text:
            return requests.RequestException("left out, because its text held the key")
        return problem
