// Live: counts the seconds of what runs, says aloud what has changed, asks again after a failure.
const began = new WeakMap();
const said = new Map();
// The browser reads aloud a page that it loads itself, but not one that htmx brings.
let loaded = false;

function tick() {
  for (const counter of document.querySelectorAll("[data-since]")) {
    if (!began.has(counter)) began.set(counter, performance.now() - Number(counter.dataset.since));
    const seconds = Math.floor((performance.now() - began.get(counter)) / 1000);
    const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (counter.textContent !== text) counter.textContent = text;
  }
}

function announce() {
  for (const element of document.querySelectorAll("[data-said]")) {
    const before = said.get(element.id);
    said.set(element.id, element.dataset.said);
    const first = loaded && "saidFirst" in element.dataset;
    if (before ? before !== element.dataset.said : first) {
      document.getElementById("announcer").textContent = element.dataset.said;
    }
  }
}

announce();
loaded = true;
setInterval(tick, 250);
document.addEventListener("htmx:load", () => {
  tick();
  announce();
});

// A row asks for itself once and is replaced; when the answer fails, nobody would ask again.
function again({ detail }) {
  const element = detail.elt;
  if (!element.matches?.("[data-live]") || [401, 404].includes(detail.xhr?.status)) return;
  setTimeout(() => {
    if (element.isConnected) htmx.ajax("GET", element.getAttribute("hx-get"), { source: element });
  }, 3000);
}
for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(failure, again);
}
