"""History."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def history(request: HttpRequest) -> HttpResponse:
    return render(request, "base.html")


def attempt(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "base.html")


attempt_row = fetch_demo = try_again = attempt
