"""Audit origin: tells the audit trail from where a request comes, and who sends it."""

import re
from collections.abc import Callable
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from voicestudio.models import Way
from voicestudio.services.audit import Origin, acting_from

from .client_address import get_client_address
from .looks import find_looker

LONGEST: Final = 300


class AuditOriginMiddleware:
    """Sets the origin of all that a request does; after the middleware that finds its user."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with this request as the origin."""
        user_agent = re.sub(r"[^ -~]", "?", request.headers.get("User-Agent", ""))[:LONGEST]
        address = get_client_address(request)
        # The user is looked for only if something is recorded.
        origin = Origin(
            Way.PAGE, address, user_agent, lambda: request.user, lambda: find_looker(request)
        )
        with acting_from(origin):
            return self.get_response(request)
