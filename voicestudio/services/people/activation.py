"""Activation: who may sign in. What a deactivated person has made and asked for stays."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import transaction

from voicestudio.models import Person, Verb, clock, is_example
from voicestudio.services import audit
from voicestudio.words.example_team import IS_EXAMPLE
from voicestudio.words.people import IS_DEACTIVATED

from . import accounts, ended_sign_ins, invitations
from .administrators import PersonRefused, keep_one, lock_person
from .password_links import ResetLink, make_link


def deactivate(user: User, *, by: User) -> None:
    """End all sessions and links, and let the person sign in no longer; calls under way go on.

    Raises `PersonRefused` if no administrator would be left.
    """
    with transaction.atomic():
        row, administrators = lock_person(user, by=by)
        if not row.is_active:
            return
        keep_one(row, administrators)
        invitations.revoke_all_of(user, by=by)
        invitations.revoke_all_to(user, by=by)
        accounts.drop_new_address(user)
        Person.of(user)
        Person.objects.filter(user=user).update(deactivated_at=clock.now())
        _set_active(user, is_active=False)
        count = _end_sessions(user)
        audit.record(Verb.PERSON_DEACTIVATED, by=by, on=user, sessions=count)


def reactivate(user: User, *, by: User) -> None:
    """Let the person sign in again, with the roles of before."""
    with transaction.atomic():
        row, _administrators = lock_person(user, by=by)
        if not row.is_active:
            _set_active(user, is_active=True)
            audit.record(Verb.PERSON_REACTIVATED, by=by, on=user)


def reset(user: User, *, removes_second_factors: bool = False, by: User) -> ResetLink:
    """Make a link by which the person sets a new password.

    The password of before works until the link is used. Raises `PersonRefused` if the person is
    deactivated, or an example.
    """
    with transaction.atomic():
        row, _administrators = lock_person(user, by=by)
        if not row.is_active:
            raise PersonRefused(IS_DEACTIVATED)
        if is_example(row):
            raise PersonRefused(IS_EXAMPLE)
        if removes_second_factors:
            for factor in Authenticator.objects.filter(user=row):
                factor.delete()
                audit.record(
                    Verb.SECOND_FACTOR_CHANGED, by=by, on=row, type=factor.type, change="removed"
                )
        audit.record(
            Verb.PASSWORD_LINK_MADE, by=by, on=row, removes_second_factors=removes_second_factors
        )
        return make_link(row)


def _set_active(user: User, *, is_active: bool) -> None:
    user.is_active = is_active
    user.save(update_fields=["is_active"])


def _end_sessions(user: User) -> int:
    """Delete the sessions of a person; also those that have no `UserSession`."""
    UserSession.objects.filter(user=user).delete()
    sessions = Session.objects.filter(expire_date__gt=clock.now())
    keys = [
        session.pk
        for session in sessions.iterator()
        if session.get_decoded().get(SESSION_KEY) == str(user.pk)
    ]
    ended_sign_ins.record_ended(user.pk, keys)
    Session.objects.filter(pk__in=keys).delete()
    return len(keys)
