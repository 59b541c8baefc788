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

// The answer replaces the row, and the new row polls. Without that, polling would end.
function pollLater(row) {
  setTimeout(() => {
    if (row.isConnected) htmx.ajax("GET", row.getAttribute("hx-get"), { source: row });
  }, 3000);
}
for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(failure, ({ detail }) => {
    if (detail.elt.matches?.("[data-live]") && ![401, 404].includes(detail.xhr?.status)) pollLater(detail.elt);
  });
}

// Audio that the new content no longer has plays to its end: a voice is not "ready to hear" from the moment
// that it is played. Until then the old content stays, unless the audio has got no further since the last poll.
const heardUntil = new WeakMap(); // seconds, by the audio
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const row = detail.requestConfig.elt;
  const kept = row.matches("[data-live]") && detail.target.querySelector("[hx-preserve]:has([data-playing])");
  if (!kept || detail.xhr.status >= 400 || detail.serverResponse.includes(`id="${kept.id}"`)) return;
  const audio = kept.querySelector("audio");
  if (audio.currentTime === heardUntil.get(audio)) return;
  heardUntil.set(audio, audio.currentTime);
  detail.shouldSwap = false;
  pollLater(row);
});
