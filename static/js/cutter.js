// Cutter: hear the part that is marked, loop it, move its ends by mouse, finger or keyboard.
// Listens on the document, since the page comes and goes with htmx.
import {
  all, announce, cut, fromTo, judge, limits, look, mark, move, one, progress, refine, reveal, share, show,
  snap, sound, type, within, zoom,
} from "./marking.js";
import { SECOND, TENTH } from "./times.js";

let looping = false;
let before = null; // the part that a suggestion took the place of
let first = null; // what was marked when the page came
let grab = null;

// Sound -----------------------------------------------------------------------------------------------

function seek(ms) {
  cut.point = ms;
  sound().currentTime = ms / SECOND;
  progress();
}

function toggle() {
  if (!sound().paused) return sound().pause();
  if (cut.point < cut.part.start || cut.point > cut.part.end - TENTH) seek(cut.part.start);
  return sound().play().catch(() => {});
}

function follow() {
  if (!cut.form || sound().paused) return;
  cut.point = sound().currentTime * SECOND;
  if (cut.point >= cut.part.end || cut.point < cut.part.start - TENTH) {
    if (!looping && cut.point >= cut.part.end) sound().pause();
    seek(cut.part.start);
  }
  progress();
}

function frame() {
  follow();
  if (cut.form && !sound().paused) requestAnimationFrame(frame);
}

function playing(now) {
  for (const button of all("[data-play]")) {
    button.toggleAttribute("data-playing", now);
    button.querySelector(".words").textContent = now ? button.dataset.wordsPause : button.dataset.wordsPlay;
  }
  if (now) frame();
}

// Media events do not bubble, but they can be caught on their way down.
for (const name of ["play", "pause", "ended", "timeupdate", "error"]) {
  document.addEventListener(name, async ({ target }) => {
    if (!cut.form?.isConnected || target.tagName !== "AUDIO") return;
    if (target !== sound()) {
      if (name === "play") sound().pause();
    } else if (name === "play") {
      for (const other of document.querySelectorAll("audio")) if (other !== target) other.pause();
      playing(true);
    } else if (name === "pause") playing(false);
    else if (name === "ended") {
      seek(cut.part.start);
      if (looping) target.play().catch(() => {});
    } else if (name === "timeupdate") follow();
    else {
      const answer = await fetch(target.src, { method: "HEAD" }).catch(() => null);
      if (answer?.status === 401) {
        document.dispatchEvent(new CustomEvent("signed-out", { detail: { retry: () => target.load() } }));
      } else announce(document.body.dataset.broken);
    }
  }, true);
}

// By hand ---------------------------------------------------------------------------------------------

function under(clientX) {
  const { left, width } = one(".over").getBoundingClientRect();
  return cut.shown.start + ((clientX - left) / width) * (cut.shown.end - cut.shown.start);
}

document.addEventListener("pointerdown", (event) => {
  const stage = event.target.closest?.("#cut .over");
  if (!stage || !cut.form || event.button || grab) return;
  const ms = under(event.clientX);
  const edge = event.target.closest(".handle")?.dataset.edge;
  const inside = ms > cut.part.start && ms < cut.part.end;
  event.target.setPointerCapture(event.pointerId);
  grab = { id: event.pointerId, x: event.clientX, ms, edge: edge ?? (inside ? "both" : ""), part: cut.part, moved: false };
});

document.addEventListener("pointermove", (event) => {
  if (event.pointerId !== grab?.id) return;
  if (Math.abs(event.clientX - grab.x) > 3) grab.moved = true;
  if (!grab.moved) return;
  const by = under(event.clientX) - grab.ms;
  if (grab.edge === "both") {
    const free = within(by, -grab.part.start, cut.length - grab.part.end);
    mark(grab.part.start + free, grab.part.end + free);
  } else if (grab.edge) move(grab.edge, grab.part[grab.edge] + by);
});

for (const name of ["pointerup", "pointercancel"]) {
  document.addEventListener(name, (event) => {
    if (event.pointerId !== grab?.id) return;
    const { moved, edge, ms } = grab;
    grab = null;
    if (name === "pointerup" && !moved && !["start", "end"].includes(edge)) seek(within(ms, 0, cut.length));
  });
}

