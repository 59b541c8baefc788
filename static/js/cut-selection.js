// The selection of the cut page: the part to cut out, the visible range, and how both are drawn.
import { formatLength, formatSpokenTime, formatTime, parseTime, SECOND, TENTH } from "./time-format.js";

const MIN_VISIBLE_MS = 4 * SECOND; // the waveform has no more detail below this
const ZOOM_FACTOR = 3;

// The state of the page; `form` is null on every other page. All times are milliseconds.
export const cut = {
  form: null,
  bands: {}, // what the page says of each length, by purpose
  fullLength: 0,
  length: 0, // in whole tenths, which is what can be typed
  part: { start: 0, end: 0 },
  visible: { start: 0, end: 0 },
  position: 0, // of the playback
  hasInvalidTimes: false, // what was typed is kept, to be corrected
};
let pendingDraw = null;

export const find = (selector) => cut.form.querySelector(selector);
export const findAll = (selector) => cut.form.querySelectorAll(selector);
export const audioElement = () => find("audio");
export const clamp = (value, lowest, highest) => Math.min(highest, Math.max(lowest, value));
export const announce = (text) => { document.getElementById("announcer").textContent = text; };
export const roundToTenth = (ms) => Math.round(ms / TENTH) * TENTH;
// Where a time is in the visible range: 0 at its start, 1 at its end.
export const visibleShare = (ms) => (ms - cut.visible.start) / (cut.visible.end - cut.visible.start);
const toPercent = (ms) => `${(100 * clamp(visibleShare(ms), 0, 1)).toFixed(3)}%`;

export const formatRange = ({ start, end }) => cut.form.dataset.fromTo
  .replace("{start}", formatTime(start))
  .replace("{end}", formatTime(end));

// The part --------------------------------------------------------------------------------------------

export const edgeLimits = (edge) =>
  edge === "start" ? [0, cut.part.end - TENTH] : [cut.part.start + TENTH, cut.length];

export function moveEdge(edge, ms) {
  cut.part = { ...cut.part, [edge]: clamp(roundToTenth(ms), ...edgeLimits(edge)) };
  cut.hasInvalidTimes = false;
  showSelection();
}

export function selectPart(start, end) {
  cut.part = {
    start: clamp(roundToTenth(start), 0, cut.length - TENTH),
    end: clamp(roundToTenth(end), TENTH, cut.length),
  };
  cut.hasInvalidTimes = false;
  showSelection();
}

// The times in the two fields, and whether they are a part of the recording.
function readFields() {
  const [start, end] = ["start", "end"].map((name) => parseTime(cut.form.elements[name].value));
  return { start, end, isValid: start !== null && end !== null && start < end && end < cut.length + TENTH };
}

// Typed times apply as soon as they are valid; until then the handles stay where they are.
export function applyTyped(input, isFinished) {
  const { start, end, isValid } = readFields();
  cut.hasInvalidTimes = !isValid;
  if (isValid) {
    cut.part = { start: roundToTenth(start), end: Math.min(roundToTenth(end), cut.length) };
    showSelection(isFinished ? null : input);
    reveal(input.name);
    return;
  }
  showLength();
  if (isFinished) {
    const time = input.name === "start" ? start : end;
    const error = time === null ? "noTime" : time >= cut.length + TENTH ? "beyond" : "backwards";
    // The start may pass the old end when the user is about to change both.
    if (error !== "backwards" || input.name === "end") showFieldError(input, cut.form.dataset[error]);
  }
}

function showFieldError(input, text) {
  input.closest(".field").querySelector(".error")?.remove();
  if (text) {
    const error = Object.assign(document.createElement("p"), {
      className: "error", id: `${input.id}_error`, textContent: text,
    });
    input.after(error);
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", error.id);
    announce(text);
  } else {
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
  }
}

// Drawing ---------------------------------------------------------------------------------------------

// Draws the part; the field that is being typed into is left alone.
export function showSelection(typedInput) {
  const { part, visible } = cut;
  for (const handle of findAll(".handle")) {
    const { edge } = handle.dataset;
    const [lowest, highest] = edgeLimits(edge);
    handle.setAttribute("aria-valuemin", lowest / SECOND);
    handle.setAttribute("aria-valuemax", highest / SECOND);
    handle.setAttribute("aria-valuenow", part[edge] / SECOND);
    handle.setAttribute("aria-valuetext", formatSpokenTime(part[edge]));
    handle.toggleAttribute("data-outside", part[edge] < visible.start || part[edge] > visible.end);
    find(".waveform-editor").style.setProperty(`--${edge}`, toPercent(part[edge]));
    const input = cut.form.elements[edge];
    if (cut.hasInvalidTimes) continue;
    if (input !== typedInput) input.value = formatTime(part[edge]);
    showFieldError(input, "");
  }
  const chosen = find(".chosen");
  chosen.setAttribute("x", part.start);
  chosen.setAttribute("width", part.end - part.start);
  if (!find(".selected")) {
    for (const name of ["selected", "played"]) {
      const copy = find(".shape .wave path").cloneNode();
      copy.classList.add(name);
      find(".shape .wave").append(copy);
    }
  }
  showLength();
  showPosition();
}

