"""Languages: that of a browser is in its cookie, so that the sign-in page has it too."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from .sign_in import safe_path


@login_not_required
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Show this browser the sign-in page in another language, on the way to the same page."""
    page = safe_path(request, request.POST.get("next", ""))
    response = redirect_to_login(page, settings.LOGIN_URL)
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        remember(response, language)
    return response


def remember(response: HttpResponse, language: str) -> None:
    """Use this language in the browser from now on; "" for the one that the browser asks for."""
    if not language:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
        return
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