const STEPS = {
  ArrowLeft: -TENTH, ArrowDown: -TENTH, ArrowRight: TENTH, ArrowUp: TENTH, PageDown: -SECOND, PageUp: SECOND,
};

document.addEventListener("keydown", (event) => {
  const handle = event.target.closest?.("#cut .handle");
  if (!handle || !cut.form || event.ctrlKey || event.metaKey || event.altKey) return;
  const { edge } = handle.dataset;
  const [least, most] = limits(edge);
  const to = { Home: least, End: most }[event.key] ?? cut.part[edge] + (STEPS[event.key] ?? NaN);
  if (Number.isNaN(to)) return;
  event.preventDefault();
  move(edge, to);
  reveal(edge);
});

// Buttons and fields ----------------------------------------------------------------------------------

function suggest(button) {
  before ??= { part: cut.part, purpose: cut.form.elements.purpose.value };
  choose(button.dataset.purpose, Number(button.dataset.start), Number(button.dataset.end));
  for (const why of all(".why")) why.hidden = why.id !== button.getAttribute("aria-controls");
  for (const back of all("[data-undo]")) back.hidden = false;
  one(".stage").scrollIntoView({ block: "nearest" });
  announce(one(".why:not([hidden])").innerText);
}

function undo(button) {
  choose(before.purpose, before.part.start, before.part.end);
  before = null;
  const why = button.closest(".why");
  why.hidden = true;
  one(`[aria-controls="${why.id}"]`).focus();
}

// What was asked for has come: it is marked, unless somebody has begun to choose or to listen.
function arrive() {
  const button = cut.form && one("[data-suggest][data-now]");
  if (!button) return;
  button.removeAttribute("data-now");
  const { start, end } = cut.part;
  if (start === first.start && end === first.end && sound().paused) suggest(button);
}

// So that it can be seen, and heard from its beginning.
function choose(purpose, start, end) {
  cut.form.elements.purpose.value = purpose;
  mark(start, end);
  sound().pause();
  seek(cut.part.start);
  const wide = share(cut.part.end) - share(cut.part.start);
  if (wide < 1 / 12 || share(cut.part.start) < 0 || share(cut.part.end) > 1) zoom("part");
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("#cut button");
  if (!button || !cut.form || button.getAttribute("aria-disabled") === "true") return;
  if (button.dataset.zoom) {
    zoom(button.dataset.zoom);
    announce(fromTo(cut.shown));
  } else if ("play" in button.dataset) toggle();
  else if ("loop" in button.dataset) {
    looping = !looping;
    button.setAttribute("aria-pressed", looping);
  } else if ("undo" in button.dataset) undo(button);
  else if ("suggest" in button.dataset) {
    event.preventDefault();
    suggest(button);
  }
});

for (const name of ["input", "change"]) {
  document.addEventListener(name, ({ target }) => {
    if (!cut.form?.contains(target)) return;
    if (["start", "end"].includes(target.name)) type(target, name === "change");
    else if (target.type === "range") {
      const from = Number(target.value);
      look(from, from + cut.shown.end - cut.shown.start);
    } else judge();
  });
}

for (const trouble of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(trouble, ({ target, detail }) => {
    const status = detail.xhr?.status ?? 0;
    if (target === cut.form && (status < 400 || status >= 500)) document.getElementById("not-cut").hidden = false;
  });
}

// Starting --------------------------------------------------------------------------------------------

function start() {
  const found = document.getElementById("cut");
  if (found === cut.form) return arrive();
  cut.form = found;
  looping = false;
  before = null;
  if (!found) return;
  cut.bands = JSON.parse(found.dataset.bands);
  cut.full = Number(found.dataset.length);
  cut.length = Math.floor(cut.full / TENTH) * TENTH;
  const [from, to] = [...all(".handle")].map((handle) => snap(handle.getAttribute("aria-valuenow") * SECOND));
  cut.part = { start: from, end: Math.min(to, cut.length) };
  first = cut.part;
  cut.shown = { start: 0, end: cut.full };
  cut.point = from;
  // What was typed and could not be taken stays as it is, with the sentence that says why.
  cut.wrong = all(".times .error").length > 0;
  show();
  refine();
  if (one(".why:not([hidden])")) zoom("part");
}

document.addEventListener("htmx:load", start);
start();
