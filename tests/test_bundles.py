"""Bundles: templates without indentation, icons, compressed static files."""

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template import Context, Engine
from django.template.loader import get_template
from django.test import Client

from voicestudio.bundles import CollectedFiles
from voicestudio.templatetags.studio import ICONS, icon


def test_templates_lose_their_indentation_and_keep_their_words(client: Client, db: None) -> None:
    page = client.get("/sign-in/").content.decode()

    lines = page.splitlines()
    assert [line for line in lines if line.startswith((" ", "\t"))] == []
    assert "<html" in page
    found: Any = get_template("base.html")  # the stubs know of no origin
    assert found.origin.name.endswith("templates/base.html")


def test_templates_lose_the_lines_that_would_be_empty(tmp_path: Path) -> None:
    (tmp_path / "one.html").write_text(
        "{# nobody reads this #}\n"
        "{% if tall %}\n  <p>tall</p>\n{% else %}\n  <p>small</p>\n{% endif %}\n"
        "  {% if wide %}<p>wide</p>{% endif %}\n"
        "  <p>{% comment %}nor\n  this{% endcomment %}end</p>\n"
    )
    engine = Engine(dirs=[str(tmp_path)], loaders=["voicestudio.bundles.TightTemplates"])

    drawn = [
        engine.get_template("one.html").render(Context(given))
        for given in ({"tall": True, "wide": True}, {"tall": False, "wide": False})
    ]

    assert drawn == [
        "<p>tall</p>\n<p>wide</p>\n<p>end</p>\n",
        "<p>small</p>\n<p>end</p>\n",
    ]


def test_every_icon_that_is_named_is_drawn() -> None:
    named = {
        name
        for template in (settings.BASE_DIR / "templates").rglob("*.html")
        for name in re.findall(r"{% icon ['\"](\w+)['\"] %}", template.read_text())
    }

    assert named <= ICONS
    assert 'href="/static/img/icons.svg#clock"' in icon("clock")


def test_admin_pages_are_not_packed(tmp_path: Path) -> None:
    for name in ("admin/css/base.css", "css/studio.css"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("body { color: black; }\n" * 40)
    storage = CollectedFiles(location=tmp_path)

    packed = storage.compress_files(["admin/css/base.css", "css/studio.css"])

    assert sorted(name for _path, name in packed) == ["css/studio.css.br", "css/studio.css.gz"]
