// Live rows: counts seconds in [data-since], announces changes of [data-announcement], and polls
// a [data-live] row again after a failed request.
const startTimes = new WeakMap();
const announced = new Map(); // the last announcement of each element, by its id
// Screen readers read a page that the browser loads, but not content that htmx swaps in.
let pageIsLoaded = false;

function updateCounters() {
  for (const counter of document.querySelectorAll("[data-since]")) {
    if (!startTimes.has(counter)) startTimes.set(counter, performance.now() - Number(counter.dataset.since));
    const seconds = Math.floor((performance.now() - startTimes.get(counter)) / 1000);
    const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (counter.textContent !== text) counter.textContent = text;
  }
}

function announceChanges() {
  for (const element of document.querySelectorAll("[data-announcement]")) {
    const { announcement } = element.dataset;
    const previous = announced.get(element.id);
    announced.set(element.id, announcement);
    const announceFirst = pageIsLoaded && "announceFirst" in element.dataset;
    if (previous ? previous !== announcement : announceFirst) {
      document.getElementById("announcer").textContent = announcement;
    }
  }
}

announceChanges();
pageIsLoaded = true;
setInterval(updateCounters, 250);
document.addEventListener("htmx:load", () => {
  updateCounters();
  announceChanges();
});

// The answer replaces the row, and the new row polls. Without an answer, polling would end.
function retryPoll({ detail }) {
  const row = detail.elt;
  if (!row.matches?.("[data-live]") || [401, 404].includes(detail.xhr?.status)) return;
  setTimeout(() => {
    if (row.isConnected) htmx.ajax("GET", row.getAttribute("hx-get"), { source: row });
  }, 3000);
}
for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(failure, retryPoll);
}
