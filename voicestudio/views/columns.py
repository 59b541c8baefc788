"""Columns: the menu above a list that shows and hides facts of its rows."""

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from voicestudio.models import Action, ListKind
from voicestudio.services.people import columns

from .current_user import current_user
from .htmx import HtmxRequest
from .lists import back_to_list
from .permitted import require_action


@require_POST
@require_action(Action.SEE)
def choose(request: HtmxRequest, kind: ListKind) -> HttpResponse:
    """Remember the columns; the style sheet has switched those of an open page already."""
    columns.choose_columns(current_user(request), kind, request.POST.getlist("column"))
    return HttpResponse(status=204) if request.htmx else back_to_list(request, kind)
