// When a swap replaces the control or row that had the focus, gives it to the same one of the new
// content, else to the section that it is folded away in, else to the page's main part, so that the
// keyboard goes on from there.
let previous = null;

const CONTROLS = ":is(#main, dialog) :is(a[href], button, input:not([type=hidden]), select, summary, textarea)";
// What stays the same when the server draws a control again; the value is that of a row's checkbox.
const describe = (element) => [
  element.getAttribute("href") ?? element.closest("form")?.getAttribute("action"),
  element.ariaLabel ?? element.textContent.trim(),
  element.getAttribute("name"),
  element.matches("[type=checkbox], [type=radio]") && element.value,
].join("\n");

function findAgain({ id, description }) {
  if (id && document.getElementById(id)) return document.getElementById(id);
  return [...document.querySelectorAll(CONTROLS)].find((control) => describe(control) === description);
}

function remember(area) {
  const { activeElement } = document;
  if (activeElement !== document.body && area.contains(activeElement)) {
    previous = { id: activeElement.id, description: describe(activeElement) };
  }
}

// Before the button is disabled, which would take the focus from it; and again before the swap,
// since the focus may have moved while the answer was on its way.
document.addEventListener("htmx:configRequest", ({ detail }) => remember(detail.elt));
document.addEventListener("htmx:beforeSwap", ({ detail }) => remember(detail.target));

function giveFocusBack() {
  if (document.activeElement !== document.body) previous = null;
  const control = previous && findAgain(previous);
  // A button whose own request is still on its way: something else was swapped meanwhile.
  if (!previous || control?.matches("[data-disabled-by-htmx]")) return;
  previous = null;
  const section = control?.closest("details:not([open])")?.querySelector("summary");
  const target = [control, section, document.getElementById("main")].find((each) => each?.checkVisibility());
  if (target?.matches("li")) target.tabIndex = -1; // the server draws rows without it
  target?.focus({ preventScroll: true });
}

// Later, when htmx has enabled the button again.
document.addEventListener("htmx:afterSettle", () => setTimeout(giveFocusBack));
