"""Sign-in and sign-out; a form posted after the sign-in expired is not lost."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from threading import BoundedSemaphore
from typing import Any, Final
from urllib.parse import urlsplit

from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from voicestudio.models import clock
from voicestudio.services import sign_in_limits

from . import draft_cookie, drafts, looks
from .client_address import get_client_network
from .draft_redirects import see_other
from .htmx import HtmxRequest

DRAFT_PREFIX: Final = "draft-"
TEMPLATE: Final = "registration/sign_in.html"
# Each check takes the processor for a while, so that few run at once.
PASSWORD_CHECKS: Final = BoundedSemaphore(2)
# Sign-ins that are checked or wait; the other threads are free for other people's pages.
SIGN_INS: Final = BoundedSemaphore(max(2, settings.WEB_THREADS // 4))
WAIT_FOR_CHECK_S: Final = 2.0


@method_decorator([login_not_required, never_cache], name="dispatch")
class SignIn(LoginView):
    """The sign-in page, and the form in the dialog of a page whose sign-in has expired."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Skip the form for a user who is signed in already."""
        if request.method == "GET" and request.user.is_authenticated:
            return self._go_on()
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Check the password, a few at once: each takes the processor for a while."""
        if not SIGN_INS.acquire(blocking=False):
            return self._put_off()
        try:
            if not PASSWORD_CHECKS.acquire(timeout=WAIT_FOR_CHECK_S):
                return self._put_off()
            try:
                return super().post(request, *args, **kwargs)
            finally:
                PASSWORD_CHECKS.release()
        finally:
            SIGN_INS.release()

    def _put_off(self) -> HttpResponse:
        context = self.get_context_data(form=AuthenticationForm(self.request), is_busy=True)
        return render(self.request, _template(self.request), context, status=429)

    def get_template_names(self) -> list[str]:
        """The whole page, or only the form for a dialog."""
        return [_template(self.request)]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds what was typed before the sign-in expired."""
        return super().get_context_data(**kwargs) | {
            "draft": carried_draft(self.request),
            "dialog": is_fetch(self.request),
            "minutes_locked": None,
        }

    def render_to_response(self, context: dict[str, Any], **response_kwargs: Any) -> HttpResponse:
        """A wrong password answers 422, like every invalid form."""
        status = 422 if self.request.method == "POST" else 200
        response = super().render_to_response(context, status=status, **response_kwargs)
        patch_vary_headers(response, ["HX-Request"])
        return response

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in, or ask for the second factor; see `AccountAdapter.post_login`."""
        if draft := carried_draft(self.request):
            drafts.save_answers(self.request, "new", draft)
        url = self.get_success_url()
        response: HttpResponse = perform_login(self.request, form.get_user(), redirect_url=url)
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Say that the password is wrong, or how long none is checked."""
        account = sign_in_limits.find_account(form.data.get("username", "").strip())
        if not sign_in_limits.is_refused(account, get_client_network(self.request)):
            return super().form_invalid(form)
        minutes = settings.SIGN_IN_PAUSE_MINUTES
        context = self.get_context_data(form=AuthenticationForm(self.request))
        context["minutes_locked"] = minutes
        return render(self.request, _template(self.request), context, status=429)

    def _go_on(self) -> HttpResponse:
        if is_fetch(self.request):
            return signed_in_fragment(self.request)
        return HttpResponseRedirect(self.get_success_url())


@login_not_required
@require_safe
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Send strangers from the admin pages to the sign-in page, and refuse people without access."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(safe_path(request, request.GET.get("next", "")), settings.LOGIN_URL)


def renew_sign_in(request: HttpRequest) -> None:
    """Let this sign-in last as long as a new one.

    Its end is a moment, so that pages know it, and a change of the session does not move it.
    """
    lifetime = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    request.session.set_expiry(clock.now() + lifetime)


