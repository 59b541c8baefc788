"""Password reset: by a mailed link if a mail server is set, else by an administrator."""

from typing import Any

from allauth.account.views import PasswordResetView
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


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
