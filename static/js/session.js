// Session: when the sign-in has expired, a dialog asks for it and what failed is done again.
// Uploads and players take part: document.dispatchEvent(new CustomEvent("signed-out", {detail: {retry}})).
const door = document.querySelector("meta[name=sign-in]")?.content;
let dialog = null;
let waiting = [];
let asking = false;

const ask = (method, body) => fetch(door, {
  method, body, headers: { "HX-Request": "true" }, credentials: "same-origin",
});

// The page goes on with the new token, and everything that failed is sent again.
function goOn(answer) {
  const token = answer.querySelector("[name=csrfmiddlewaretoken]").value;
  for (const input of document.querySelectorAll("[name=csrfmiddlewaretoken]")) input.value = token;
  const name = answer.querySelector("b")?.textContent;
  const shown = document.querySelector(".who b");
  if (name && shown) shown.textContent = name;
  const retries = waiting;
  waiting = [];
  dialog?.close();
  document.dispatchEvent(new CustomEvent("signed-in", { detail: { token } }));
  for (const retry of retries) retry();
}

// Either the form, to be filled in, or word that one is signed in again (in another tab, say).
function answered(html) {
  const answer = new DOMParser().parseFromString(html, "text/html");
  const form = answer.querySelector("#sign-in");
  if (!form) return answer.querySelector("[name=csrfmiddlewaretoken]") ? goOn(answer) : open(true);
  if (!dialog?.isConnected) {
    dialog = document.createElement("dialog");
    dialog.className = "sheet";
    dialog.setAttribute("aria-labelledby", "sign-in-title");
    document.body.append(dialog);
  }
  const before = dialog.querySelector("#id_username")?.value;
  dialog.replaceChildren(form);
  if (before) form.querySelector("#id_username").value = before;
  if (!dialog.open) dialog.showModal();
  return form.querySelector(before ? "#id_password" : "#id_username").focus();
}

// Many rows may find out at the same time; the form that somebody types into stays.
async function open(anew) {
  if (!door || asking || (dialog?.open && !anew)) return;
  asking = true;
  const answer = await ask("GET").catch(() => null);
  if (answer?.ok) answered(await answer.text());
  asking = false;
}

document.addEventListener("signed-out", ({ detail }) => {
  if (detail?.retry) waiting.push(detail.retry);
  open();
});

document.addEventListener("htmx:responseError", ({ detail }) => {
  const { xhr, requestConfig } = detail;
  const retry = () => {
    const { elt, verb, path, triggeringEvent } = requestConfig;
    if (elt.isConnected) htmx.ajax(verb, path, { source: elt, event: triggeringEvent });
  };
  if (xhr.status === 401) document.dispatchEvent(new CustomEvent("signed-out", { detail: { retry } }));
  // The page is older than the last sign-in: nothing was done, so it may be sent again, once.
  if (xhr.status === 403 && xhr.getResponseHeader("Token-Outdated") && !requestConfig.elt.dataset.resent) {
    requestConfig.elt.dataset.resent = "true";
    waiting.push(retry);
    open();
  }
});

document.addEventListener("submit", async (event) => {
  if (!dialog?.contains(event.target)) return;
  event.preventDefault();
  const button = event.target.querySelector("[data-main]");
  button.disabled = true;
  const answer = await ask("POST", new FormData(event.target)).catch(() => null);
  button.disabled = false;
  if (answer) answered(await answer.text());
});
document.addEventListener("click", (event) => {
  if (event.target.closest?.("dialog.sheet [data-close]")) dialog.close();
});
