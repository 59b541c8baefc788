// Keys for people who work here all day; `?` shows them. They do nothing while a field has focus,
// and can be switched off on this device, because some people speak what others type.
const dialog = document.getElementById("shortcuts");
const isOff = () => localStorage.getItem("shortcuts") === "off";
const choice = dialog?.querySelector("[type=checkbox]");
// Reads the choice only now: the first look at what the device remembers keeps a new page from being drawn.
function showDialog() {
  choice.checked = !isOff();
  dialog.showModal();
}
const ROWS = ".rows > li, .people > li, .audit > li";
const currentRow = () => document.activeElement?.closest(ROWS);
const FIELDS = "select, textarea, input:not([type=range], [type=checkbox], [type=radio])";

function rowAt(step) {
  const rows = [...document.querySelectorAll(ROWS)];
  const index = rows.indexOf(currentRow());
  if (index < 0) return rows.at(step > 0 ? 0 : -1);
  return rows[Math.min(Math.max(0, index + step), rows.length - 1)];
}

function focusRow(step) {
  const row = rowAt(step);
  if (!row) return;
  row.tabIndex = -1;
  row.focus();
}

const playerToPlay = () => currentRow()?.querySelector(".player > button") ?? document.querySelector(".player[data-large] > button");
// On the page of an attempt: the original, and from it back to the new voice.
function switchToOriginal() {
  const original = document.querySelector("#sample .player");
  const voice = document.querySelector(".player[data-large]");
  const next = original?.hasAttribute("data-playing") && voice ? voice : original;
  next?.querySelector("button").click();
}
// A page without a search of its own opens the one for everything.
function search() {
  const field = document.querySelector("[role=search] [type=search]");
  if (field) field.focus();
  else document.querySelector("[data-opens-palette]")?.click();
}
const menu = (key) => document.querySelector(`.menu a[data-key="${key}"]`)?.click();

const LETTERS = {
  "?": showDialog,
  "/": search,
  n: () => menu("n"),
  h: () => menu("h"),
  v: () => menu("v"),
  r: () => menu("r"),
  j: () => focusRow(1),
  k: () => focusRow(-1),
  o: switchToOriginal,
  x: () => currentRow()?.querySelector(".select input")?.click(),
  X: () => currentRow()?.querySelector(".select input")?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, shiftKey: true })),
};
// These belong to the control that has focus, and to the page where there is nothing to do.
const OF_CONTROLS = {
  Enter: () => currentRow()?.querySelector(".name a, .what a"),
  " ": playerToPlay,
};

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (!dialog || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isOff()) return;
  if (document.querySelector("dialog[open]") || target.closest(FIELDS)) return;
  if (key in LETTERS) {
    event.preventDefault();
    LETTERS[key]();
  } else if (key in OF_CONTROLS && target.matches(`body, #main, ${ROWS}`)) {
    const control = OF_CONTROLS[key]();
    if (!control) return;
    event.preventDefault();
    if (!event.repeat) control.click();
  }
});

if (dialog) {
  choice.addEventListener("change", () => localStorage.setItem("shortcuts", choice.checked ? "on" : "off"));
  // On the document, since the search brings a link of its own, which leads to the help without scripts.
  document.addEventListener("click", (event) => {
    const control = event.target.closest("[data-shows-shortcuts]");
    if (!control || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    control.closest("dialog")?.close();
    showDialog();
  });
}
