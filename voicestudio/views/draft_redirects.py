"""Leaving the clone form for a while: what is typed waits until one comes back."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django_htmx.http import HttpResponseClientRedirect

from voicestudio.forms import CloneForm

from . import drafts


def leave_for(request: HttpRequest, form: CloneForm, url: str) -> HttpResponse:
    """On to `url`; the form is filled in again with the same answers afterwards."""
    typed = {name: form.data.get(name, "")[: drafts.LONGEST] for name in drafts.CLONE_FORM}
    request.session["draft"] = {name: value for name, value in typed.items() if value}
    return go_to(request, url)


def go_to(request: HttpRequest, url: str) -> HttpResponse:
    """On to `url` as a whole page, for htmx as for a plain form."""
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(url)
    response = redirect(url)
    response.status_code = 303
    return response
