"""What a finger can take: everything that one presses is 44 pixels high on a telephone."""

from __future__ import annotations

from playwright.sync_api import Page

# A tick box and its label are one thing, as large as what stands before the label's words.
SMALL = """place => [...document.querySelector(place).querySelectorAll(
    "a, button, select, summary, textarea, input:not([type=checkbox], [type=radio]), .check, .chip"
  )].filter((one) => one.checkVisibility({ visibilityProperty: true })
    && !one.matches(".visually-hidden, [type=file]")
  ).filter((one) => {
    const label = one.matches(".check") && one.querySelector("label");
    const height = label
      ? parseFloat(getComputedStyle(label, "::before").height)
      : one.getBoundingClientRect().height;
    return !(Math.round(height) >= 44);
  }).map((one) => one.innerText || one.ariaLabel || one.outerHTML)"""


def too_small(page: Page, place: str = "#main") -> list[str]:
    """What is lower than that within `place`, by its words."""
    found: list[str] = page.evaluate(SMALL, place)
    return found
