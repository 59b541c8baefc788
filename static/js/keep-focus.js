// When a swap replaces the control or row that had the focus, gives it to the same one of the new
// content, else to the section that it is folded away in, else to the page's main part, so that the
// keyboard goes on from there.
let previous = null;

const describe = (element) => ({
  id: element.id,
  action: element.closest("form")?.getAttribute("action"),
  text: element.textContent.trim(),
  name: element.getAttribute("name"),
});

function findAgain({ id, action, text, name }) {
  if (id && document.getElementById(id)) return document.getElementById(id);
  const controls = document.querySelectorAll("button, input:not([type=hidden]), select, textarea");
  return [...controls].find((control) => {
    const found = describe(control);
    return found.action === action && found.text === text && found.name === name;
  });
}

function remember(area) {
  const { activeElement } = document;
  if (activeElement !== document.body && area.contains(activeElement)) previous = describe(activeElement);
}

// Before the button is disabled, which would take the focus from it; and again before the swap,
// since the focus may have moved while the answer was on its way.
document.addEventListener("htmx:configRequest", ({ detail }) => remember(detail.elt));
document.addEventListener("htmx:beforeSwap", ({ detail }) => remember(detail.target));

function giveFocusBack() {
  if (!previous || document.activeElement !== document.body) return;
  const control = findAgain(previous);
  previous = null;
  const section = control?.closest("details:not([open])")?.querySelector("summary");
  const target = [control, section, document.getElementById("main")].find((each) => each?.checkVisibility());
  if (target?.matches("li")) target.tabIndex = -1; // the server draws rows without it
  target?.focus({ preventScroll: true });
}

// Later, when htmx has enabled the button again.
document.addEventListener("htmx:afterSettle", () => setTimeout(giveFocusBack));
