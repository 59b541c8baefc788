"""People: who works here, invitations, roles, deactivation and links for new passwords."""

from collections.abc import Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from voicestudio.forms.accounts import PersonAddressForm
from voicestudio.forms.people import (
    InvitationForm,
    PeopleFilterForm,
    ProjectRolesForm,
    StudioRoleForm,
)
from voicestudio.models import Action, Invitation, Project, RoleName, access_of, clock, is_example
from voicestudio.models.paging import page_in_order
from voicestudio.services import example_team, permissions
from voicestudio.services.people import accounts, activation, directory, invitations, roles
from voicestudio.services.people.administrators import PersonRefused, message_if_last
from voicestudio.services.people.password_links import valid_for

from . import lists
from .current_user import current_user
from .htmx import HtmxRequest
from .paging import page_links, read_cursors
from .undo import answers_undo, offer_undo

if TYPE_CHECKING:
    from django.db.models import QuerySet

LIST: Final = "people/list.html"
PAGE_SIZE: Final = 25
PERSON: Final = "people/person.html"


def for_administrators(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer 404 to everyone else: they don't see that these pages exist."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not permissions.may(request.user, Action.MANAGE_PEOPLE):
            raise Http404
        return never_cache(view)(request, *args, **kwargs)

    return answer


@require_safe
@for_administrators
def people(request: HtmxRequest) -> HttpResponse:
    """People with their roles, and the open invitations, filtered by the query string."""
    return render_list(request)


@require_POST
@for_administrators
def invite(request: HtmxRequest) -> HttpResponse:
    """Make an invitation and show its link, which can't be shown again; so without a redirect."""
    projects = _open_projects()
    if "add_row" in request.POST:
        draft = InvitationForm(projects=projects, draft=request.POST.dict())
        return render_list(request, invitation_form=draft)
    form = InvitationForm(request.POST, projects=projects)
    if not form.is_valid():
        return render_list(request, invitation_form=form, status=422)
    try:
        made = invitations.invite(by=current_user(request), **form.order)
    except PersonRefused as refused:
        return render_list(request, invitation_form=form, refusal=refused.message, status=422)
    link = request.build_absolute_uri(reverse("accept_invitation", args=[made.token]))
    is_mailed = invitations.mail(made.invitation, link)
    return render_list(request, link=link, invited=made.invitation.address, is_mailed=is_mailed)


@require_POST
@for_administrators
def revoke_invitation(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the link of an invitation work no longer."""
    if invitations.revoke(get_object_or_404(Invitation, pk=pk), by=current_user(request)):
        offer_undo(request, _("Invitation revoked."), reverse("restore_invitation", args=[pk]))
    else:
        messages.warning(request, _("This invitation was used, revoked or has expired already."))
    return redirect("people")


def _back_from_undo(request: HttpRequest, pk: int) -> HttpResponse:  # noqa: ARG001
    """The list, or the home page for those who don't see it any more."""
    return redirect("people" if permissions.may(request.user, Action.MANAGE_PEOPLE) else "home")


@require_POST
@answers_undo(_back_from_undo)
@for_administrators
def restore_invitation(request: HtmxRequest, pk: int) -> HttpResponse:
    """Let the link of an invitation that was just revoked work again."""
    invitation = get_object_or_404(Invitation, pk=pk)
    try:
        is_restored = invitations.restore(invitation, by=current_user(request))
    except PersonRefused as refused:
        return render_list(request, refusal=refused.message, status=422)
    if is_restored:
        messages.success(request, _("The link of the invitation works again."))
    else:
        messages.warning(request, _("It can't be undone any more. Invite the person again."))
    return redirect("people")


@require_safe
@for_administrators
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person with what can be changed."""
    return _render_person(request, _find(request, pk))


@require_POST
@for_administrators
def change_studio_role(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a person administrator, auditor, or neither."""
    user, form = _find(request, pk), StudioRoleForm(request.POST)
    if not form.is_valid():
        return _render_person(request, user, studio_form=form, status=422)
    role, by = form.cleaned_data["studio_role"], current_user(request)
    return _change(request, user, lambda: roles.set_studio_role(user, role, by=by))


@require_POST
@for_administrators
def change_project_roles(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the roles of a person in the projects that were sent, or add a row for another one."""
    user = _find(request, pk)
    projects, held = _projects_of(user), _held_roles(user)
    if "add_row" in request.POST:
        draft = ProjectRolesForm(projects=projects, held=held, draft=request.POST.dict())
        return _render_person(request, user, form=draft)
    form = ProjectRolesForm(request.POST, projects=projects, held=held)
    if not form.is_valid():
        return _render_person(request, user, form=form, status=422)
    by = current_user(request)
    return _change(request, user, lambda: roles.set_roles(user, form.roles, by=by))


@require_POST
@for_administrators
def set_address(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a person another mail address, or none."""
    user = _find(request, pk)
    form = PersonAddressForm(request.POST, user=user)
    if not form.is_valid():
        return _render_person(request, user, address_form=form, status=422)
    address, by = form.cleaned_data["email"], current_user(request)
    return _change(request, user, lambda: accounts.set_address(user, address, by=by))


@require_POST
@for_administrators
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign a person out and let them sign in no longer."""
    user = _find(request, pk)
    return _change(request, user, lambda: activation.deactivate(user, by=current_user(request)))


@require_POST
@for_administrators
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a person sign in again."""
    user = _find(request, pk)
    return _change(request, user, lambda: activation.reactivate(user, by=current_user(request)))


@require_POST
@for_administrators
def reset(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a link for a new password and show it, as `invite` does."""
    user, removes = _find(request, pk), "removes_second_factors" in request.POST
    try:
        made = activation.reset(user, removes_second_factors=removes, by=current_user(request))
    except PersonRefused as refused:
        return _render_person(request, user, refusal=refused.message, status=422)
    path = reverse("account_reset_password_from_key", kwargs=made._asdict())
    return _render_person(
        request,
        _find(request, pk),
        link=request.build_absolute_uri(path),
        until=clock.now() + valid_for(),
    )


def _change(request: HttpRequest, user: User, change: Callable[[], None]) -> HttpResponse:
    """Make the change and show the person again; without a right to see it, the first page."""
    try:
        change()
    except PersonRefused as refused:
        return _render_person(request, _find(request, user.pk), refusal=refused.message, status=422)
    messages.success(request, _("Saved."))
    still = permissions.may(User.objects.get(pk=current_user(request).pk), Action.MANAGE_PEOPLE)
    return redirect("person", pk=user.pk) if still else redirect("home")


def _find(request: HttpRequest, pk: int) -> User:
    return get_object_or_404(directory.list_people(by=current_user(request)), pk=pk)


def _open_projects() -> list[Project]:
    found = Project.objects.open()
    if not found:
        Project.first()  # there is one, even in an empty database
        found = found.all()
    return list(found)


def _projects_of(user: User) -> list[Project]:
    """The open projects, and archived ones that the person is in and can be taken out of."""
    Project.first()
    mine = Project.objects.filter(memberships__person=user)
    return list(Project.objects.filter(Q(pk__in=Project.objects.open()) | Q(pk__in=mine)))


def _can_be_looked_as(person: User) -> bool:
    return person.is_active and is_example(person)


def render_list(request: HtmxRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    """The page of all people; `context` holds what a button has to say."""
    by, url = current_user(request), reverse("people")
    make_form = partial(PeopleFilterForm, time_zone=lists.time_zone(request))
    form = make_form(request.GET)
    if part := lists.render_part(request, form, make_form, partial(_select, by)):
        return part
    cursors = read_cursors(request)
    page = page_in_order(
        directory.filter_people(by=by, **form.conditions),
        directory.ORDER,
        size=PAGE_SIZE,
        **cursors._asdict(),
    )
    # All invitations stand above the first page: they end after a week, so there are few.
    is_first = page.previous is None
    invited = list(directory.find_invitations(by=by, **form.conditions)) if is_first else []
    context = {
        "form": form,
        "invitation_form": InvitationForm(projects=_open_projects()),
        "people": page.rows,
        "invitations": invited,
        "has_bar": form.has_filters or not is_first or len(page.rows) + len(invited) > 1,
        "pages": page_links(request, url, ("before", page.previous), ("after", page.following)),
        "has_projects": access_of(by).sees_several,
        **_describe_team(),
        **context,
    }
    return lists.render_list(request, LIST, context, url=url, status=status)


def _select(by: User, form: PeopleFilterForm) -> "QuerySet[Any]":
    """The people that a form lets through, to be counted; of the view "Invited" invitations."""
    is_invited = form.conditions["state"] == "invited"
    find = directory.find_invitations if is_invited else directory.filter_people
    return find(by=by, **form.conditions)


def _describe_team() -> dict[str, Any]:
    """The example team, of practice mode only, and whom of it an administrator can look as."""
    if not settings.PRACTICE_MODE:
        return {"is_practice": False, "team": []}
    return {
        "is_practice": True,
        "asks": False,
        "team": list(example_team.example_people().filter(is_active=True).order_by("pk")),
        "is_team_shown": example_team.is_shown(),
    }


def _held_roles(user: User) -> dict[int, str]:
    return {each.project_id: each.role for each in user.memberships.all()}


def _render_person(
    request: HttpRequest, user: User, *, status: int = 200, **context: Any
) -> HttpResponse:
    role = roles.studio_role(user)
    context = {
        "person": user,
        "is_example": is_example(user),
        "is_administrator": role is RoleName.ADMINISTRATOR,
        "last_administrator": message_if_last(user),
        "can_be_looked_as": settings.PRACTICE_MODE and _can_be_looked_as(user),
        "studio_form": StudioRoleForm(initial={"studio_role": role}),
        "address_form": PersonAddressForm(initial={"email": user.email}, user=user),
        "form": ProjectRolesForm(projects=_projects_of(user), held=_held_roles(user)),
        "has_projects": access_of(request.user).sees_several,
    } | context
    return render(request, PERSON, context, status=status)
