// Sets the sound options that the check of the recording suggests, unless the user has changed
// them; and keeps the scroll position when the result of a check arrives above it.
const OPTIONS = ["noise_reduction", "volume_normalization"];
const checkboxOf = (option) => document.getElementById(`id_${option}`);

// #id_advised holds "12 noise_reduction": a recording and the options that were set for it.
function readApplied() {
  const [recording, ...options] = (document.getElementById("id_advised")?.value ?? "").split(" ");
  return { recording, options: new Set(options) };
}

function applySuggestions() {
  const field = document.getElementById("id_advised");
  if (!field) return;
  const check = document.querySelector("#recording .verdict");
  const recording = document.querySelector("#recording .recording")?.dataset.recording ?? "";
  const isChecked = Boolean(check?.dataset.verdict);
  const applied = readApplied();
  const reasons = {};
  for (const suggestion of check?.querySelectorAll("[data-suggested-option]") ?? []) {
    reasons[suggestion.dataset.suggestedOption] = suggestion.dataset.reason;
  }
  if (isChecked && applied.recording !== recording) {
    const options = new Set();
    for (const option of OPTIONS) {
      const checkbox = checkboxOf(option);
      const isChanged = applied.options.has(option) ? !checkbox.checked : checkbox.checked;
      if (isChanged || checkbox.dataset.changedByUser !== undefined) {
        if (applied.options.has(option)) options.add(option);
        continue;
      }
      checkbox.checked = option in reasons;
      if (checkbox.checked) options.add(option);
    }
    field.value = [recording, ...options].join(" ");
    if (options.size) checkboxOf(OPTIONS[0]).closest("details").open = true;
  }
  showBadges(recording, reasons);
}

// A badge marks each option that is on because of a suggestion.
function showBadges(recording, reasons) {
  const applied = readApplied();
  for (const option of OPTIONS) {
    const badge = document.querySelector(`[data-suggested="${option}"]`);
    if (!badge) continue;
    const isApplied = recording && applied.recording === recording && applied.options.has(option);
    badge.hidden = !(isApplied && option in reasons && checkboxOf(option).checked);
    if (!badge.hidden) badge.querySelector("[data-suggestion-reason]").textContent = reasons[option];
  }
}

document.addEventListener("change", ({ target }) => {
  if (!OPTIONS.includes(target.name)) return;
  target.dataset.changedByUser = "";
  applySuggestions();
});
for (const name of ["htmx:load", "upload-ended"]) document.addEventListener(name, applySuggestions);
applySuggestions();

// When content above the focused element grows, the page scrolls by the same amount.
let anchor = null;
document.addEventListener("htmx:beforeSwap", ({ detail, target }) => {
  if (!target.matches?.(".verdict")) return;
  const element = document.activeElement;
  const isBelow = target.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING;
  const { top, bottom } = element.getBoundingClientRect();
  const isVisible = bottom > 0 && top < innerHeight;
  anchor = detail.shouldSwap && isBelow && isVisible ? { element, top } : null;
});
document.addEventListener("htmx:afterSettle", () => {
  if (!anchor?.element.isConnected) return;
  const offset = anchor.element.getBoundingClientRect().top - anchor.top;
  anchor = null;
  if (offset) scrollBy({ top: offset, behavior: "instant" });
});
