"""Password reset: by a mailed link if a mail server is set, else by an administrator."""

from typing import Any

from allauth.account.views import PasswordResetView
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language

from voicestudio.forms.accounts import ResetPasswordForm
from voicestudio.models import Throttle, throttles
from voicestudio.services.people import password_links

from .client_address import get_client_network
from .throttled import refuse_throttled


class PasswordReset(PasswordResetView):
    """The page that asks for the address."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds whether mails can be sent."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"has_mail": bool(settings.MAIL_HOST)}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Without a mail server the page only says whom to ask."""
        if not settings.MAIL_HOST:
            return redirect("account_reset_password")
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response

    def form_valid(self, form: ResetPasswordForm) -> HttpResponse:
        """Let the worker look for the account, so that the time says nothing of it."""
        address = form.cleaned_data["email"]
        network = get_client_network(self.request)
        if not (
            throttles.admit(Throttle.LINK_REQUEST, network)
            and throttles.admit(Throttle.LINK_MAIL, address.lower())
        ):
            return refuse_throttled(self.request)
        start = self.request.build_absolute_uri("/")
        password_links.mail_links.enqueue(address, get_language() or "en", start)
        return redirect(self.get_success_url())
