"""Draft redirects: leave the clone form for another page and find it filled in afterwards."""

from django.http import HttpResponse, HttpResponseRedirect
from django_htmx.http import HttpResponseClientRedirect

from voicestudio.forms import CloneForm

from . import drafts
from .htmx import HtmxRequest


def leave_form(request: HtmxRequest, form: CloneForm, url: str) -> HttpResponse:
    """Save what is typed in `form` as a draft and go to `url`."""
    typed = {name: form.data.get(name, "")[: drafts.LONGEST] for name in drafts.CLONE_FORM}
    answers = {name: value for name, value in typed.items() if value}
    drafts.save_answers(request, "new", answers)
    return go_to(request, url)


def go_to(request: HtmxRequest, url: str) -> HttpResponse:
    """Load `url` as a whole page, for htmx as for a plain form."""
    return HttpResponseClientRedirect(url) if request.htmx else see_other(url)


def see_other(url: str) -> HttpResponse:
    """A redirect that is followed by GET (303)."""
    return HttpResponseRedirect(url, status=303)
