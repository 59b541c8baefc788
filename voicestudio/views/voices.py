"""Voices: every voice that the studio has made."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def voices(request: HttpRequest) -> HttpResponse:
    return render(request, "voices/list.html")
