// The cut page: plays and loops the selected part, and moves its ends by mouse, touch or keyboard.
// Events are handled on the document, because htmx replaces the page.
import {
  announce, applyTyped, audioElement, clamp, cut, edgeLimits, find, findAll, formatRange, moveEdge,
  refineWaveform, reveal, roundToTenth, selectPart, showLength, showPosition, showRange, showSelection,
  visibleShare, zoom,
} from "./cut-selection.js";
import { SECOND, TENTH } from "./time-format.js";

let isLooping = false;
let ownPart = null; // the user's own part and purpose, while a suggestion replaces them
let initialPart = null;
let drag = null;

// Playback --------------------------------------------------------------------------------------------

function seek(ms) {
  cut.position = ms;
  audioElement().currentTime = ms / SECOND;
  showPosition();
}

function togglePlayback() {
  if (!audioElement().paused) return audioElement().pause();
  if (cut.position < cut.part.start || cut.position > cut.part.end - TENTH) seek(cut.part.start);
  return audioElement().play().catch(() => {});
}

// Stops or loops at the end of the part.
function followPlayback() {
  if (!cut.form || audioElement().paused) return;
  cut.position = audioElement().currentTime * SECOND;
  if (cut.position >= cut.part.end || cut.position < cut.part.start - TENTH) {
    if (!isLooping && cut.position >= cut.part.end) audioElement().pause();
    seek(cut.part.start);
  }
  showPosition();
}

function followEachFrame() {
  followPlayback();
  if (cut.form && !audioElement().paused) requestAnimationFrame(followEachFrame);
}

function showPlaying(isPlaying) {
  for (const button of findAll("[data-play]")) {
    button.toggleAttribute("data-playing", isPlaying);
    const { playLabel, pauseLabel } = button.dataset;
    button.querySelector(".button-label").textContent = isPlaying ? pauseLabel : playLabel;
  }
  if (isPlaying) followEachFrame();
}

async function handleAudioError(audio) {
  const answer = await fetch(audio.src, { method: "HEAD" }).catch(() => null);
  if (answer?.status === 401) {
    document.dispatchEvent(new CustomEvent("signed-out", { detail: { retry: () => audio.load() } }));
  } else announce(document.body.dataset.broken);
}

const AUDIO_EVENTS = {
  play: (audio) => {
    for (const other of document.querySelectorAll("audio")) if (other !== audio) other.pause();
    showPlaying(true);
  },
  pause: () => showPlaying(false),
  ended: (audio) => {
    seek(cut.part.start);
    if (isLooping) audio.play().catch(() => {});
  },
  timeupdate: followPlayback,
  error: handleAudioError,
};
// Media events do not bubble, but they can be captured.
for (const [name, handle] of Object.entries(AUDIO_EVENTS)) {
  document.addEventListener(name, ({ target }) => {
    if (!cut.form?.isConnected || target.tagName !== "AUDIO") return;
    if (target === audioElement()) handle(target);
    else if (name === "play") audioElement().pause();
  }, true);
}

// Mouse, touch and keyboard ---------------------------------------------------------------------------

// The time at a horizontal position of the screen.
function timeAt(clientX) {
  const { left, width } = find(".selection-area").getBoundingClientRect();
  return cut.visible.start + ((clientX - left) / width) * (cut.visible.end - cut.visible.start);
}

document.addEventListener("pointerdown", (event) => {
  const area = event.target.closest?.("#cut .selection-area");
  if (!area || !cut.form || event.button || drag) return;
  const ms = timeAt(event.clientX);
  const isInside = ms > cut.part.start && ms < cut.part.end;
  const edge = event.target.closest(".handle")?.dataset.edge ?? (isInside ? "both" : "");
  event.target.setPointerCapture(event.pointerId);
  drag = { id: event.pointerId, x: event.clientX, ms, edge, part: cut.part, hasMoved: false };
});

document.addEventListener("pointermove", (event) => {
  if (event.pointerId !== drag?.id) return;
  if (Math.abs(event.clientX - drag.x) > 3) drag.hasMoved = true;
  if (!drag.hasMoved) return;
  const { edge, part } = drag;
  const offset = timeAt(event.clientX) - drag.ms;
  if (edge === "both") {
    const possible = clamp(offset, -part.start, cut.length - part.end);
    selectPart(part.start + possible, part.end + possible);
  } else if (edge) moveEdge(edge, part[edge] + offset);
});

for (const name of ["pointerup", "pointercancel"]) {
  document.addEventListener(name, (event) => {
    if (event.pointerId !== drag?.id) return;
    const { hasMoved, edge, ms } = drag;
    drag = null;
    const isClick = name === "pointerup" && !hasMoved && !["start", "end"].includes(edge);
    if (isClick) seek(clamp(ms, 0, cut.length));
  });
}

