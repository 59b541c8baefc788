"""Saved filters: the buttons above a list that save, rename and delete a filter."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from voicestudio.forms import texts
from voicestudio.models import Action, ListKind
from voicestudio.services.people import saved_filters
from voicestudio.words.undo import UNDO_OVER

from .current_user import current_user
from .lists import back_to_list, posted_query
from .permitted import require_action
from .undo import offer_undo


@require_POST
@require_action(Action.SEE)
def save(request: HttpRequest, kind: ListKind) -> HttpResponse:
    """Save the filters of a list under a name."""
    person, name = current_user(request), _read_name(request, "name")
    try:
        if name:
            saved_filters.save_filter(person, kind, name, posted_query(request, whole=True))
        else:
            messages.warning(request, _("Type a name for the filter."))
    except saved_filters.FilterRefusedError as refused:
        messages.warning(request, str(refused.message))
    return back_to_list(request, kind)


@require_POST
@require_action(Action.SEE)
def rename(request: HttpRequest, kind: ListKind) -> HttpResponse:
    """Give a saved filter another name."""
    new_name = _read_name(request, "new_name")
    if new_name:
        name = _read_name(request, "name")
        saved_filters.rename_filter(current_user(request), kind, name, new_name)
    else:
        messages.warning(request, _("Type a name for the filter."))
    return back_to_list(request, kind)


@require_POST
@require_action(Action.SEE)
def delete(request: HttpRequest, kind: ListKind) -> HttpResponse:
    """Forget a saved filter; the list stays filtered."""
    name = _read_name(request, "name")
    deleted = saved_filters.delete_filter(current_user(request), kind, name)
    if deleted:
        text = _("Filter “%(name)s” deleted.") % {"name": name}
        offer_undo(request, text, reverse("restore_filter", args=[kind]), **deleted._asdict())
    return back_to_list(request, kind)


@require_POST
@require_action(Action.SEE)
def restore(request: HttpRequest, kind: ListKind) -> HttpResponse:
    """Save a filter again that was just deleted."""
    name = _read_name(request, "name")
    deleted = saved_filters.SavedFilter(name, posted_query(request, whole=True))
    try:
        if not name or not saved_filters.restore_filter(current_user(request), kind, deleted):
            messages.warning(request, str(UNDO_OVER))
    except saved_filters.FilterRefusedError as refused:
        messages.warning(request, str(refused.message))
    return back_to_list(request, kind)


def _read_name(request: HttpRequest, field: str) -> str:
    return texts.clean(request.POST.get(field, ""))[: saved_filters.LONGEST_NAME]
