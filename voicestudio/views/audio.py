"""Sound: recordings and demos, to signed-in people only."""

from django.http import HttpRequest, HttpResponse


def recording(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse()


demo = recording
