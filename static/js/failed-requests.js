// Says near the pressed control that a request of htmx failed, and offers to send it again. Other
// scripts report theirs: document.dispatchEvent(new CustomEvent("request-failed", {detail})).
// Not handled here: polls, which repeat themselves, and an expired sign-in (sign-in-dialog.js).
const notes = new WeakMap(); // the note of each element that sent a request

// In the same row as the control, a note would be as narrow as what is left of the row.
const placeFor = (control) => control.closest(".row, .field") ?? control;

// What the person may not do, and whom to ask; another try would be refused as well.
function showRefusal({ source, control, text }) {
  notes.get(source)?.remove();
  const note = document.getElementById("request-not-allowed").content.firstElementChild.cloneNode(true);
  note.querySelector("span").textContent = text;
  notes.set(source, note);
  placeFor(control).after(note);
  note.scrollIntoView({ block: "nearest" });
}

// Replaces the two sentences of a note by those of the server.
function explain(note, html) {
  const answer = document.createElement("template");
  answer.innerHTML = html;
  for (const part of ["b", "span"]) note.querySelector(part).replaceWith(answer.content.querySelector(part));
}

// `explanation` is a note of the server about what is wrong with it (views/server_errors.py).
function showFailure({ source, control, status, retry, explanation }) {
  notes.get(source)?.remove();
  // A gateway answers 502 to 504 in the studio's place.
  const isUnreachable = !explanation && (!status || (status >= 502 && status <= 504));
  const template = document.getElementById(isUnreachable ? "studio-unreachable" : "request-refused");
  const note = template.content.firstElementChild.cloneNode(true);
  if (explanation) explain(note, explanation);
  note.querySelector("button").addEventListener("click", () => {
    note.remove();
    control.focus();
    retry();
  });
  notes.set(source, note);
  placeFor(control).after(note);
  note.scrollIntoView({ block: "nearest" });
  // The browser takes the focus from a button that is disabled while its request runs. htmx enables
  // it after the event of the failure.
  queueMicrotask(() => document.activeElement === document.body && control.focus());
}

function showHtmxFailure({ detail }) {
  const { xhr, requestConfig } = detail;
  const { elt, verb, path, triggeringEvent } = requestConfig;
  const isSignIn = xhr.status === 401 || (xhr.status === 403 && xhr.getResponseHeader("Token-Outdated"));
  if (isSignIn || triggeringEvent?.type === "load" || elt.matches("[data-live]") || !elt.isConnected) return;
  const control = triggeringEvent?.submitter ?? elt;
  const retry = () => {
    if (!elt.isConnected) return;
    if (triggeringEvent?.type === "submit") elt.requestSubmit(control === elt ? null : control);
    else htmx.ajax(verb, path, { source: elt, event: triggeringEvent });
  };
  if (xhr.status === 403 && xhr.getResponseHeader("Not-Allowed")) {
    showRefusal({ source: elt, control, text: xhr.responseText });
    return;
  }
  const explanation = xhr.getResponseHeader("Studio-Fault") && xhr.responseText;
  showFailure({ source: elt, control, status: xhr.status, retry, explanation });
}

for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout", "htmx:swapError"]) {
  document.addEventListener(failure, showHtmxFailure);
}
document.addEventListener("request-failed", ({ detail }) => showFailure(detail));
document.addEventListener("htmx:beforeRequest", ({ detail }) => notes.get(detail.elt)?.remove());