// Shows the length of the part, and whether MiniMax accepts it.
export function showLength() {
  const ms = cut.part.end - cut.part.start;
  const bands = cut.bands[cut.form.elements.purpose.value] ?? Object.values(cut.bands)[0];
  const band = readFields().isValid
    ? bands.find(({ below }) => below === null || ms < below)
    : { state: "bad", words: cut.form.dataset.wrong };
  const note = find("#length");
  const text = band.words.replace("{length}", formatLength(ms, cut.form.dataset.seconds));
  note.querySelector("b").textContent = text;
  // A slider announces its own value, so only a new state is announced.
  if (note.dataset.state !== band.state) announce(text);
  note.dataset.state = band.state;
}

export function showPosition() {
  const playhead = find(".playhead");
  // A paused playhead is shown only inside the part.
  const isAtRest = audioElement().paused && (cut.position <= cut.part.start || cut.position > cut.part.end);
  playhead.hidden = visibleShare(cut.position) < 0 || visibleShare(cut.position) > 1 || isAtRest;
  const { style } = find(".waveform-editor");
  style.setProperty("--position", toPercent(playhead.hidden ? cut.part.start : cut.position));
  style.setProperty("--played", toPercent(clamp(cut.position, cut.part.start, cut.part.end)));
  find(".position").textContent = formatTime(isAtRest ? cut.part.start : cut.position);
}

// The visible range -----------------------------------------------------------------------------------

export function showRange(start, end) {
  const span = Math.round(clamp(end - start, Math.min(MIN_VISIBLE_MS, cut.fullLength), cut.fullLength));
  const from = Math.round(clamp((start + end - span) / 2, 0, cut.fullLength - span));
  cut.visible = { start: from, end: from + span };
  const overview = find(".overview");
  overview.hidden = span >= cut.fullLength;
  const slider = overview.querySelector("input");
  slider.max = cut.fullLength - span;
  slider.value = from;
  slider.setAttribute("aria-valuetext", formatRange(cut.visible));
  overview.style.setProperty("--from", `${(100 * from) / cut.fullLength}%`);
  overview.style.setProperty("--span", `${(100 * span) / cut.fullLength}%`);
  const isUseless = { in: span <= MIN_VISIBLE_MS, out: span >= cut.fullLength, all: span >= cut.fullLength };
  for (const button of findAll("[data-zoom]")) {
    button.setAttribute("aria-disabled", isUseless[button.dataset.zoom] ?? false);
  }
  showSelection();
  drawWaveform();
}

// `target` is "in", "out", "part" or "all".
export function zoom(target) {
  const { visible, part } = cut;
  const span = visible.end - visible.start;
  const margin = (part.end - part.start) * 0.15;
  if (target === "part") return showRange(part.start - margin, part.end + margin);
  if (target === "all") return showRange(0, cut.fullLength);
  const middle = (part.start + part.end) / 2;
  const centre = middle >= visible.start && middle <= visible.end ? middle : visible.start + span / 2;
  const half = (target === "in" ? span / ZOOM_FACTOR : span * ZOOM_FACTOR) / 2;
  return showRange(centre - half, centre + half);
}

// Scrolls to an edge that is not visible.
export function reveal(edge) {
  const { part, visible } = cut;
  if (part[edge] >= visible.start && part[edge] <= visible.end) return;
  const half = (visible.end - visible.start) / 2;
  showRange(part[edge] - half, part[edge] + half);
}

export function drawWaveform() {
  clearTimeout(pendingDraw?.timer);
  pendingDraw?.request.abort();
  find(".shape").setAttribute("data-stale", "");
  const request = new AbortController();
  pendingDraw = { request, timer: setTimeout(() => fetchWaveform(request.signal), 60) };
}

async function fetchWaveform(signal) {
  const url = `${cut.form.dataset.shape}?start=${cut.visible.start}&end=${cut.visible.end}`;
  const answer = await fetch(url, { headers: { "HX-Request": "true" }, signal }).catch(() => null);
  if (answer?.status === 401) {
    document.dispatchEvent(new CustomEvent("signed-out", { detail: { retry: drawWaveform } }));
  }
  const html = answer?.ok ? await answer.text().catch(() => "") : "";
  if (!html || signal.aborted || !cut.form) return;
  find(".shape").outerHTML = html;
  showSelection();
  refineWaveform();
}

// Until the recording has been checked, the server has only a rough waveform.
export function refineWaveform() {
  if (find(".shape").hasAttribute("data-rough")) setTimeout(() => cut.form && drawWaveform(), 3000);
}
