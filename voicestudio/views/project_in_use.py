"""Project in use: the one that the address of a list names, else the one that was used last."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.http import Http404
from django.http.response import HttpResponseBase

from voicestudio.forms.ids import parse_id
from voicestudio.models import Action, access_of
from voicestudio.services import projects

ALL: Final = "all"


def uses_project[**Arguments, Response: HttpResponseBase](
    view: Callable[Arguments, Response],
) -> Callable[Arguments, Response]:
    """Decorate a view of a list: `?project=7` or `?project=all` says which rows it shows.

    The choice is remembered. A project that the person does not see is a 404.
    """

    @wraps(view)
    def narrowed_view(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Response:
        request: Any = args[0]
        chosen = request.GET.get("project", "")
        if chosen == ALL:
            projects.use_project(request.user, None)
        elif chosen:
            pk = parse_id(chosen)
            if pk is None or pk not in access_of(request.user).labels:
                raise Http404
            projects.use_project(request.user, pk)
        _name_in_links(request)
        return view(*args, **kwargs)

    return narrowed_view


def in_form_project[**Arguments, Response: HttpResponseBase](
    action: Action,
) -> Callable[[Callable[Arguments, Response]], Callable[Arguments, Response]]:
    """Decorate a view of a form, or of a part of one: it works in the project of its form.

    Only during this request: the choice in a form is not remembered. Raises `NotAllowed`, which is
    answered with a sentence, for a project in which the person may not do this.
    """

    def decorate(view: Callable[Arguments, Response]) -> Callable[Arguments, Response]:
        @wraps(view)
        def view_in_project(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Response:
            request: Any = args[0]
            chosen = (request.POST if request.method == "POST" else request.GET).get("project", "")
            if chosen and chosen != ALL:
                projects.work_in(request.user, parse_id(chosen), action)
            return view(*args, **kwargs)

        return view_in_project

    return decorate


def _name_in_links(request: Any) -> None:
    """Let every link that keeps the filters name the project, as if the address had named it.

    Otherwise a page of a list would change when another window has chosen another project.
    """
    access = access_of(request.user)
    if access.sees_several and request.method in ("GET", "HEAD"):
        request.GET = request.GET.copy()
        request.GET["project"] = str(access.in_use or ALL)
