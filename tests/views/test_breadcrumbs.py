"""Breadcrumbs: the line above a heading, which ends with the page itself."""

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import make_attempt, make_recording, make_user
from tests.views.pages import text
from voicestudio.models import Project

pytestmark = pytest.mark.django_db


def read_breadcrumbs(page: str) -> list[str]:
    """The steps as a person reads them."""
    line = page.partition("<h1")[0].rpartition('<p class="small">')[2]
    return [step.strip() for step in unescape(re.sub(r"<[^>]+>", "", line)).split("/")]


def test_breadcrumbs_end_with_the_page_itself(client: Client) -> None:
    root = make_user("root", first_name="Root", is_staff=True, is_superuser=True)
    client.force_login(root)
    project = Project.first()
    attempt = make_attempt(by=root, speaker_name="Anna", voice_id="Anna-7k2p")
    speaker, voice = attempt.speaker, attempt.cloned_voice_id
    recording = make_recording(name="anna.wav", by=root).pk

    breadcrumbs = {
        reverse("attempt", args=[attempt.pk]): ["History", "Anna", f"attempt {attempt.pk}"],
        reverse("speaker", args=[speaker.pk]): ["Voices", f"speaker {speaker.pk}"],
        reverse("voice", args=[voice]): ["Voices", "Anna", "Anna-7k2p"],
        reverse("delete_voice", args=[voice]): ["Voices", "Anna-7k2p", "Delete at MiniMax"],
        reverse("compare"): ["Voices", "Compare"],
        reverse("recording", args=[recording]): ["Recordings", f"recording {recording}"],
        reverse("clean_copy", args=[recording]): ["Recordings", "anna.wav", "Make a clean copy"],
        reverse("cut_recording", args=[recording]): ["Recordings", "anna.wav", "Cut out a part"],
        reverse("person", args=[root.pk]): ["People", "Root"],
        reverse("project", args=[project.pk]): ["Projects", project.name],
        reverse("add_project"): ["Projects", "New project"],
        reverse("retention"): ["System", "Retention"],
        reverse("due", args=["recordings"]): ["System", "Retention", "Recordings"],
        reverse("hold"): ["System", "Restored studio"],
        reverse("styleguide"): ["System", "Styleguide"],
    }

    found = {path: read_breadcrumbs(text(client.get(path))) for path in breadcrumbs}

    assert found == breadcrumbs
