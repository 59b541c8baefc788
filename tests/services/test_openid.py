"""Who signs in through the OpenID provider, when two tabs do it at the same moment."""

import threading

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.db import connection
from pytest_django.fixtures import Settings

from tests.factories import make_user
from voicestudio.models import AuditEntry, Project
from voicestudio.services.people import openid
from voicestudio.services.people.openid import Identity

ZOE = Identity("zoe", "zoe@example.com", is_verified=True, claims={"groups": ["cast"]})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_known", [True, False])
def test_two_tabs_at_once_join_one_account_to_one_person(
    settings: Settings, is_known: bool
) -> None:
    settings.OIDC_ISSUER = "https://login.example.com"
    settings.OIDC_ROLES = {"groups": {"cast": ["Studio:viewer"]}}
    Project.first()
    if is_known:
        make_user("zoe", email="Zoe@example.com")
    start, found = threading.Barrier(2), list[int]()

    def sign_in() -> None:
        try:
            start.wait()
            found.append(openid.find_person(ZOE).user_id)
        finally:
            connection.close()

    threads = [threading.Thread(target=sign_in) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    person = User.objects.get(email__iexact="zoe@example.com")
    assert found == [person.pk, person.pk]
    assert SocialAccount.objects.count() == 1
    assert AuditEntry.objects.filter(verb="openid_joined").count() == 1
