"""Signing in and out; nothing that was typed is lost when a sign-in has expired."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

from axes.helpers import get_cool_off
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from . import draft_cookie, drafts

DRAFT_PREFIX: Final = "draft-"


@method_decorator([login_not_required, never_cache], name="dispatch")
class SignIn(LoginView):
    """The sign-in page, and the small form in the dialog of a page whose sign-in has expired."""

    template_name = "registration/sign_in.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Somebody who is signed in already needs no form."""
        if request.method == "GET" and request.user.is_authenticated:
            if by_script(request):
                return current_user(request)
            return HttpResponseRedirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)

    def get_template_names(self) -> list[str]:
        """The whole page, or for a dialog the form alone."""
        part = "#sign-in" if by_script(self.request) else ""
        return [f"{self.template_name}{part}"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With what was typed before the sign-in expired."""
        return super().get_context_data(**kwargs) | {
            "draft": carried_draft(self.request),
            "dialog": by_script(self.request),
            "minutes_locked": None,
        }

    def render_to_response(self, context: dict[str, Any], **response_kwargs: Any) -> HttpResponse:
        """A wrong password answers 422, like every form that is not right yet."""
        status = 422 if self.request.method == "POST" else 200
        response = super().render_to_response(context, status=status, **response_kwargs)
        patch_vary_headers(response, ["HX-Request"])
        return response

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in, and lay what was sent or typed before where its page finds it."""
        person = form.get_user()
        login(self.request, person)
        if draft := carried_draft(self.request):
            self.request.session["draft"] = draft
        if drafts.lay_ready(self.request, person):
            messages.info(
                self.request,
                _("What you sent when your sign-in had expired is in its form again. Nothing was "
                  "done yet: look it over and press the button once more."),
            )  # fmt: skip
        if by_script(self.request):
            return current_user(self.request)
        return HttpResponseRedirect(self.get_success_url())


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this sign-in."""
    logout(request)
    response = redirect("sign_in")
    draft_cookie.end(response)
    return response


def current_user(request: HttpRequest) -> HttpResponse:
    """For a page that stays open: the new token and the name, so that it can go on."""
    return render(request, "registration/sign_in.html#signed-in")


def locked_out(
    request: HttpRequest, _response: HttpResponse | None, _credentials: dict[str, Any] | None
) -> HttpResponse:
    """After too many wrong passwords: how long to wait, in plain words (called by axes)."""
    pause = get_cool_off(request)
    part = "#sign-in" if by_script(request) else ""
    context = {
        "form": AuthenticationForm(request),
        "next": safe_path(request, request.POST.get("next", "")),
        "draft": carried_draft(request),
        "dialog": by_script(request),
        "minutes_locked": round(pause.total_seconds() / 60) if pause else 0,
    }
    return render(request, f"registration/sign_in.html{part}", context, status=429)


@login_not_required
def token_outdated(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """A page that was opened before the last sign-in (Django's CSRF check calls this).

    Its own page is shown again, with what was sent from it; nothing else has been done.
    """
    place = drafts.place_of(request)
    if place and isinstance(request.user, User) and not by_script(request) and of_ours(request):
        with suppress(*drafts.UNREADABLE):
            drafts.keep_of(request, place, request.user)
        drafts.lay_ready(request, request.user)
        messages.warning(
            request,
            _("That page was opened before you last signed in, so nothing was done yet. What you "
              "sent is here again: look it over and press the button once more."),
        )  # fmt: skip
        response = redirect(place.page)
        response.status_code = 303
        return response
    refusal = render(request, "403_csrf.html", status=403)
    # The open page may fetch a fresh token and send its request again: nothing was done.
    refusal["Token-Outdated"] = "true"
    return refusal


# A sign-in that has expired ------------------------------------------------------------------


class CsrfCookieOnceMiddleware:
    """Sends the cookie of the CSRF check when it is new, not with every page.

    Django renews its year with each page; signing in renews it as well, and no sign-in lasts a
    year. A sixth of what an opened page weighs besides its words.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; the browser keeps the cookie that it has."""
        response = self.get_response(request)
        name = settings.CSRF_COOKIE_NAME
        if name in response.cookies and response.cookies[name].value == request.COOKIES.get(name):
            del response.cookies[name]
        return response


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Sends strangers to the sign-in page; an open page is told, and opens its own dialog."""

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, _view: Callable[..., HttpResponseBase]
    ) -> HttpResponse:
        """401 for scripts and players, the sign-in page for people; what was typed goes along."""
        if by_script(request):
            response = HttpResponse(status=401)
            response["HX-Trigger"] = "signed-out"
            response["Cache-Control"] = "no-store"
            return response
        if request.method in ("GET", "HEAD"):
            return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
        place = drafts.place_of(request)
        kept = place is not None and drafts.keep_aside(request, place)
        if place is None or not (kept or place.form == "new"):
            back = urlsplit(request.headers.get("Referer", "")).path
            return redirect_to_login(safe_path(request, back), settings.LOGIN_URL)
        context = {
            "form": AuthenticationForm(request),
            "next": place.page,
            # What nobody may keep for this browser travels through its pages.
            "draft": {} if kept else drafts.typed(request),
            "kept": kept,
            "dialog": False,
            "minutes_locked": None,
        }
        response = render(request, "registration/sign_in.html", context, status=401)
        response["Cache-Control"] = "no-store"
        return response

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """What one person is shown is nobody else's: no cache in between keeps or reuses it."""
        draft_cookie.renew(request, response)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_cache=True)
        return response


def by_script(request: HttpRequest) -> bool:
    """Whether a script or a player of an open page asks, not a person who goes to a page."""
    if request.headers.get("HX-Request") == "true":
        return True
    return request.headers.get("Sec-Fetch-Mode", "navigate") in {"cors", "same-origin", "no-cors"}


def of_ours(request: HttpRequest) -> bool:
    """Whether a page of this very studio sent it, as the browser tells."""
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        return True
    return request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"


def safe_path(request: HttpRequest, path: str) -> str:
    """`path` if it leads to this studio, else its front page."""
    safe = url_has_allowed_host_and_scheme(path, {request.get_host()}, request.is_secure())
    return path if safe else "/"


def carried_draft(request: HttpRequest) -> dict[str, str]:
    """The same fields as the sign-in page carries them on."""
    carried = {name: request.POST.get(f"{DRAFT_PREFIX}{name}", "") for name in drafts.CLONE_FORM}
    return {name: value[: drafts.LONGEST] for name, value in carried.items() if value}
