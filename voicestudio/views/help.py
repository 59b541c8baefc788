"""The help page: all sections, or those that contain some words."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from voicestudio.forms import texts
from voicestudio.services import help as help_service

from .current_user import current_user
from .htmx import HtmxRequest
from .search import LONGEST


@require_safe
def help_page(request: HtmxRequest) -> HttpResponse:
    """The sections with the words of `?q=`, or all."""
    words = texts.clean(request.GET.get("q", ""))[:LONGEST]
    sections = help_service.search(current_user(request), words)
    return render(request, "help/help.html", {"words": words, "sections": sections})
