"""Invitations: the page behind the link, which makes an account or gives roles to one."""

from typing import Any

from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from voicestudio.forms.invitations import USERNAME_TAKEN, NewAccountForm
from voicestudio.models import Invitation
from voicestudio.services.people import invitations

TEMPLATE = "account/invitation.html"


@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """The form for a new account, or what the owner of the address has to do."""
    invitation = invitations.find(token)
    if invitation is None:
        return render(request, TEMPLATE, {"invitation": None}, status=410)
    try:
        account = invitations.find_account(invitation)
        if account is None:
            return _make_account(request, invitation)
        return _give_roles(request, invitation, account)
    except invitations.InvitationClosed:
        return render(request, TEMPLATE, {"invitation": None}, status=410)


def _make_account(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Make an account and sign in; somebody else who is signed in has to sign out first."""
    if request.user.is_authenticated:
        return _render(request, invitation, is_other=True)
    name, _at, _host = invitation.address.partition("@")
    form = NewAccountForm(
        request.POST or None, address=invitation.address, initial={"username": name}
    )
    if request.method != "POST" or not form.is_valid():
        return _render(request, invitation, form=form)
    try:
        user = invitations.accept(invitation, **form.cleaned_data)
    except invitations.UsernameTaken:
        form.add_error("username", USERNAME_TAKEN)
        return _render(request, invitation, form=form)
    response: HttpResponse = perform_login(request, user)
    return response


def _give_roles(request: HttpRequest, invitation: Invitation, account: User) -> HttpResponse:
    """Give the roles to the account of the address, once its owner is signed in."""
    is_owner = request.user == account
    if request.method != "POST" or not is_owner:
        is_other = request.user.is_authenticated and not is_owner
        return _render(request, invitation, is_owner=is_owner, is_other=is_other, account=account)
    invitations.accept_for(invitation, account)
    messages.success(request, _("You've accepted the invitation."))
    return redirect("home")


def _render(request: HttpRequest, invitation: Invitation, **context: Any) -> HttpResponse:
    token = request.resolver_match.kwargs["token"] if request.resolver_match else ""
    context |= {"invitation": invitation, "path": request.path, "token": token}
    return render(request, TEMPLATE, context, status=422 if request.method == "POST" else 200)
