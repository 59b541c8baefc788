"""MiniMax: bearer authentication that keeps the API key out of errors and logs."""

import json
import traceback
from typing import Final
from urllib.parse import quote

import requests
from requests.auth import AuthBase
from requests.models import PreparedRequest

# Characters. A shorter key is not secret: that of practice mode is a word that answers may use.
MIN_SECRET_LENGTH: Final = 12


class BearerAuth(AuthBase):
    """Sets the header itself; requests would replace it with an entry of a .netrc file."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Set the Authorization header of one request."""
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request

    def redact(self, text: str) -> str:
        """Return the text without the key, in any escaped form that a provider may echo."""
        if len(self._key) < MIN_SECRET_LENGTH:
            return text
        in_json = json.dumps(self._key)[1:-1]
        forms = {self._key, quote(self._key, safe=""), in_json, in_json.replace("/", r"\/")}
        for form in sorted(forms, key=len, reverse=True):
            text = text.replace(form, "[key]")
        return text

    def remove_key(self, error: Exception) -> Exception:
        """Return an exception of a library without the request and frames that hold the header.

        A report that prints local variables would otherwise show the key. If the text itself has
        it, for example from a broken status line, a new exception is returned.
        """
        link: BaseException | None = error
        while link is not None:
            link.__traceback__ = None
            if isinstance(link, requests.RequestException):
                link.request = None
            link = link.__cause__ or link.__context__
        text = "".join(traceback.format_exception(error))
        if self.redact(text) != text:
            return requests.RequestException("message removed because it contained the key")
        return error