@require_POST
def extend_sign_in(request: HtmxRequest) -> HttpResponse:
    """Renew this sign-in; an open page learns how long it lasts now."""
    renew_sign_in(request)
    if not request.htmx:
        return redirect("home")
    seconds = request.session.get_expiry_age()
    return trigger_client_event(HttpResponse(status=204), "sign-in-extended", {"seconds": seconds})


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this sign-in."""
    looks.end_look(request)
    draft_cookie.end_sign_in(request)
    # Messages outlive logout() and may name voices; the next person at this browser would read
    # them.
    list(messages.get_messages(request))
    logout(request)
    response = redirect("sign_in")
    draft_cookie.delete(response)
    # The next person of this browser gets the language that it asks for.
    response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
    # Otherwise the back button shows the clone form, the one page that the browser may keep.
    response["Clear-Site-Data"] = '"cache"'
    return response


def signed_in_fragment(request: HttpRequest) -> HttpResponse:
    """The name and a new CSRF token, for a page that stays open."""
    return render(request, f"{TEMPLATE}#signed-in")


@login_not_required
def token_outdated(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """Answer a form whose page was loaded before the last sign-in (called by the CSRF check).

    Its page is shown again with what was posted; nothing else has been done.
    """
    form = drafts.find_form(request)
    user = request.user
    if form and isinstance(user, User) and not is_fetch(request) and is_same_origin(request):
        with suppress(*drafts.UNREADABLE):
            drafts.keep_for(request, form, user)
        drafts.restore(request, user)
        messages.warning(
            request,
            _("You signed in again after that page was opened, so nothing was sent. The form is "
              "filled in again: check it and press the button once more."),
        )  # fmt: skip
        return see_other(form.page)
    response = render(request, "403_csrf.html", status=403)
    # Tells the script of the open page to fetch a new token and send its request again.
    response["Token-Outdated"] = "true"
    return response


# Middleware ---------------------------------------------------------------------------------------


class CsrfCookieOnceMiddleware:
    """Sends the cookie of the CSRF check when it is new, not with every page.

    Django renews its one-year lifetime with each page; signing in renews it too, and no sign-in
    lasts a year. The cookie is a sixth of a page's size without its text.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer without the cookie if the browser has it."""
        response = self.get_response(request)
        name = settings.CSRF_COOKIE_NAME
        if name in response.cookies and response.cookies[name].value == request.COOKIES.get(name):
            del response.cookies[name]
        return response


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Sends people without a sign-in to the sign-in page; an open page opens its own dialog."""

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, _view: Callable[..., HttpResponseBase]
    ) -> HttpResponse:
        """401 for scripts and players, else the sign-in page, which carries what was typed."""
        if is_fetch(request):
            headers = {"HX-Trigger": "signed-out", "Cache-Control": "no-store"}
            return HttpResponse(status=401, headers=headers)
        if request.method in ("GET", "HEAD"):
            return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
        form = drafts.find_form(request)
        kept = drafts.keep_for_cookie_owner(request, form) if form else drafts.Kept.NOTHING
        if form is None or not (kept or form.name == "new"):
            return redirect_to_login(_path_before(request), settings.LOGIN_URL)
        # Without a known owner the answers travel through the pages as hidden fields.
        draft = {} if kept else drafts.read_text_fields(request)
        return show_sign_in(request, form.page, draft=draft, kept=kept, status=401)

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Keep pages out of every cache: Back must not show them after the sign-in has ended."""
        draft_cookie.renew(request, response)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response


def show_sign_in(
    request: HttpRequest,
    page: str,
    *,
    draft: dict[str, str],
    status: int,
    kept: drafts.Kept = drafts.Kept.NOTHING,
) -> HttpResponse:
    """The sign-in page on the way to `page`, with `draft` in hidden fields."""
    context = {
        "form": AuthenticationForm(request),
        "next": page,
        "draft": draft,
        "kept": kept,
        "dialog": False,
        "minutes_locked": None,
    }
    response = render(request, TEMPLATE, context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _template(request: HttpRequest) -> str:
    return f"{TEMPLATE}#sign-in" if is_fetch(request) else TEMPLATE


def is_fetch(request: HttpRequest) -> bool:
    """Whether a script or a player of an open page sent it, so that no new page is shown."""
    if request.htmx:  # type: ignore[attr-defined]
        return True
    return request.headers.get("Sec-Fetch-Mode", "navigate") in {"cors", "same-origin", "no-cors"}


def is_same_origin(request: HttpRequest) -> bool:
    """Whether a page of this studio sent it, according to the browser."""
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        return True
    return request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"


def safe_path(request: HttpRequest, path: str) -> str:
    """`path` if it leads to this studio, else the front page."""
    is_safe = url_has_allowed_host_and_scheme(path, {request.get_host()}, request.is_secure())
    return path if is_safe else "/"


def _path_before(request: HttpRequest) -> str:
    """The path of the page that sent the request, else the front page."""
    try:
        return safe_path(request, urlsplit(request.headers.get("Referer", "")).path)
    except ValueError:  # no address
        return "/"


def carried_draft(request: HttpRequest) -> dict[str, str]:
    """The answers of the clone form that the sign-in page carries as hidden fields."""
    carried = {name: request.POST.get(f"{DRAFT_PREFIX}{name}", "") for name in drafts.CLONE_FORM}
    return {name: value[: drafts.LONGEST] for name, value in carried.items() if value}
