// When the sign-in has expired, a dialog asks for it, then the failed requests are sent again.
// Other scripts report it: document.dispatchEvent(new CustomEvent("signed-out", {detail: {retry}})).
const signInUrl = document.querySelector("meta[name=sign-in]")?.content;
let dialog = null;
let retries = [];
let isFetching = false;

const requestSignIn = (method, body, url = signInUrl) => fetch(url, {
  method, body, headers: { "HX-Request": "true" }, credentials: "same-origin",
});

const reportFailure = (control, answer, retry) => document.dispatchEvent(
  new CustomEvent("request-failed", { detail: { source: control, control, status: answer?.status, retry } }),
);

// Takes over the new token, the user's name and the end of the sign-in, and sends again what failed.
function resume(answer) {
  const token = answer.querySelector("[name=csrfmiddlewaretoken]").value;
  for (const input of document.querySelectorAll("[name=csrfmiddlewaretoken]")) input.value = token;
  const username = answer.querySelector("b")?.textContent;
  const shownUsername = document.querySelector(".account b");
  if (username && shownUsername) shownUsername.textContent = username;
  const pending = retries;
  retries = [];
  dialog?.close();
  document.dispatchEvent(new CustomEvent("signed-in", { detail: { token, secondsLeft: Number(answer.querySelector("data").value) } }));
  for (const retry of pending) retry();
}

// The answer is either the sign-in form or, after a sign-in in another tab, a new token.
function handleAnswer(html) {
  const answer = new DOMParser().parseFromString(html, "text/html");
  const form = answer.querySelector("#sign-in");
  if (!form) return answer.querySelector("[name=csrfmiddlewaretoken]") ? resume(answer) : openDialog(true);
  if (!dialog?.isConnected) {
    dialog = document.createElement("dialog");
    dialog.className = "sheet";
    dialog.setAttribute("aria-labelledby", "sign-in-title");
    document.body.append(dialog);
  }
  const typedUsername = dialog.querySelector("#id_username")?.value;
  dialog.replaceChildren(form);
  const [username, password] = ["#id_username", "#id_password"].map((id) => form.querySelector(id));
  if (typedUsername && username) username.value = typedUsername;
  if (!dialog.open) dialog.showModal();
  // The step after the password has neither of them.
  return ((typedUsername ? password : username) ?? form.querySelector("#id_code"))?.focus();
}

// Several requests may fail at once: a dialog that is open stays, unless `replace` is true.
async function openDialog(replace) {
  if (!signInUrl || isFetching || (dialog?.open && !replace)) return;
  isFetching = true;
  const answer = await requestSignIn("GET").catch(() => null);
  isFetching = false;
  if (answer?.ok) return handleAnswer(await answer.text());
  const focused = document.activeElement;
  const control = focused === document.body ? document.getElementById("main").firstElementChild : focused;
  return reportFailure(control, answer, () => openDialog(replace));
}

document.addEventListener("signed-out", ({ detail }) => {
  if (detail?.retry) retries.push(detail.retry);
  openDialog();
});

document.addEventListener("htmx:responseError", ({ detail }) => {
  const { xhr, requestConfig } = detail;
  const retry = () => {
    const { elt, verb, path, triggeringEvent } = requestConfig;
    if (elt.isConnected) htmx.ajax(verb, path, { source: elt, event: triggeringEvent });
  };
  if (xhr.status === 401) document.dispatchEvent(new CustomEvent("signed-out", { detail: { retry } }));
  // The page is older than the last sign-in. Nothing was done, so it may be sent again, once.
  if (xhr.status === 403 && xhr.getResponseHeader("Token-Outdated") && !requestConfig.elt.dataset.resent) {
    requestConfig.elt.dataset.resent = "true";
    retries.push(retry);
    openDialog();
  }
});

document.addEventListener("submit", async (event) => {
  if (!dialog?.contains(event.target)) return;
  event.preventDefault();
  const button = event.target.querySelector("[data-main]");
  button.disabled = true;
  const answer = await requestSignIn("POST", new FormData(event.target), event.target.action).catch(() => null);
  button.disabled = false;
  if (answer?.status < 500) handleAnswer(await answer.text());
  else reportFailure(button, answer, () => event.target.requestSubmit());
});

// A sign-in in another tab ends the dialog. Otherwise what was typed in it stays.
document.addEventListener("visibilitychange", async () => {
  if (document.hidden || !dialog?.open) return;
  const answer = await requestSignIn("GET").catch(() => null);
  const html = answer?.ok ? await answer.text() : "";
  if (html && !html.includes('id="sign-in"')) handleAnswer(html);
});
document.addEventListener("click", (event) => {
  if (event.target.closest?.("dialog.sheet [data-close]")) dialog.close();
});

// Back may show a page that the browser has kept: not after the sign-in has ended.
window.addEventListener("pageshow", async ({ persisted }) => {
  const [navigation] = performance.getEntriesByType("navigation");
  const isBack = persisted || navigation?.type === "back_forward";
  if (!signInUrl || !isBack || document.getElementById("sign-in")) return;
  const page = document.documentElement;
  page.style.visibility = "hidden"; // unlike `hidden`, keeps the place to which it was scrolled
  const answer = await requestSignIn("GET").catch(() => null);
  const isSignedOut = answer?.ok && (await answer.text()).includes('id="sign-in"');
  if (isSignedOut) window.location.replace(signInUrl);
  else page.style.visibility = "";
});
