"""The site that `servers` measures: one page, an upload and a download, without a database."""

import os
from pathlib import Path

import django
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.wsgi import get_wsgi_application
from django.http import FileResponse, HttpRequest, HttpResponse
from django.template import Context, Engine
from django.urls import path

ROWS = [{"speaker": f"Speaker {n}", "voice": f"speaker{n}-x7"} for n in range(25)]
PAGE = Engine().from_string(
    "<!doctype html><title>History</title><table>{% for row in rows %}<tr><td>{{ row.speaker }}"
    "<td>{{ row.voice }}<td>Ready<td><a href='/history/{{ forloop.counter }}/'>Open</a>{% endfor %}"
)


def page(request: HttpRequest) -> HttpResponse:
    """A page of 25 rows."""
    return HttpResponse(PAGE.render(Context({"rows": ROWS})))


def upload(request: HttpRequest) -> HttpResponse:
    """Write an uploaded file to disk; the response is its size."""
    file = request.FILES["file"]
    assert isinstance(file, UploadedFile)
    return HttpResponse(str(file.size))


def download(request: HttpRequest) -> FileResponse:
    """A large file."""
    return FileResponse(Path(os.environ["BENCH_FILE"]).open("rb"))


urlpatterns = [path("page", page), path("upload", upload), path("download", download)]

if not settings.configured:
    settings.configure(
        SECRET_KEY="bench",
        ROOT_URLCONF="tests.benchmarks.server_page",
        ALLOWED_HOSTS=["*"],
        FILE_UPLOAD_HANDLERS=["django.core.files.uploadhandler.TemporaryFileUploadHandler"],
    )
    django.setup()
application = get_wsgi_application()
