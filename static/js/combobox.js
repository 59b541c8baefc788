// A field in which a speaker or a project is chosen from a list while typing, as the combobox pattern
// of the ARIA Authoring Practices Guide wants it. The list comes from the server, or without an address
// from the field's own <datalist>. Without this script the name is typed, and the server asks.

const boxOf = (element) => element?.closest?.("[data-combobox]");
const inputOf = (box) => box.querySelector("input:not([type=hidden], [type=radio])");
const choiceOf = (box) => box.querySelector("input[type=hidden]");
const listOf = (box) => box.querySelector("[role=listbox]");
const answerOf = (box) => box.querySelector(".answer");
const optionsOf = (box) => [...listOf(box).querySelectorAll("[role=option]")];
const boxOfInput = (element) => (boxOf(element) && inputOf(boxOf(element)) === element ? boxOf(element) : null);

const PAUSE_MS = 150; // after the last key
const requests = new WeakMap(); // the newest request of each box: only its answer is shown
let isChoosing = false; // while the name of a chosen option is written

function prepare() {
  for (const box of document.querySelectorAll("[data-combobox]")) {
    const input = inputOf(box);
    if (input.role === "combobox") continue;
    box.dataset.list = input.getAttribute("list") ?? "";
    input.removeAttribute("list"); // the browser's own list, for a page without scripts
    input.autocomplete = "off";
    const list = listOf(box);
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id,
    })) input.setAttribute(name, value);
  }
}

async function get(box, url, pause = 0) {
  requests.get(box)?.abort();
  const request = new AbortController();
  requests.set(box, request);
  try {
    if (pause) await new Promise((resolve) => setTimeout(resolve, pause));
    if (request.signal.aborted) return null;
    const query = new URLSearchParams({ name: inputOf(box).value });
    const project = inputOf(box).form?.elements.project?.value;
    if (project) query.set("project", project);
    const response = await fetch(`${url}?${query}`, { signal: request.signal });
    return response.ok ? await response.text() : null;
  } catch {
    return null; // a list is a convenience: the name can be typed, and the server asks
  }
}

// The list ------------------------------------------------------------------------------------------

// As fold_text() of the server does, for the Latin letters of names that have no decomposition.
const LETTERS = { ß: "ss", ł: "l", ø: "o", đ: "d", ð: "d", þ: "th", æ: "ae", œ: "oe", ı: "i" };

const foldText = (text) =>
  text.normalize("NFKD").replace(/[\p{M}\p{Cf}]/gu, "").toLowerCase()
    .replace(/[ßłøđðþæœı]/g, (letter) => LETTERS[letter]).trim().replace(/\s+/g, " ");

function matchingOptions(box) {
  const words = foldText(inputOf(box).value);
  const known = [...document.getElementById(box.dataset.list).options];
  return known.filter(({ value }) => foldText(value).includes(words)).map(({ value, dataset }, index) => {
    const option = Object.assign(document.createElement("li"), { id: index, role: "option" });
    const name = Object.assign(document.createElement("span"), { className: "project", textContent: value });
    Object.assign(name.dataset, dataset);
    option.dataset.name = value;
    option.append(name);
    return option;
  });
}

async function open(box, pause = 0) {
  const html = box.dataset.combobox ? await get(box, box.dataset.combobox, pause) : "";
  const input = inputOf(box);
  if (html === null || document.activeElement !== input) return;
  const list = listOf(box);
  list.innerHTML = html;
  if (!box.dataset.combobox) list.append(...matchingOptions(box));
  for (const option of optionsOf(box)) option.id = `${list.id}-${option.id}`;
  const count = optionsOf(box).filter((option) => !option.dataset.choice?.startsWith("new ")).length;
  // A name like no other needs no choice: a list would only cover the next fields.
  setOpen(box, count > 0);
  list.lastElementChild?.scrollIntoView({ block: "nearest" });
  list.scrollTop = 0;
  document.getElementById("announcer").textContent = box.dataset.found.replace("{count}", count);
}

function setOpen(box, isOpen) {
  listOf(box).hidden = !isOpen;
  inputOf(box).setAttribute("aria-expanded", String(isOpen));
  if (!isOpen) requests.get(box)?.abort();
  activate(box, null);
}

function activate(box, option) {
  for (const other of optionsOf(box)) other.setAttribute("aria-selected", String(other === option));
  if (option) inputOf(box).setAttribute("aria-activedescendant", option.id);
  else inputOf(box).removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

const activeOption = (box) => listOf(box).querySelector("[aria-selected=true]");

function move(box, step) {
  const options = optionsOf(box);
  const from = options.indexOf(activeOption(box));
  const start = step > 0 ? 0 : options.length - 1;
  activate(box, options[from < 0 ? start : (from + step + options.length) % options.length]);
}

function choose(box, option) {
  const input = inputOf(box);
  input.value = option.dataset.name;
  if (choiceOf(box)) {
    choiceOf(box).value = option.dataset.choice;
    const answer = Object.assign(document.createElement("p"), { className: "help" });
    answer.dataset.state = "good";
    answer.append(...option.cloneNode(true).childNodes);
    answerOf(box).replaceChildren(answer);
  }
  setOpen(box, false);
  isChoosing = true;
  input.dispatchEvent(new Event("input", { bubbles: true })); // so that a voice ID is suggested
  isChoosing = false;
}

// The question about a name that was typed, not chosen ----------------------------------------------

async function ask(box) {
  const name = inputOf(box).value.trim();
  // A page that came with the question, and perhaps its answer, keeps both.
  if (!name || !choiceOf(box) || choiceOf(box).value || box.dataset.asked === name || answerOf(box).querySelector(".question")) return;
  box.dataset.asked = name;
  const html = await get(box, box.dataset.question);
  if (html !== null && !choiceOf(box).value) answerOf(box).innerHTML = html;
}

// Events --------------------------------------------------------------------------------------------

document.addEventListener("input", ({ target }) => {
  const box = boxOfInput(target);
  if (!box || isChoosing) return;
  // What was chosen or answered was about another name.
  if (choiceOf(box)) {
    choiceOf(box).value = "";
    answerOf(box).replaceChildren();
  }
  delete box.dataset.asked;
  open(box, PAUSE_MS);
});

document.addEventListener("keydown", (event) => {
  const box = boxOfInput(event.target);
  if (!box || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
  const isOpen = !listOf(box).hidden;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    if (isOpen) move(box, step);
    else open(box).then(() => listOf(box).hidden || move(box, step));
  } else if (event.key === "Escape" && isOpen) {
    event.preventDefault();
    setOpen(box, false);
  } else if (event.key === "Enter" && isOpen && activeOption(box)) {
    event.preventDefault();
    choose(box, activeOption(box));
  }
});

// The field keeps the focus while the mouse chooses.
document.addEventListener("mousedown", (event) => {
  if (event.target.closest?.("[data-combobox] > [role=listbox]")) event.preventDefault();
});

document.addEventListener("click", ({ target }) => {
  const option = target.closest?.("[data-combobox] [role=option]");
  if (option) choose(boxOf(option), option);
  else if (boxOfInput(target) && listOf(boxOf(target)).hidden) open(boxOf(target));
});

document.addEventListener("focusout", ({ target }) => {
  const box = boxOfInput(target);
  if (!box) return;
  setOpen(box, false);
  ask(box);
});

document.addEventListener("htmx:load", prepare);
prepare();
