"""Example team: the buttons that make and remove it, in practice mode only."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from voicestudio.services import example_team
from voicestudio.services.recordings.uploads import ExampleUnavailable

from .current_user import current_user
from .htmx import HtmxRequest
from .people import for_administrators, render_list


def in_practice_mode(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer 404 where MiniMax itself answers."""

    @wraps(view)
    def answer(request: HtmxRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.PRACTICE_MODE:
            raise Http404
        return view(request, *args, **kwargs)

    return answer


@require_POST
@in_practice_mode
@for_administrators
def show(request: HtmxRequest) -> HttpResponse:
    """Make the team; pressed twice it makes one."""
    try:
        example_team.show_team(by=current_user(request))
    except ExampleUnavailable as missing:
        return render_list(request, refusal=missing.message, status=422)
    messages.success(request, _("The example team is here. Look at the studio as one of them."))
    return redirect("people")


@require_POST
@in_practice_mode
@for_administrators
def remove(request: HtmxRequest) -> HttpResponse:
    """Remove the team, after one question."""
    if "sure" not in request.POST:
        return render_list(request, asks=True)
    try:
        example_team.remove_team(by=current_user(request))
    except example_team.TeamRefused as refused:
        return render_list(request, refusal=refused.message, status=422)
    messages.success(request, _("The example team was removed, with its projects."))
    return redirect("people")
