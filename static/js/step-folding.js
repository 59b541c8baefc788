// Steps of the clone form: an answered card becomes one line as soon as the person works below it,
// and "Change" opens it again. Without this script all cards stay open.
const findSteps = () => [...document.querySelectorAll("#clone [data-step]")];
const isAnswered = (card) => card.querySelector(".step-number").hasAttribute("data-done");
// A card in which something plays, is recorded, uploaded or checked stays open.
const IN_USE = ".player[data-playing], .recorder:not([data-stage=idle]), .upload[data-busy], [hx-trigger='every 1s']";

const valueOf = (id) => document.getElementById(id).value.trim();
const textOf = (card, selector) => card.querySelector(selector)?.textContent.trim() ?? "";
const ANSWERS = {
  speaker: () => [valueOf("id_speaker"), valueOf("id_voice_id")],
  recording: (card) => [textOf(card, ".chosen-line b"), textOf(card, ".chosen-line .badge")],
  preview: () => [valueOf("id_preview_text"), document.getElementById("id_model").selectedOptions[0].textContent],
};

function fold(card) {
  const parts = ANSWERS[card.dataset.step](card).filter(Boolean);
  card.querySelector(".given-answer").textContent = parts.join(" · ");
  card.setAttribute("data-folded", "");
}

const unfold = (card) => card.removeAttribute("data-folded");

// Folds the answered cards that stand before the control in use, which keeps its place on the screen.
function foldBehind() {
  const active = document.activeElement;
  if (!active?.closest("#clone")) return;
  const { top } = active.getBoundingClientRect();
  for (const card of findSteps()) {
    const isBehind = !card.contains(active) && card.compareDocumentPosition(active) & Node.DOCUMENT_POSITION_FOLLOWING;
    if (isBehind && isAnswered(card) && !card.querySelector(IN_USE)) fold(card);
  }
  scrollBy({ top: active.getBoundingClientRect().top - top, behavior: "instant" });
}

// An answer that has become wrong is shown again.
function openWrong() {
  for (const card of findSteps()) {
    if (!card.hasAttribute("data-folded")) continue;
    if (isAnswered(card)) fold(card);
    else unfold(card);
  }
}

// While a button is pressed nothing moves away under it.
let isPressed = false;
document.addEventListener("pointerdown", () => { isPressed = true; });
for (const name of ["pointerup", "pointercancel"]) {
  document.addEventListener(name, () => {
    isPressed = false;
    setTimeout(foldBehind); // after the click
  });
}
document.addEventListener("focusin", () => { if (!isPressed) foldBehind(); });

document.addEventListener("click", (event) => {
  const link = event.target.closest?.(".error-summary a");
  const card = (link ? document.querySelector(link.hash) : event.target.closest?.("[data-opens-step]"))?.closest("[data-step]");
  if (!card) return;
  unfold(card);
  if (!link) card.querySelector("input:not([type=hidden]), textarea, summary")?.focus();
});

for (const name of ["input", "change", "htmx:load", "htmx:afterSwap"]) document.addEventListener(name, openWrong);
