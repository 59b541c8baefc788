"""Looks: an administrator sees the studio as an example person, in practice mode only.

The session stays the administrator's own and names the example person. It lies in the database, so
no browser can change it.
"""

from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.middleware import get_user
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from voicestudio.models import is_example
from voicestudio.services import example_team
from voicestudio.services.people import directory
from voicestudio.words.example_team import OWN_ACCOUNT

from .current_user import current_user
from .example_team import in_practice_mode
from .people import for_administrators
from .permitted import render_no_access

SESSION_KEY: Final = "looks_as"
# Accounts belong to those who sign in.
OF_ACCOUNTS: Final = ("account/", "admin/", "invitation/", "new-password/", "verify-address/")


@require_POST
@in_practice_mode
@for_administrators
def look_as(request: HttpRequest, pk: int) -> HttpResponse:
    """Show every page as this example person sees it, until `go_back`."""
    by = current_user(request)
    person = get_object_or_404(directory.list_people(by=by), pk=pk)
    if example_team.find_person(pk, looker=by) is None:
        raise Http404
    example_team.start_look(person, by=by)
    request.session[SESSION_KEY] = pk
    return redirect("home")


@require_POST
@in_practice_mode
def go_back(request: HttpRequest) -> HttpResponse:
    """Show the pages as the administrator sees them again."""
    if SESSION_KEY not in request.session:
        raise Http404
    end_look(request)
    messages.success(request, _("You are yourself again."))
    return redirect("people")


def end_look(request: HttpRequest) -> None:
    """Let the rest of the request be the administrator's, if it was an example person's."""
    person, own = request.user, getattr(request, "own_user", None)
    request.session.pop(SESSION_KEY, None)
    if isinstance(own, User) and isinstance(person, User) and is_example(person):
        request.user = own
        example_team.end_look(person, by=own)


class LookMiddleware:
    """Lets `request.user` be the example person at whose pages an administrator looks.

    `request.own_user` is the administrator.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; the session is read only by a request that asks for its user."""
        if settings.PRACTICE_MODE:
            request.own_user = SimpleLazyObject(lambda: get_user(request))  # type: ignore[attr-defined]
            request.user = SimpleLazyObject(lambda: _find_seen_user(request))  # type: ignore[assignment]
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        """Go on to the page, unless it belongs to an account and the person has none."""
        if not is_closed_to_look(request, request.path_info):
            return None
        return render_no_access(request, OWN_ACCOUNT)


def is_looking(request: HttpRequest) -> bool:
    """Whether the pages are shown as an example person sees them."""
    person = request.user
    return settings.PRACTICE_MODE and isinstance(person, User) and is_example(person)


def is_closed_to_look(request: HttpRequest, url: str) -> bool:
    """Whether an administrator looks as an example person, and the page is that of an account."""
    return url.removeprefix("/").startswith(OF_ACCOUNTS) and is_looking(request)


def find_looker(request: HttpRequest) -> Any:
    """The administrator who looks at the pages as an example person; None if nobody does."""
    return request.own_user if is_looking(request) else None  # type: ignore[attr-defined]


def _find_seen_user(request: HttpRequest) -> Any:
    own = get_user(request)
    if not isinstance(own, User) or SESSION_KEY not in request.session:
        return own
    return example_team.find_person(request.session[SESSION_KEY], looker=own) or own
