"""Recordings: what we hold, and what a person brings."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods


@require_http_methods(["GET", "HEAD", "POST"])
def recordings(request: HttpRequest) -> HttpResponse:
    """Every recording, newest first."""
    return render(request, "base.html")


example = by_file_id = recording = delete = recordings
