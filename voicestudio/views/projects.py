"""Projects: the list, one project with its members, and the buttons of administrators."""

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from voicestudio.forms.projects import MemberForm, ProjectFilterForm, ProjectForm
from voicestudio.models import Action, Membership, Project
from voicestudio.models.paging import OrderedPage, page_in_order
from voicestudio.services import projects as service
from voicestudio.services.people import roles
from voicestudio.services.permissions import may, require

from . import lists
from .current_user import current_user
from .htmx import HtmxRequest
from .paging import page_links, read_cursors
from .permitted import require_action

if TYPE_CHECKING:
    from voicestudio.models.projects import ProjectQuerySet

MANAGE: Final = Action.MANAGE_PROJECTS
PAGE_SIZE: Final = 24
ORDER: Final = ("is_closed", "name", "pk")


@require_safe
@require_action(Action.SEE)
def project_list(request: HtmxRequest) -> HttpResponse:
    """The projects that a person sees, those in work first, filtered by the query string."""
    make_form = partial(ProjectFilterForm, time_zone=lists.time_zone(request))
    form = make_form(request.GET)
    if part := lists.render_part(request, form, make_form, partial(_filter, request)):
        return part
    page, url = _read_page(request, form), reverse("projects")
    links = page_links(request, url, ("before", page.previous), ("after", page.following))
    context = {
        "form": form,
        "found": page.rows,
        "has_bar": form.has_filters or any(links.values()) or len(page.rows) > 1,
        "pages": links,
        "open_projects": [project for project in page.rows if not project.is_archived],
        "archived_projects": [project for project in page.rows if project.is_archived],
        # Called by the template, which needs it in practice mode only.
        "has_examples": Project.objects.visible_to(request.user).examples().exists,
    }
    return lists.render_list(request, "projects/list.html", context, url=url)


def _read_page(request: HtmxRequest, form: ProjectFilterForm) -> OrderedPage[Any]:
    """One page of the projects that the form lets through, with the reader's role in each."""
    rows = _filter(request, form).open_first().annotate(members=Count("memberships"))
    page = page_in_order(rows, ORDER, size=PAGE_SIZE, **read_cursors(request)._asdict())
    own = Membership.objects.filter(person=current_user(request))
    names = {member.project_id: member.get_role_display() for member in own}
    for project in page.rows:
        project.own_role = names.get(project.pk, "")  # type: ignore[attr-defined]
    return page


def _filter(request: HtmxRequest, form: ProjectFilterForm) -> "ProjectQuerySet":
    """The projects that a form lets through."""
    rows, chosen = Project.objects.visible_to(request.user), form.chosen
    match chosen.get("state"):
        case "open":
            rows = rows.open()
        case "archived":
            rows = rows.archived()
    return rows.search(chosen["q"]) if "q" in chosen else rows


@require_http_methods(["GET", "HEAD", "POST"])
@require_action(MANAGE)
def add(request: HttpRequest) -> HttpResponse:
    """The form of a new project, and the project that was added with it."""
    form = ProjectForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            project = service.create_project(_read_facts(form), by=current_user(request))
        except service.ProjectRefused as refused:
            form.add_error("name", str(refused.message))
        else:
            messages.success(request, _("The project was added. Choose who works on it."))
            return redirect("project", project.pk)
    return render(request, "projects/new.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
def project(request: HttpRequest, pk: int) -> HttpResponse:
    """One project: what is known of it, how much is in it, and who works on it."""
    return _render_project(request, _find_project(request, pk))


@require_POST
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Save the form of a project."""
    project, form = _find_project(request, pk, MANAGE), ProjectForm(request.POST)
    if form.is_valid():
        try:
            service.change_project(project, _read_facts(form), by=current_user(request))
        except service.ProjectRefused as refused:
            form.add_error("name", str(refused.message))
            project.refresh_from_db()
        else:
            messages.success(request, _("Your changes were saved."))
            return redirect("project", pk)
    return _render_project(request, project, status=422, form=form)


@require_POST
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Archive a project at once: its page then offers to open it again."""
    project = _find_project(request, pk, MANAGE)
    try:
        service.archive_project(project, by=current_user(request))
    except service.ProjectRefused as refused:
        return _render_project(request, project, status=422, refused=refused.message)
    return redirect("project", pk)


@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Let members work in an archived project again."""
    service.reopen_project(_find_project(request, pk, MANAGE), by=current_user(request))
    messages.success(request, _("The project is open again."))
    return redirect("project", pk)


@require_POST
def set_member(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a person a role in the project, another one, or none."""
    project, form = _find_project(request, pk, MANAGE), MemberForm(request.POST)
    if not form.is_valid():
        return _render_project(request, project, status=422, member_form=form)
    person = form.cleaned_data["person"]
    roles.set_role(person, project, form.chosen_role, by=current_user(request))
    messages.success(request, _("The members were changed."))
    return redirect("project", pk)


def _find_project(request: HttpRequest, pk: int, action: Action = Action.SEE) -> Project:
    """The project if this person may see it, else 404; raises `NotAllowed` as `require`."""
    project = get_object_or_404(Project.objects.visible_to(request.user), pk=pk)
    require(request.user, action, project.pk)
    return project


def _read_facts(form: ProjectForm) -> service.ProjectFacts:
    return service.ProjectFacts(**form.cleaned_data)


def _render_project(
    request: HttpRequest, project: Project, *, status: int = 200, **context: Any
) -> HttpResponse:
    """The page of one project; forms that were refused are shown as they were sent."""
    manages = may(request.user, MANAGE)
    members = Membership.objects.filter(project=project).select_related("person")
    values = {
        "project": project,
        "counts": service.count_rows(project),
        "sees_costs": may(request.user, Action.SEE_COSTS, project.pk),
        "members": members.order_by("-person__is_active", "person__username"),
        "manages": manages,
        "form": ProjectForm(initial=ProjectForm.initial_of(project)) if manages else None,
        "member_form": MemberForm() if manages else None,
        **context,
    }
    return render(request, "projects/detail.html", values, status=status)
