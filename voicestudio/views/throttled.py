"""Throttled pages: answer 429 to a form that is sent too often."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from voicestudio.models import Throttle, throttles


def get_person(request: HttpRequest) -> object:
    """The key of the person who is signed in."""
    return request.user.pk


def throttled(
    throttle: Throttle,
    view: Callable[..., HttpResponseBase],
    by: Callable[[HttpRequest], object] = get_person,
) -> Callable[..., HttpResponseBase]:
    """The page, whose form counts for the person or, with another `by`, for the network."""

    @wraps(view)  # also copies whether the page needs a sign-in
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and not throttles.admit(throttle, by(request)):
            return refuse_throttled(request)
        return view(request, *args, **kwargs)

    return answer


def refuse_throttled(request: HttpRequest) -> HttpResponse:
    """Say that nothing was done, and to wait."""
    return render(request, "429.html", status=429)
