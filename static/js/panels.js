// Panels: <details data-panel="/address/"> fetches its content when it is first opened, together
// with the script that the content names: <div data-script="…/recorder.js">.

document.addEventListener("toggle", ({ target }) => {
  if (target.open && target.dataset?.panel && !target.dataset.panelState) loadPanel(target);
}, true);

// <button data-opens="selector of a panel">: opens it, and the sections around it.
document.addEventListener("click", ({ target }) => {
  const selector = target.closest?.("[data-opens]")?.dataset.opens;
  if (!selector) return;
  const panel = document.querySelector(selector);
  for (let section = panel; section; section = section.parentElement.closest("details")) section.open = true;
  panel.firstElementChild.focus();
});

// <button data-shows-results>: closes the filters around it, which fill a phone, and goes to the list.
document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-shows-results]");
  if (!button) return;
  button.closest("details").open = false;
  const results = document.getElementById("results");
  results.tabIndex = -1;
  results.focus({ preventScroll: true });
  results.scrollIntoView();
});

async function loadPanel(panel) {
  const container = panel.querySelector("[data-panel-content]");
  const retry = () => panel.isConnected && panel.open && loadPanel(panel);
  panel.dataset.panelState = "loading";
  try {
    const answer = await fetch(panel.dataset.panel, { headers: { "HX-Request": "true" } });
    if (answer.status === 401) {
      document.dispatchEvent(new CustomEvent("signed-out", { detail: { retry } }));
    }
    if (!answer.ok) throw new Error(answer.status);
    const template = document.createElement("template");
    template.innerHTML = await answer.text();
    const root = template.content.querySelector("[data-script]");
    const { start } = await import(root.dataset.script);
    // The content is shown only once its script can handle it.
    container.replaceChildren(template.content);
    start(root);
    panel.dataset.panelState = "loaded";
  } catch {
    // Opening the panel once more tries again.
    delete panel.dataset.panelState;
    container.replaceChildren(panel.querySelector("[data-panel-error]").content.cloneNode(true));
  }
}
