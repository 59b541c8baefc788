// Says a few minutes before the sign-in ends that it does, once, with a button that extends it. Open
// tabs tell each other the end. After it, sign-in-dialog.js asks for a new sign-in.
const WARNING_MS = 5 * 60_000;
const CHECK_EVERY_MS = 15_000;
// Pages that were loaded in one sign-in differ by as much as their requests take.
const SAME_END_MS = 60_000;
const pageEnd = document.querySelector("meta[name=sign-in][data-seconds-left]");
const tabs = new BroadcastChannel("sign-in-end");
let endsAt = Infinity;
let notice = null;
let focusedBefore = null; // the control to which the focus returns from the notice

function showNotice() {
  if (!notice) {
    notice = document.getElementById("sign-in-ends").content.firstElementChild.cloneNode(true);
    notice.addEventListener("focusin", ({ relatedTarget }) => { focusedBefore ??= relatedTarget; });
    document.getElementById("announcer").textContent = notice.querySelector("b").textContent;
  }
  document.getElementById("main").prepend(notice);
  htmx.process(notice);
}

function hideNotice() {
  if (notice?.contains(document.activeElement)) {
    (focusedBefore?.isConnected ? focusedBefore : document.getElementById("main")).focus({ preventScroll: true });
  }
  notice?.remove();
  notice = focusedBefore = null;
}

function check() {
  const left = endsAt - Date.now();
  if (left <= 0 || left > WARNING_MS) hideNotice();
  else if (!notice?.isConnected) showNotice(); // also after htmx has replaced the main part
}

function setEnd(end) {
  endsAt = end;
  check();
}

function setSecondsLeft(seconds) {
  setEnd(Date.now() + seconds * 1000);
  tabs.postMessage(endsAt);
}

if (pageEnd) {
  tabs.addEventListener("message", ({ data }) => data > endsAt + SAME_END_MS && setEnd(data));
  document.addEventListener("sign-in-extended", ({ detail }) => setSecondsLeft(detail.seconds));
  document.addEventListener("signed-in", ({ detail }) => setSecondsLeft(detail.secondsLeft));
  document.addEventListener("visibilitychange", check);
  document.addEventListener("htmx:load", check);
  setInterval(check, CHECK_EVERY_MS);
  setSecondsLeft(Number(pageEnd.dataset.secondsLeft));
}