const KEY_STEPS = {
  ArrowLeft: -TENTH, ArrowDown: -TENTH, ArrowRight: TENTH, ArrowUp: TENTH, PageDown: -SECOND, PageUp: SECOND,
};

document.addEventListener("keydown", (event) => {
  const handle = event.target.closest?.("#cut .handle");
  if (!handle || !cut.form || event.ctrlKey || event.metaKey || event.altKey) return;
  const { edge } = handle.dataset;
  const [lowest, highest] = edgeLimits(edge);
  const ms = { Home: lowest, End: highest }[event.key] ?? cut.part[edge] + (KEY_STEPS[event.key] ?? NaN);
  if (Number.isNaN(ms)) return;
  event.preventDefault();
  moveEdge(edge, ms);
  reveal(edge);
});

// Suggestions -----------------------------------------------------------------------------------------

function applySuggestion(button) {
  ownPart ??= { part: cut.part, purpose: cut.form.elements.purpose.value };
  showPart(button.dataset.purpose, Number(button.dataset.start), Number(button.dataset.end));
  for (const note of findAll(".suggestion")) note.hidden = note.id !== button.getAttribute("aria-controls");
  for (const undoButton of findAll("[data-undo]")) undoButton.hidden = false;
  find(".waveform-editor").scrollIntoView({ block: "nearest" });
  announce(find(".suggestion:not([hidden])").innerText);
}

function undoSuggestion(button) {
  showPart(ownPart.purpose, ownPart.part.start, ownPart.part.end);
  ownPart = null;
  const note = button.closest(".suggestion");
  note.hidden = true;
  find(`[aria-controls="${note.id}"]`).focus();
}

// A suggestion that arrives late is applied, unless the user has begun to select or to listen.
function applyLateSuggestion() {
  const button = cut.form && find("[data-suggest][data-preselect]");
  if (!button) return;
  button.removeAttribute("data-preselect");
  const isUnchanged = cut.part.start === initialPart.start && cut.part.end === initialPart.end;
  if (isUnchanged && audioElement().paused) applySuggestion(button);
}

// Selects a part and makes it visible, ready to be played from its start.
function showPart(purpose, start, end) {
  cut.form.elements.purpose.value = purpose;
  selectPart(start, end);
  audioElement().pause();
  seek(cut.part.start);
  const [from, to] = [visibleShare(cut.part.start), visibleShare(cut.part.end)];
  if (to - from < 1 / 12 || from < 0 || to > 1) zoom("part");
}

// Buttons and fields ----------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("#cut button");
  if (!button || !cut.form || button.getAttribute("aria-disabled") === "true") return;
  if (button.dataset.zoom) {
    zoom(button.dataset.zoom);
    announce(formatRange(cut.visible));
  } else if ("play" in button.dataset) togglePlayback();
  else if ("loop" in button.dataset) {
    isLooping = !isLooping;
    button.setAttribute("aria-pressed", isLooping);
  } else if ("undo" in button.dataset) undoSuggestion(button);
  else if ("suggest" in button.dataset) {
    event.preventDefault();
    applySuggestion(button);
  }
});

for (const name of ["input", "change"]) {
  document.addEventListener(name, ({ target }) => {
    if (!cut.form?.contains(target)) return;
    if (["start", "end"].includes(target.name)) applyTyped(target, name === "change");
    else if (target.type === "range") {
      const from = Number(target.value);
      showRange(from, from + cut.visible.end - cut.visible.start);
    } else showLength();
  });
}

// Starting --------------------------------------------------------------------------------------------

function start() {
  const form = document.getElementById("cut");
  if (form === cut.form) return applyLateSuggestion();
  cut.form = form;
  isLooping = false;
  ownPart = null;
  if (!form) return;
  cut.bands = JSON.parse(form.dataset.bands);
  cut.fullLength = Number(form.dataset.length);
  cut.length = Math.floor(cut.fullLength / TENTH) * TENTH;
  const [from, to] = [...findAll(".handle")].map((handle) => roundToTenth(handle.getAttribute("aria-valuenow") * SECOND));
  cut.part = { start: from, end: Math.min(to, cut.length) };
  initialPart = cut.part;
  cut.visible = { start: 0, end: cut.fullLength };
  cut.position = from;
  // Invalid times come back from the server as they were typed, with their errors.
  cut.hasInvalidTimes = findAll(".cut-times .error").length > 0;
  showSelection();
  refineWaveform();
  if (find(".suggestion:not([hidden])")) zoom("part");
}

document.addEventListener("htmx:load", start);
start();
