"""Health and errors: what a watchman and what a lost person sees."""

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.http import Http404
from django.template import loader
from django.test import Client, RequestFactory
from django.utils import timezone
from django.views import defaults
from pytest_django.fixtures import Settings

from tests.factories import make_user
from tests.views.pages import text
from voicestudio.models import Membership, Role, Worker
from voicestudio.services import health
from voicestudio.views.permitted import not_found

pytestmark = pytest.mark.django_db


def test_health_is_ok_with_a_worker(client: Client) -> None:
    now = timezone.now()
    Worker.objects.create(host="here", pid=1, started_at=now, beat_at=now)

    response = client.get("/healthz")

    assert response.status_code == 200
    assert response.json() == {
        "ok": True,
        "database": "ok",
        "worker": "ok",
        "mode": "practice",
        "worker_last_heartbeat": now.isoformat(),
        "held": False,
        "different_secret_keys": False,
        "clock_ahead_seconds": 0,
        "queue_replaced_at": "",
        "workers": [{"host": "here", "pid": 1, "last_heartbeat": now.isoformat()}],
        "version": "0.1.0",
    }


def test_health_answers_503_without_a_worker(client: Client) -> None:
    response = client.get("/healthz")

    assert response.status_code == 503
    assert response.json()["worker"] == "down"


@pytest.mark.django_db(transaction=True)
def test_health_answers_503_without_its_database(
    client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    client.get("/healthz")
    nowhere: dict[str, Any] = {"NAME": str(tmp_path / "gone" / "studio.sqlite3")}
    if connection.vendor == "postgresql":
        connection.close()
        nowhere = {"PORT": "1"}
    for name, value in nowhere.items():
        monkeypatch.setitem(connection.settings_dict, name, value)

    response, ready = client.get("/healthz"), client.get("/readyz")
    monkeypatch.undo()  # the queue, which is emptied after each test, may lie in the database

    assert response.status_code == 503
    assert response.json() == {
        "ok": False,
        "database": "down",
        "worker": "unknown",
        "mode": "practice",
        "worker_last_heartbeat": None,
        "held": False,
        "different_secret_keys": False,
        "clock_ahead_seconds": 0,
        "queue_replaced_at": "",
        "workers": [],
        "version": "0.1.0",
    }
    assert ready.json() == {"ok": False, "obstacle": "database"}


def test_health_names_the_living_workers_of_all_machines(client: Client) -> None:
    now = timezone.now()
    for host, beat_at in (("b", now), ("a", now), ("gone", now - timedelta(minutes=5))):
        Worker.objects.create(host=host, pid=7, started_at=now, beat_at=beat_at)

    workers = client.get("/healthz").json()["workers"]

    assert [worker["host"] for worker in workers] == ["a", "b"]


@pytest.fixture
def fresh_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has not looked for missing migrations yet."""
    monkeypatch.setattr(health, "_has_migrations", False)


@pytest.mark.usefixtures("fresh_process")
def test_process_is_ready_without_a_worker(client: Client) -> None:
    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (200, {"ok": True, "obstacle": ""})


@pytest.mark.usefixtures("fresh_process")
def test_process_is_not_ready_before_the_migrations(client: Client) -> None:
    applied = MigrationRecorder.Migration.objects.filter(app="voicestudio")
    last = applied.order_by("-name")[0]
    last.delete()
    assert client.get("/readyz").json() == {"ok": False, "obstacle": "migrations"}

    last.save(force_insert=True)
    assert client.get("/readyz").status_code == 200


def test_process_that_is_about_to_stop_is_not_ready(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.DRAINING_FILE = tmp_path / "draining"
    settings.DRAINING_FILE.touch()

    response = client.get("/readyz")

    assert (response.status_code, response.json()["obstacle"]) == (503, "draining")


def test_not_found_page_has_links(client: Client) -> None:
    client.force_login(make_user())

    response = client.get(f"/{uuid.uuid4()}/")

    assert response.status_code == 404
    assert text(response).count("Page not found</h1>") == 1
    assert text(response).count('<nav class="menu"') == 1
    assert text(response).count('href="/"') == 3  # brand, menu, and the way back


def test_visitor_finds_the_page_for_404_without_the_menu(rf: RequestFactory) -> None:
    request = rf.get("/nowhere/")
    request.user = AnonymousUser()

    page = not_found(request, Http404()).content.decode()

    assert (page.count("Page not found</h1>"), page.count('class="menu"')) == (1, 0)


def test_page_for_403_has_the_menu(client: Client) -> None:
    user = make_user()
    Membership.objects.filter(person=user).update(role=Role.VIEWER)
    client.force_login(user)

    response = client.get("/costs/")

    assert response.status_code == 403
    assert text(response).count("<h1>") == 1
    assert text(response).count('<nav class="menu"') == 1


def test_server_error_page_needs_no_context(rf: RequestFactory) -> None:
    response = defaults.server_error(rf.get("/new/"))

    assert response.status_code == 500
    assert response.content.decode().count("Something went wrong on our side</h1>") == 1


@pytest.mark.parametrize("practice", [True, False])
@pytest.mark.parametrize(
    "path", ["/history/", "/voices/", "/recordings/", "/nowhere/", "/sign-in/"]
)
def test_every_page_shows_practice_mode(
    path: str, practice: bool, client: Client, settings: Settings
) -> None:
    settings.PRACTICE_MODE = practice
    if path != "/sign-in/":
        client.force_login(make_user())

    page = text(client.get(path))

    assert page.count('class="practice"') == practice


@pytest.mark.parametrize(
    "path", ["/history/", "/voices/", "/recordings/", "/voice-id/", "/just-now/", "/nowhere/"]
)
def test_pages_are_private_to_caches(path: str, client: Client) -> None:
    client.force_login(make_user())

    assert client.get(path)["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("name", ["400", "403_csrf"])
def test_every_error_has_its_page(name: str) -> None:
    assert loader.render_to_string(f"{name}.html").count("<h1>") == 1


def test_pages_load_only_from_this_site(client: Client) -> None:
    response = client.get("/sign-in/")

    assert response["Content-Security-Policy"].split("; ")[0] == "default-src 'self'"
    assert text(response).count("style=") == 0
    assert text(response).count("onclick") == 0
