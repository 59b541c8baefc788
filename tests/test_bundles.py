"""Icons and compressed static files."""

import os
import re
from pathlib import Path

from django.conf import settings

from voicestudio.bundles import BundleFinder, CollectedFiles
from voicestudio.templatetags.studio import ICONS, icon


def test_every_icon_of_the_templates_exists() -> None:
    icons = {
        name
        for template in (settings.BASE_DIR / "templates").rglob("*.html")
        for name in re.findall(r"{% icon ['\"](\w+)['\"] %}", template.read_text())
    }

    assert icons <= ICONS
    assert 'href="/static/img/icons.svg#clock"' in icon("clock")


def test_admin_files_are_not_compressed(tmp_path: Path) -> None:
    for name in ("admin/css/base.css", "css/studio.css"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("body { color: black; }\n" * 40)
    storage = CollectedFiles(location=tmp_path)

    compressed = storage.compress_files(["admin/css/base.css", "css/studio.css"])

    assert sorted(name for _path, name in compressed) == ["css/studio.css.br", "css/studio.css.gz"]


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
