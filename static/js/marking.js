// Marking: the part that is cut out, the window in which it is seen, and the picture of both.
import { lengthOf, read, SECOND, spoken, TENTH, typed } from "./times.js";

const CLOSEST = 4 * SECOND; // nothing more can be seen in a narrower window
const CLOSER = 3; // by how much one press zooms

// What the page is about at the moment; `form` is null on every other page.
export const cut = {
  form: null,
  bands: {},
  full: 0, // the whole length, and the same in whole tenths: what can be typed
  length: 0,
  part: { start: 0, end: 0 },
  shown: { start: 0, end: 0 },
  point: 0, // where the sound is
  wrong: false, // what is typed cannot be taken, and stays to be corrected
};
let drawing = null;

export const one = (selector) => cut.form.querySelector(selector);
export const all = (selector) => cut.form.querySelectorAll(selector);
export const sound = () => one("audio");
export const within = (value, least, most) => Math.min(most, Math.max(least, value));
export const announce = (words) => { document.getElementById("announcer").textContent = words; };
export const snap = (ms) => Math.round(ms / TENTH) * TENTH;
export const share = (ms) => (ms - cut.shown.start) / (cut.shown.end - cut.shown.start);
const percent = (ms) => `${(100 * within(share(ms), 0, 1)).toFixed(3)}%`;

export const fromTo = ({ start, end }) =>
  cut.form.dataset.fromTo.replace("{start}", typed(start)).replace("{end}", typed(end));

// The part --------------------------------------------------------------------------------------------

export const limits = (edge) =>
  edge === "start" ? [0, cut.part.end - TENTH] : [cut.part.start + TENTH, cut.length];

export function move(edge, ms) {
  cut.part = { ...cut.part, [edge]: within(snap(ms), ...limits(edge)) };
  cut.wrong = false;
  show();
}

export function mark(start, end) {
  cut.part = { start: within(snap(start), 0, cut.length - TENTH), end: within(snap(end), TENTH, cut.length) };
  cut.wrong = false;
  show();
}

// What stands in the fields, and whether it is a part of the recording.
function written() {
  const [start, end] = ["start", "end"].map((name) => read(cut.form.elements[name].value));
  return { start, end, fits: start !== null && end !== null && start < end && end < cut.length + TENTH };
}

// What is typed counts as soon as it makes sense; until then the handles stay where they are.
export function type(input, done) {
  const { start, end, fits } = written();
  cut.wrong = !fits;
  if (fits) {
    cut.part = { start: snap(start), end: Math.min(snap(end), cut.length) };
    show(done ? null : input);
    reveal(input.name);
    return;
  }
  judge();
  if (done) {
    const own = input.name === "start" ? start : end;
    const why = own === null ? "noTime" : own >= cut.length + TENTH ? "beyond" : "backwards";
    // Whoever moves both on is in between when the start is typed.
    if (why !== "backwards" || input.name === "end") complain(input, cut.form.dataset[why]);
  }
}

function complain(input, words) {
  const field = input.closest(".field");
  field.querySelector(".error")?.remove();
  if (words) {
    const error = Object.assign(document.createElement("p"), {
      className: "error", id: `${input.id}_error`, textContent: words,
    });
    input.after(error);
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", error.id);
    announce(words);
  } else {
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
  }
}

// Showing ---------------------------------------------------------------------------------------------

export function show(typing) {
  const { part, shown } = cut;
  for (const handle of all(".handle")) {
    const { edge } = handle.dataset;
    const [least, most] = limits(edge);
    handle.setAttribute("aria-valuemin", least / SECOND);
    handle.setAttribute("aria-valuemax", most / SECOND);
    handle.setAttribute("aria-valuenow", part[edge] / SECOND);
    handle.setAttribute("aria-valuetext", spoken(part[edge]));
    handle.toggleAttribute("data-outside", part[edge] < shown.start || part[edge] > shown.end);
    one(".stage").style.setProperty(`--${edge}`, percent(part[edge]));
    const input = cut.form.elements[edge];
    if (cut.wrong) continue;
    if (input !== typing) input.value = typed(part[edge]);
    complain(input, "");
  }
  const chosen = one(".chosen");
  chosen.setAttribute("x", part.start);
  chosen.setAttribute("width", part.end - part.start);
  if (!one(".inside")) {
    for (const name of ["inside", "heard"]) {
      const copy = one(".shape .wave path").cloneNode();
      copy.classList.add(name);
      one(".shape .wave").append(copy);
    }
  }
  judge();
  progress();
}

