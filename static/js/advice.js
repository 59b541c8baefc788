// Advice: the sound options that a verdict speaks for are set in the form, unless the person has
// changed them; and what one is looking at stays where it is when a verdict arrives above it.
const OPTIONS = ["noise_reduction", "volume_normalization"];
const box = (option) => document.getElementById(`id_${option}`);

// "12 noise_reduction": for which recording we have set what.
function read() {
  const [of, ...ours] = (document.getElementById("id_advised")?.value ?? "").split(" ");
  return { of, ours: new Set(ours) };
}

function suggest() {
  const field = document.getElementById("id_advised");
  if (!field) return;
  const verdict = document.querySelector("#recording .verdict");
  const now = document.querySelector("#recording .recording")?.dataset.recording ?? "";
  const heard = Boolean(verdict?.dataset.verdict);
  const { of, ours } = read();
  const because = {};
  for (const told of verdict?.querySelectorAll("[data-advice]") ?? []) {
    because[told.dataset.advice] = told.dataset.because;
  }
  if (heard && of !== now) {
    const set = new Set();
    for (const option of OPTIONS) {
      const input = box(option);
      const touched = ours.has(option) ? !input.checked : input.checked;
      if (touched || input.dataset.own !== undefined) {
        if (ours.has(option)) set.add(option);
        continue;
      }
      input.checked = option in because;
      if (input.checked) set.add(option);
    }
    field.value = [now, ...set].join(" ");
    if (set.size) box(OPTIONS[0]).closest("details").open = true;
  }
  show(now, because);
}

// The badge stands where a suggestion has been taken over.
function show(now, because) {
  const { of, ours } = read();
  for (const option of OPTIONS) {
    const mark = document.querySelector(`[data-suggested="${option}"]`);
    if (!mark) continue;
    mark.hidden = !(of === now && now && ours.has(option) && option in because && box(option).checked);
    if (!mark.hidden) mark.querySelector("[data-why]").textContent = because[option];
  }
}

document.addEventListener("change", ({ target }) => {
  if (!OPTIONS.includes(target.name)) return;
  target.dataset.own = "";
  suggest();
});
for (const name of ["htmx:load", "upload-ended"]) document.addEventListener(name, suggest);
suggest();

// Above what one looks at, something grows: the page is moved by as much.
let held = null;
document.addEventListener("htmx:beforeSwap", ({ detail, target }) => {
  if (!target.matches?.(".verdict")) return;
  const element = document.activeElement;
  const follows = target.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING;
  const { top, bottom } = element.getBoundingClientRect();
  const seen = bottom > 0 && top < innerHeight;
  held = detail.shouldSwap && follows && seen ? { element, top } : null;
});
document.addEventListener("htmx:afterSettle", () => {
  if (!held?.element.isConnected) return;
  const moved = held.element.getBoundingClientRect().top - held.top;
  held = null;
  if (moved) scrollBy({ top: moved, behavior: "instant" });
});
