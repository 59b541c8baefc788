"""Icons and compressed static files."""

import os
import re
from pathlib import Path

import pytest
from django.conf import settings as studio_settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.http import HttpResponseNotFound
from django.test import RequestFactory
from pytest_django.fixtures import Settings
from whitenoise.middleware import WhiteNoiseMiddleware

from voicestudio.bundles import BundleFinder, CollectedFiles
from voicestudio.management.statics import UNUSED
from voicestudio.templatetags.studio import ICONS, icon

# `font: 500 .84em/1.4 …` and `font-weight: 500`.
WEIGHT = re.compile(r"font(?:-weight: ([^;}]+)|: (\d+))")


def test_every_icon_of_the_templates_exists() -> None:
    icons = {
        name
        for template in (studio_settings.BASE_DIR / "templates").rglob("*.html")
        for name in re.findall(r"{% icon ['\"](\w+)['\"] %}", template.read_text())
    }

    assert icons <= ICONS.keys()
    assert '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3 2"/></svg>' in icon("clock")


def test_typeface_is_used_in_three_weights() -> None:
    """Each further weight takes a browser up to a millisecond before it draws a page."""
    folder = studio_settings.BASE_DIR / "static" / "css"
    sheets = [sheet.read_text(encoding="utf-8") for sheet in folder.glob("*.css")]

    weights = {max(groups) for text in sheets for groups in WEIGHT.findall(text)}

    assert weights == {
        "400 700",  # what the file of the typeface has
        "400", "var(--medium)", "var(--strong)",
        "500",  # the fixed-width font of voice IDs, which comes from the system
    }  # fmt: skip


def test_admin_files_are_not_compressed(tmp_path: Path) -> None:
    for name in ("admin/css/base.css", "css/studio.css"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("body { color: black; }\n" * 40)
    storage = CollectedFiles(location=tmp_path)

    compressed = storage.compress_files(["admin/css/base.css", "css/studio.css"])

    assert sorted(name for _path, name in compressed) == ["css/studio.css.br", "css/studio.css.gz"]


@pytest.mark.django_db  # closing a response looks at the connection
def test_collected_files_are_compressed_and_never_asked_for_again(
    settings: Settings, data_dir: Path, tmp_path: Path
) -> None:
    settings.STATIC_ROOT = str(tmp_path)
    backend = {"BACKEND": "voicestudio.bundles.CollectedFiles"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": backend}
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = False
    ignored = ["admin", "*.webp", *UNUSED]
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=ignored)
    answer = WhiteNoiseMiddleware(lambda _request: HttpResponseNotFound())

    bundles = ("css/studio.css", "js/studio.js", "js/clone.js")
    for name in (*bundles, "js/recorder.js", "img/icon.svg"):
        url = staticfiles_storage.url(name)
        response = answer(RequestFactory().get(url, headers={"Accept-Encoding": "br"}))
        response.close()

        assert response["Content-Encoding"] == "br", name
        assert response["Cache-Control"] == "max-age=315360000, public, immutable", name


def test_bundle_follows_sources_that_are_older_than_itself(data_dir: Path, tmp_path: Path) -> None:
    """As those of a new version that was packed before the studio was first started."""
    source = tmp_path / "tokens.css"
    source.write_text("a {}")
    finder = BundleFinder()
    finder.build("css/studio.css", [source])
    source.write_text("b {}")
    os.utime(source, (0, 0))

    bundle = finder.build("css/studio.css", [source])

    assert bundle.read_text() == "b {}"


def test_bundles_have_no_comments(data_dir: Path, tmp_path: Path) -> None:
    style, script = tmp_path / "a.css", tmp_path / "a.js"
    style.write_text("/* Why. */\na { color: red; } /* And\nthat. */\nb {}\n")
    script.write_text('// Why.\nconst url = "https://x"; // kept\n  // And that.\nrun(url);\n')
    finder = BundleFinder()

    styles = finder.build("css/studio.css", [style]).read_text()
    scripts = finder.build("js/studio.js", [script]).read_text()

    assert styles == "\na { color: red; }\nb {}\n"
    assert scripts == '{\nconst url = "https://x"; // kept\nrun(url);\n}\n'