export function judge() {
  const ms = cut.part.end - cut.part.start;
  const fitting = cut.bands[cut.form.elements.purpose.value] ?? Object.values(cut.bands)[0];
  const band = written().fits
    ? fitting.find(({ below }) => below === null || ms < below)
    : { state: "bad", words: cut.form.dataset.wrong };
  const note = one("#judged");
  const words = band.words.replace("{length}", lengthOf(ms, cut.form.dataset.seconds));
  note.querySelector("b").textContent = words;
  // A slider says its own value; only a change of mind is worth another sentence.
  if (note.dataset.state !== band.state) announce(words);
  note.dataset.state = band.state;
}

export function progress() {
  const line = one(".playhead");
  // Where nothing plays, a line outside of the part or at its start would say nothing.
  const still = sound().paused && (cut.point <= cut.part.start || cut.point > cut.part.end);
  line.hidden = share(cut.point) < 0 || share(cut.point) > 1 || still;
  const end = within(cut.point, cut.part.start, cut.part.end);
  one(".stage").style.setProperty("--point", percent(line.hidden ? cut.part.start : cut.point));
  one(".stage").style.setProperty("--heard", percent(end));
  one(".at").textContent = typed(still ? cut.part.start : cut.point);
}

// The window ------------------------------------------------------------------------------------------

export function look(start, end) {
  const span = Math.round(within(end - start, Math.min(CLOSEST, cut.full), cut.full));
  const from = Math.round(within((start + end - span) / 2, 0, cut.full - span));
  cut.shown = { start: from, end: from + span };
  const overview = one(".overview");
  overview.hidden = span >= cut.full;
  const range = overview.querySelector("input");
  range.max = cut.full - span;
  range.value = from;
  range.setAttribute("aria-valuetext", fromTo(cut.shown));
  overview.style.setProperty("--from", `${(100 * from) / cut.full}%`);
  overview.style.setProperty("--wide", `${(100 * span) / cut.full}%`);
  const idle = { in: span <= CLOSEST, out: span >= cut.full, all: span >= cut.full };
  for (const button of all("[data-zoom]")) {
    button.setAttribute("aria-disabled", idle[button.dataset.zoom] ?? false);
  }
  show();
  draw();
}

export function zoom(how) {
  const span = cut.shown.end - cut.shown.start;
  const air = (cut.part.end - cut.part.start) * 0.15;
  if (how === "part") return look(cut.part.start - air, cut.part.end + air);
  if (how === "all") return look(0, cut.full);
  const middle = (cut.part.start + cut.part.end) / 2;
  const seen = middle >= cut.shown.start && middle <= cut.shown.end ? middle : cut.shown.start + span / 2;
  const half = (how === "in" ? span / CLOSER : span * CLOSER) / 2;
  return look(seen - half, seen + half);
}

export function reveal(edge) {
  if (cut.part[edge] >= cut.shown.start && cut.part[edge] <= cut.shown.end) return;
  const half = (cut.shown.end - cut.shown.start) / 2;
  look(cut.part[edge] - half, cut.part[edge] + half);
}

export function draw() {
  clearTimeout(drawing?.timer);
  drawing?.request.abort();
  one(".shape").setAttribute("data-stale", "");
  const request = new AbortController();
  drawing = { request, timer: setTimeout(() => fetchShape(request.signal), 60) };
}

async function fetchShape(signal) {
  const url = `${cut.form.dataset.shape}?start=${cut.shown.start}&end=${cut.shown.end}`;
  const answer = await fetch(url, { headers: { "HX-Request": "true" }, signal }).catch(() => null);
  if (answer?.status === 401) {
    document.dispatchEvent(new CustomEvent("signed-out", { detail: { retry: draw } }));
  }
  const html = answer?.ok ? await answer.text().catch(() => "") : "";
  if (!html || signal.aborted || !cut.form) return;
  one(".shape").outerHTML = html;
  show();
  refine();
}

// Until the recording has been listened to, there is only a coarse picture.
export function refine() {
  if (one(".shape").hasAttribute("data-rough")) setTimeout(() => cut.form && draw(), 3000);
}
