"""The line above a heading: where a page stands, and the page itself as its end."""

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import make_user
from tests.views.pages import text
from voicestudio.models import Project

pytestmark = pytest.mark.django_db


def read_trail(page: str) -> list[str]:
    """The steps of the trail as a person reads them."""
    line = page.partition("<h1")[0].rpartition('<p class="small">')[2]
    return [step.strip() for step in unescape(re.sub(r"<[^>]+>", "", line)).split("/")]


def test_trail_ends_with_the_page_itself(client: Client) -> None:
    root = make_user("root", first_name="Root", is_staff=True, is_superuser=True)
    client.force_login(root)
    project = Project.first()

    trails = {
        reverse("person", args=[root.pk]): ["People", "Root"],
        reverse("project", args=[project.pk]): ["Projects", project.name],
        reverse("add_project"): ["Projects", "New project"],
        reverse("retention"): ["System", "Retention"],
        reverse("due", args=["recordings"]): ["System", "Retention", "Recordings"],
        reverse("hold"): ["System", "Restored studio"],
        reverse("styleguide"): ["System", "Styleguide"],
    }

    found = {path: read_trail(text(client.get(path))) for path in trails}

    assert found == trails
