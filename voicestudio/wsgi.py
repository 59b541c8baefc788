"""The WSGI application."""

import logging
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.core.exceptions import BadRequest
from django.core.wsgi import get_wsgi_application

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voicestudio.settings")

logger = logging.getLogger(__name__)
handler = get_wsgi_application()


def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Answer the request; 400 if Django cannot read it.

    Django reads path and Content-Type before it handles errors, so that a value that it does not
    understand would count as an error of the server.
    """
    try:
        return handler(environ, start_response)
    except (BadRequest, ValueError) as error:
        logger.warning("Bad request: %s", error, exc_info=error)
        start_response("400 Bad Request", [("Content-Type", "text/plain")])
        return [b"The request can't be read.\n"]
