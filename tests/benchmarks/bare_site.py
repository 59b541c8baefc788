"""The baseline: a minimal Django and htmx site, without design, history or queue.

It shows the 25 newest attempts of the same table, takes a file, and has a form that works.

Its middleware is what a Django site with people has: security headers, static files (WhiteNoise),
gzip, sessions in the database, the signed-in user, the CSRF check and messages. It has what Django
does by default and nothing to make it slow: one language, no permissions, three queries for a page
(session, user, and the rows with their people).
"""

import os
from pathlib import Path
from typing import Any, Final

import dj_database_url
import django
import requests
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.db import models
from django.http import FileResponse, HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

PROVIDER: Final = os.environ.get("BARE_PROVIDER", "")
FOLDER: Final = Path(os.environ["BARE_FOLDER"])
MIDDLEWARE: Final = (
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
)

if not settings.configured:
    database: dict[str, Any] = dict(dj_database_url.parse(os.environ["BARE_DATABASE"]))
    if str(database["ENGINE"]).endswith("sqlite3"):
        database["CONN_MAX_AGE"] = None
    else:
        database["CONN_MAX_AGE"] = 60
    settings.configure(
        SECRET_KEY="bare" * 10,
        ROOT_URLCONF="tests.benchmarks.bare_site",
        ALLOWED_HOSTS=["127.0.0.1", "localhost"],
        DATABASES={"default": database},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "django.contrib.staticfiles",
            "django_htmx",
        ],
        MIDDLEWARE=MIDDLEWARE,
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
            }
        ],
        STATIC_URL="/static/",
        STATIC_ROOT=FOLDER / "static",
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
        },
        FILE_UPLOAD_HANDLERS=["django.core.files.uploadhandler.TemporaryFileUploadHandler"],
        FILE_UPLOAD_TEMP_DIR=str(FOLDER),
        LOGIN_URL="/",
        USE_TZ=True,
    )
    django.setup()


class Attempt(models.Model):
    """The columns that a plain list shows."""

    speaker_name = models.CharField(max_length=120)
    voice_id = models.CharField(max_length=256)
    status = models.CharField(max_length=12)
    audio = models.CharField(max_length=255)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)

    class Meta:
        app_label = "bare"
        managed = False
        db_table = "voicestudio_cloneattempt"

    def __str__(self) -> str:
        return self.speaker_name


HEAD: Final = (
    "{% load static django_htmx %}<!doctype html><html lang=en><meta charset=utf-8>"
    "<title>{{ title }}</title>{% htmx_script %}<body hx-headers='"
    '{"X-CSRFToken": "{{ csrf_token }}"}\'><h1>{{ title }}</h1>'
)
FORM: Final = (
    "<form hx-post=/ hx-target='#result' hx-encoding=multipart/form-data>"
    "<p><label>Speaker <input name=speaker></label>"
    "<p><label>Recording <input type=file name=file></label>"
    "<p><label>Preview text <textarea name=text></textarea></label>"
    "<p><button id=clone-voice>Clone voice</button></form><div id=result></div>"
)
ROWS: Final = (
    "<table>{% for attempt in attempts %}<tr>"
    "<td><a href='/history/{{ attempt.pk }}/'>{{ attempt.speaker_name }}</a>"
    "<td>{{ attempt.voice_id }}<td>{{ attempt.status }}"
    "<td>{% if attempt.audio %}<audio controls preload=none src='/audio/{{ attempt.pk }}/'>"
    "</audio>{% endif %}"
    "<td>{{ attempt.created_by.username }}<td>{{ attempt.created_at|date:'j M Y H:i' }}"
    "{% endfor %}</table><a href='?before={{ last }}'>Older</a>"
)


def page(request: HttpRequest) -> HttpResponse:
    """The form, and what it posts; an uploaded file is written to disk."""
    if request.method == "POST":
        file = request.FILES["file"]
        assert isinstance(file, UploadedFile)
        if not PROVIDER:
            return HttpResponse(f"<p>{file.name}, {file.size} bytes")
        name = clone(file.read(), request.POST["speaker"], request.POST["text"])
        return HttpResponse(f"<audio controls src='/demos/{name}'></audio>")
    return _render(request, HEAD + FORM, title="Clone a voice")


def clone(recording: bytes, voice_id: str, text: str) -> str:
    """Upload, clone and download the preview in one request; return the preview's file name."""
    headers = {"Authorization": "Bearer practice"}
    uploaded = requests.post(
        f"{PROVIDER}/v1/files/upload", headers=headers, data={"purpose": "voice_clone"},
        files={"file": ("sample.wav", recording)}, timeout=60,
    ).json()  # fmt: skip
    order = {
        "file_id": uploaded["file"]["file_id"], "voice_id": voice_id, "text": text,
        "model": "speech-2.8-hd",
    }  # fmt: skip
    answer = requests.post(
        f"{PROVIDER}/v1/voice_clone", headers=headers, json=order, timeout=60
    ).json()
    name = f"{voice_id}.mp3"
    (FOLDER / name).write_bytes(requests.get(answer["demo_audio"], timeout=60).content)
    return name


def preview(request: HttpRequest, name: str) -> FileResponse:
    """A preview, from disk."""
    return FileResponse((FOLDER / f"{name}.mp3").open("rb"))


@login_required
def history(request: HttpRequest) -> HttpResponse:
    """The 25 newest attempts."""
    attempts = list(Attempt._default_manager.select_related("created_by").order_by("-pk")[:25])
    return _render(request, HEAD + ROWS, title="History", attempts=attempts, last=attempts[-1].pk)


_templates: Final[dict[str, object]] = {}


def _render(request: HttpRequest, source: str, **context: object) -> HttpResponse:
    if source not in _templates:
        _templates[source] = engines["django"].from_string(source)
    return HttpResponse(_templates[source].render(context, request))  # type: ignore[attr-defined]


urlpatterns = [path("", page), path("history/", history), path("demos/<slug:name>.mp3", preview)]


def application() -> WSGIHandler:
    """Create the WSGI application; WhiteNoise looks for its files at this moment."""
    return get_wsgi_application()
