// The selected rows of a list: a range with Shift, all rows of the page, how many there are. Without this
// script the checkboxes and the buttons below the list work as in any form.
const boxes = () => [...document.querySelectorAll(".rows .select input")];
const selected = new Set(); // the ids, because a row that changes is replaced
let last = null; // the id of the row that was ticked last

function show() {
  const bar = document.getElementById("selection");
  if (!bar) return;
  const count = boxes().filter((box) => box.checked).length;
  bar.querySelector(".selected-count").textContent = bar.dataset.count.replace("{count}", count);
}

function set(box, isChecked) {
  box.checked = isChecked;
  if (isChecked) selected.add(box.value);
  else selected.delete(box.value);
}

document.addEventListener("click", (event) => {
  const { target, shiftKey } = event;
  if (target.closest?.("[data-select-all]")) {
    for (const box of boxes()) set(box, true);
    show();
    return;
  }
  if (!target.matches?.(".select input")) return;
  const all = boxes();
  const [from, to] = [all.findIndex((box) => box.value === last), all.indexOf(target)].sort((a, b) => a - b);
  const range = shiftKey && from >= 0 ? all.slice(from, to + 1) : [target];
  for (const box of range) set(box, target.checked);
  last = target.value;
  show();
});

document.addEventListener("reset", ({ target }) => {
  if (target.id !== "selection") return;
  selected.clear();
  setTimeout(show); // after the browser has cleared the boxes
});

// A download leaves the page open, with the menu of a phone on it.
document.addEventListener("submit", ({ target }) => {
  if (target.id === "selection") target.querySelector("[popover]").hidePopover();
});

document.addEventListener("htmx:load", ({ detail }) => {
  if (detail.elt.id === "results") selected.clear();
  for (const box of detail.elt.querySelectorAll?.(".select input") ?? []) box.checked = selected.has(box.value);
  show();
});

// A page that the browser restores keeps its ticks.
addEventListener("pageshow", () => {
  for (const box of boxes()) set(box, box.checked);
  show();
});
