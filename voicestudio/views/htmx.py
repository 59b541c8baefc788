"""htmx: the type of a request that HtmxMiddleware has seen."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class HtmxRequest(HttpRequest):
    """`htmx` is true if htmx sent the request, and holds its headers."""

    htmx: HtmxDetails
