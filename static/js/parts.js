// Parts: what a fold holds comes when it is opened for the first time, with the script that it needs.
// <details data-part="/address/">, then in what comes: <div data-script="…/recorder.js">.

document.addEventListener("toggle", ({ target }) => {
  if (target.open && target.dataset?.part && !target.dataset.has) fill(target);
}, true);

// <button data-opens="#selector of a fold">
document.addEventListener("click", ({ target }) => {
  const opens = target.closest?.("[data-opens]")?.dataset.opens;
  if (!opens) return;
  const fold = document.querySelector(opens);
  fold.open = true;
  fold.firstElementChild.focus();
});

async function fill(fold) {
  const place = fold.querySelector("[data-place]");
  const retry = () => fold.isConnected && fold.open && fill(fold);
  fold.dataset.has = "coming";
  try {
    const answer = await fetch(fold.dataset.part, { headers: { "HX-Request": "true" } });
    if (answer.status === 401) {
      document.dispatchEvent(new CustomEvent("signed-out", { detail: { retry } }));
    }
    if (!answer.ok) throw new Error(answer.status);
    const coming = document.createElement("template");
    coming.innerHTML = await answer.text();
    const root = coming.content.querySelector("[data-script]");
    const { start } = await import(root.dataset.script);
    // Nothing is shown that does not work yet.
    place.replaceChildren(coming.content);
    start(root);
    fold.dataset.has = "all";
  } catch {
    // Opened once more, it is asked for once more.
    delete fold.dataset.has;
    place.replaceChildren(fold.querySelector("[data-missing]").content.cloneNode(true));
  }
}
