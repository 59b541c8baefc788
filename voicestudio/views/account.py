"""My account: name, address, language, time zone, theme, mails; the rest is django-allauth's."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.account.models import EmailAddress
from allauth.account.views import ConfirmEmailView
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from voicestudio.forms.accounts import AddressForm, ProfileForm
from voicestudio.models import Person, Theme, Throttle, throttles
from voicestudio.services.people import accounts, openid
from voicestudio.services.people.address_links import AddressLink

from . import languages
from .current_user import current_user
from .lists import SESSION_TIME_ZONE
from .sign_in import safe_path
from .throttled import refuse_throttled

# Kept in the session, so that every page is drawn in it from its first paint, without a query.
SESSION_THEME = "theme"


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """The page, or its form with name, time zone, theme and mails."""
    if request.method != "POST":
        return _render_page(request)
    form = ProfileForm(request.POST)
    if not form.is_valid():
        return _render_page(request, form=form)
    accounts.change_profile(current_user(request), **form.cleaned_data)
    language = form.cleaned_data["language"]
    request.session[SESSION_TIME_ZONE] = form.cleaned_data["time_zone"]
    request.session[SESSION_THEME] = form.cleaned_data["theme"]
    with translation.override(language or get_language()):
        messages.success(request, _("Saved."))
    response = redirect("account")
    languages.remember(response, language)
    return response


@require_POST
def change_theme(request: HttpRequest) -> HttpResponse:
    """Change the appearance at once, on the way back to the same page."""
    theme = request.POST.get("theme", "")
    if theme in Theme.values:
        accounts.change_theme(current_user(request), theme)
        request.session[SESSION_THEME] = theme
    return redirect(safe_path(request, request.POST.get("next", "")))


@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(allow_get=True)
def change_address(request: HttpRequest) -> HttpResponse:
    """Send a mail to a new address; it is used once the link in the mail was opened.

    Links for a new password go to that address, so people first confirm that it's them. When that
    is sent twice, or its answer is loaded again, the browser comes here without the form.
    """
    if request.method != "POST":
        return redirect("account")
    user = current_user(request)
    form = AddressForm(request.POST, user=user)
    if not settings.MAIL_HOST or not form.is_valid():
        return _render_page(request, address_form=form)
    address = form.cleaned_data["email"]
    if not throttles.admit(Throttle.ADDRESS_MAIL, address):
        return refuse_throttled(request)
    EmailAddress.objects.add_new_email(request, user, address)
    return redirect("account")


class VerifyAddress(ConfirmEmailView):
    """The page behind the link in that mail."""

    def get_object(self, queryset: Any = None) -> AddressLink:  # noqa: ARG002
        """The link. Raises Http404 if it no longer works, which the page says."""
        link = AddressLink.from_key(self.kwargs["key"])
        if link is None:
            raise Http404
        return link


def _render_page(request: HttpRequest, **forms: Any) -> HttpResponse:
    user = current_user(request)
    person = Person.of(user)
    initial = {
        "name": user.get_full_name(),
        "language": person.language,
        "time_zone": person.time_zone,
        "theme": person.theme,
        "wants_reminders": person.wants_reminders,
    }
    context = {
        "form": ProfileForm(initial=initial),
        "address_form": AddressForm(user=user),
        "pending": EmailAddress.objects.get_new(user),
        "has_second_factor": is_mfa_enabled(user),
        "has_mail": bool(settings.MAIL_HOST),
        "has_password": user.has_usable_password(),
        "openid_accounts": openid.list_accounts(user) if settings.OIDC_ISSUER else [],
    } | forms
    return render(request, "account/account.html", context, status=422 if forms else 200)


def form_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A page of django-allauth whose invalid form answers 422, like every other one."""

    @wraps(view)  # also copies whether the page needs a sign-in
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        is_form_again = request.method == "POST" and isinstance(response, TemplateResponse)
        if is_form_again and response.status_code == 200:
            response.status_code = 422
        return response

    return answer
