"""`make screenshots`: take all pictures of README, documents and help, or only the named ones.

python -m tests.screenshots [home] [history] ...

The pictures of the help are taken in every language that this machine has a font for.
"""

import base64
import json
import logging
import shutil
import subprocess
import sys
from contextlib import ExitStack
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.conftest import NO_BROWSER, find_browser
from tests.screenshots.practice_studio import NOW, PracticeStudio, practice_studio, set_up_django

set_up_django()

from django.conf import settings  # noqa: E402

from tests.screenshots.pictures import ENGLISH, FORCED, HELP, PICTURES, SIZES, Picture, Window  # noqa: E402

QUALITY: Final = 55  # of the WebP encoder
MARGIN: Final = 12  # around a part
# Languages whose letters need a font of their own, by the name that fontconfig has for them.
OWN_FONTS: Final = {"ja": "ja", "zh-hans": "zh-cn"}
TIMEOUT_MS: Final = 30_000


def main(names: list[str]) -> int:
    """Take the named pictures, or all, and print what was written."""
    if unknown := set(names) - {picture.name for picture in PICTURES}:
        print(f"Unknown: {', '.join(sorted(unknown))}.")
        return 2
    program = find_browser()
    if program is None:
        print(NO_BROWSER)
        return 1
    sizes = json.loads(SIZES.read_text()) if SIZES.exists() else {}
    without_font = find_languages_without_font()
    for language in without_font:
        print(f"No font for {settings.TRANSLATIONS[language]}: its pictures are left out.")
    logging.disable(logging.INFO)
    with ExitStack() as stack:
        studio = stack.enter_context(practice_studio())
        browser = stack.enter_context(sync_playwright()).chromium.launch(executable_path=program)
        stack.callback(browser.close)
        for picture in PICTURES:
            if not names or picture.name in names:
                for language in picture.languages:
                    if language not in without_font:
                        sizes |= take_picture(browser, studio, picture, language)
    known = {
        picture.size_name(window, language)
        for picture in PICTURES
        for window in picture.windows
        for language in picture.languages
    }
    sizes = {name: size for name, size in sizes.items() if name in known}
    SIZES.write_text(f"{json.dumps(sizes, indent=2, sort_keys=True)}\n")
    return 0


def find_languages_without_font() -> list[str]:
    """The languages whose letters would be boxes."""
    fontconfig = shutil.which("fc-list")
    return [
        language
        for language, name in OWN_FONTS.items()
        if fontconfig is None
        or not subprocess.run(
            [fontconfig, f":lang={name}", "family"], capture_output=True, check=False
        ).stdout.strip()
    ]


def take_picture(
    browser: Browser, studio: PracticeStudio, picture: Picture, language: str
) -> dict[str, list[int]]:
    """Write all files of a picture. Returns the size of each window's, if the help shows it."""
    context = browser.new_context(
        base_url=studio.url,
        locale="en-GB" if language == ENGLISH else language,
        timezone_id="UTC",
        reduced_motion="reduce",
    )
    picture.folder.mkdir(parents=True, exist_ok=True)
    sizes = take_windows(context, studio, picture, language)
    context.close()
    return sizes


def take_windows(
    context: BrowserContext, studio: PracticeStudio, picture: Picture, language: str
) -> dict[str, list[int]]:
    """Write the files of each window."""
    sizes = {}
    chosen = {"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": studio.url}
    for window in picture.windows:
        context.clear_cookies()
        context.add_cookies([studio.cookie, chosen])  # type: ignore[list-item]
        page = context.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        page.clock.set_fixed_time(NOW)
        page.set_viewport_size({"width": window.width, "height": window.height})
        picture.show(page)
        page.wait_for_load_state("networkidle")
        clip = find_clip(page, picture, window)
        for scheme in picture.schemes:
            if scheme == FORCED:
                page.emulate_media(forced_colors="active")
            else:
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            file = picture.file(window, scheme, language)
            file.write_bytes(take_webp(page, clip))
            print(f"{file.name}: {file.stat().st_size / 1000:.0f} KB", flush=True)
        if picture.folder == HELP:
            size = [round(clip["width"]), round(clip["height"])]
            sizes[picture.size_name(window, language)] = size
        page.close()
    return sizes


def find_clip(page: Page, picture: Picture, window: Window) -> dict[str, float]:
    """The rectangle to take, in CSS pixels from the top of the page."""
    if not picture.part:
        return {"x": 0, "y": 0, "width": window.width, "height": window.height, "scale": 1}
    part = page.locator(picture.part)
    part.scroll_into_view_if_needed()
    box = part.evaluate("""element => {
      const { x, y, width, height } = element.getBoundingClientRect();
      return { x: x + scrollX, y: y + scrollY, width, height };
    }""")
    left = max(0, int(box["x"]) - MARGIN)
    top = max(0, int(box["y"]) - MARGIN)
    right = min(window.width, int(box["x"] + box["width"]) + MARGIN)
    bottom = int(box["y"] + box["height"]) + MARGIN
    return {
        "x": left, "y": top, "width": right - left, "height": bottom - top, "scale": picture.scale
    }  # fmt: skip


def take_webp(page: Page, clip: dict[str, float]) -> bytes:
    """A picture of the clip. Playwright's own method writes PNG and JPEG only, which are larger."""
    session = page.context.new_cdp_session(page)
    options: dict[str, Any] = {
        "format": "webp", "quality": QUALITY, "clip": clip, "captureBeyondViewport": True
    }  # fmt: skip
    data = session.send("Page.captureScreenshot", options)["data"]
    session.detach()
    return base64.b64decode(data)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
