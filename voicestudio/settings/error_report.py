"""Error report: what Django writes about an exception for a developer, without secrets."""

import sys
from pprint import pformat
from typing import Any

from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter

from .log import redact


class RedactedReporter(ExceptionReporter):
    """Django hides settings by their names; a local variable or a URL may hold a secret too."""

    def get_traceback_frames(self) -> list[Any]:
        """Return the frames, without the variables that hold a secret.

        Django cuts long values, and half a secret would no longer be found in the report.
        """
        frames = super().get_traceback_frames()
        for frame in frames:
            frame["vars"] = [(name, _hide(value)) for name, value in frame["vars"]]
        return frames

    def get_traceback_html(self) -> SafeString:
        """Return the report as a page."""
        return SafeString(redact(super().get_traceback_html()))

    def get_traceback_text(self) -> SafeString:
        """Return the report as plain text."""
        return SafeString(redact(super().get_traceback_text()))


def _hide(value: object) -> object:
    try:
        text = pformat(value, width=sys.maxsize)  # a line break would split a secret
    except Exception:  # of its __repr__; the report says so
        return value
    return value if redact(text) == text else "[key]"
