// The recorder: a text to read, a microphone, a level, a clock. Its take stays in the page until the
// studio has it; uploads themselves are upload.js's.
import { Level, TICK_MS, picture, share } from "./level.js";
import * as microphone from "./microphone.js";

// Enough for any voice: it is converted once more before it goes to the provider.
const BITS_PER_SECOND = 128_000;
// Pieces come this often, so that a take survives whatever ends it.
const PIECE_MS = 1000;
// What is spoken to screen readers: a level only when it has lasted, and not again and again.
const LASTED_S = 3;
const SPOKEN_EVERY_S = 20;

const MOVES = new Set(["asking", "recording", "paused"]);

const clock = (seconds) =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

// 22 Nov 2026, 14:32: day before month whatever the dialect, as everywhere in the studio.
function moment(date) {
  const language = document.documentElement.lang || "en";
  const format = new Intl.DateTimeFormat(language, {
    day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
  const parts = Object.fromEntries(format.formatToParts(date).map(({ type, value }) => [type, value]));
  return `${parts.day} ${parts.month} ${parts.year}, ${parts.hour}:${parts.minute}`;
}

export function start(root) {
  new Recorder(root);
}

class Recorder {
  constructor(root) {
    this.root = root;
    this.fold = root.closest("details");
    this.zone = root.closest("[data-upload]");
    this.form = root.closest("form");
    const [least, best, limit] = ["least", "best", "limit"].map((name) => Number(root.dataset[name]));
    Object.assign(this, { least, limit });
    // What is worth saying on the way. A clip is over too soon for more than the first.
    this.marks = [["enough", least + 0.5], ["best", best], ["soon", limit - 30]]
      .filter(([, at], place) => !place || (at > 2 * least && at < limit));
    this.to("rest");
    this.watch();
    this.list();
    // The form's language, else the browser's, else the first.
    const { options } = this.find("[data-texts]");
    const own = [...options].find(({ lang }) => lang && navigator.language.startsWith(lang));
    this.show(this.choose(this.form.elements.language?.value) || this.choose((own ?? options[0]).value));
    this.tell(microphone.hindrance());
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  // What happens to it ------------------------------------------------------------------------------

  watch() {
    this.root.addEventListener("click", ({ target }) => {
      const does = target.closest("[data-does]:not([aria-disabled=true])")?.dataset.does;
      if (does) this[does]();
    });
    this.find("[data-texts]").addEventListener("change", ({ target }) => this.show(target.value));
    this.on(this.form, "change", ({ target }) => {
      if (target.name === "language" && this.choose(target.value)) this.show(target.value);
    });
    this.on(this.zone, "upload-ended", ({ detail }) => this.sent(detail));
    // Before the form hears of it.
    this.on(document, "htmx:confirm", (event) => this.asked(event), true);
    this.on(window, "beforeunload", (event) => {
      if (this.take || MOVES.has(this.stage)) event.preventDefault();
    });
    if (navigator.mediaDevices) this.on(navigator.mediaDevices, "devicechange", () => this.list());
  }

  // Listens as long as the recorder is in the page.
  on(place, name, act, capture = false) {
    const hear = (event) => {
      if (this.root.isConnected) return act(event);
      place.removeEventListener(name, hear, capture);
      return this.close();
    };
    place.addEventListener(name, hear, capture);
  }

  // The form is sent while there is something here that it would not take along.
  asked(event) {
    if (event.target !== this.form || !(this.take || MOVES.has(this.stage))) return;
    const place = document.querySelector(this.zone.dataset.target);
    if (this.stage === "taken" && !place.querySelector(".recording")) {
      this.use();
      return; // the form waits for uploads
    }
    if (this.stage === "sending") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.tell(this.stage === "taken" ? "unsent" : "unfinished");
    this.fold.open = true;
    this.find("[data-does]:not([hidden])").focus();
  }

  // Recording ---------------------------------------------------------------------------------------

  main() {
    if (this.stage === "rest") return this.record();
    if (this.stage === "recording") return this.pause();
    return this.stage === "paused" && this.goOn();
  }

  async record() {
    const before = this.stage;
    const hindrance = microphone.hindrance();
    this.tell(hindrance);
    if (hindrance || MOVES.has(before)) return;
    this.to("asking");
    try {
      const cleaned = this.find("[data-clean]").checked;
      this.stream = await microphone.open(this.find("[data-microphones]").value, cleaned);
      if (!this.root.isConnected) return this.close();
      // What sounds from the loudspeaker would be recorded along.
      for (const sound of document.querySelectorAll("audio")) sound.pause();
      this.begin();
    } catch (error) {
      this.close();
      // A take from before is still there.
      this.to(before);
      this.tell(microphone.trouble(error));
    }
    this.list();
  }

  begin() {
    const { type, extension } = microphone.kind();
    const recorder = new MediaRecorder(this.stream, { mimeType: type, audioBitsPerSecond: BITS_PER_SECOND });
    const track = this.stream.getAudioTracks()[0];
    this.level = new Level(this.stream);
    recorder.start(PIECE_MS);
    // From here on there is a new take; the one before gives way to it.
    this.forget();
    Object.assign(this, { recorder, extension, pieces: [], moments: [], past: 0, since: performance.now() });
    Object.assign(this, { word: "", wordSince: 0, spokenAt: -SPOKEN_EVERY_S, milestone: 0 });
    recorder.addEventListener("dataavailable", ({ data }) => {
      if (this.recorder !== recorder) return;
      if (data.size) this.pieces.push(data);
      if (this.stage === "paused") this.offer();
      this.tick();
    });
    recorder.addEventListener("stop", () => this.recorder === recorder && this.taken());
    recorder.addEventListener("error", () => this.end("broke"));
    track.addEventListener("ended", () => this.recorder === recorder && this.end("unplugged"));
    this.to("recording");
    this.say("recording");
    this.timer = setInterval(() => this.tick(), TICK_MS);
    // A screen that goes dark in the middle of the text would be a pity.
    navigator.wakeLock?.request("screen").then((lock) => {
      if (this.recorder === recorder) this.lock = lock;
      else lock.release();
    }, () => {});
  }

  get seconds() {
    return this.past + (this.stage === "recording" ? (performance.now() - this.since) / 1000 : 0);
  }

  tick() {
    if (!this.root.isConnected) return this.close();
    if (!this.level) return undefined;
    const now = this.level.read();
    const { seconds } = this;
    this.root.style.setProperty("--rms", share(now.rms).toFixed(3));
    this.root.style.setProperty("--peak", share(now.peak).toFixed(3));
    this.judge(this.level.word(), seconds);
    if (this.stage !== "recording") return undefined;
    this.moments.push(now);
    this.count(seconds);
    if (seconds >= this.limit) return this.end("limit");
    const passed = this.marks.filter(([, at]) => seconds >= at);
    if (passed.length > this.milestone) this.say(passed.at(-1)[0]);
    this.milestone = passed.length;
    return undefined;
  }

  count(seconds) {
    const time = this.find("[data-elapsed]");
    const words = clock(seconds);
    if (time.textContent !== words) time.textContent = words;
    time.toggleAttribute("data-enough", seconds >= this.least);
  }

  judge(word, seconds) {
    if (word !== this.word) {
      Object.assign(this, { word, wordSince: seconds });
      this.root.dataset.level = word;
      for (const words of this.root.querySelectorAll("[data-word]")) words.hidden = words.dataset.word !== word;
    }
    const lasted = seconds - this.wordSince >= LASTED_S;
    if (!word || word === "good" || !lasted || seconds - this.spokenAt < SPOKEN_EVERY_S) return;
    this.spokenAt = seconds;
    announce(this.find(`[data-word=${word}]`).textContent);
  }

  pause() {
    this.past = this.seconds;
    this.to("paused");
    this.recorder.pause();
    // What there is so far can be heard.
    this.recorder.requestData();
    this.say("paused");
  }

  goOn() {
    this.find("audio")?.pause();
    this.since = performance.now();
    this.to("recording");
    this.recorder.resume();
    this.say("recording");
  }

  stop() {
    this.end("");
  }

  // Once more from the beginning. A finished take stays until the new one has begun.
  again() {
    const { recorder } = this;
    this.recorder = null;
    if (recorder) {
      recorder.stop();
      this.close();
      this.to("rest");
    }
    return this.record();
  }

  // Ends the recording; what was recorded until then is the take.
  end(why) {
    if (!["recording", "paused"].includes(this.stage)) return;
    this.past = this.seconds;
    this.why = why;
    this.to("ending");
    if (this.recorder.state === "inactive") this.taken();
    else this.recorder.stop();
  }

  taken() {
    if (!this.root.isConnected) return;
    if (this.stage !== "ending") this.end("broke"); // by itself
    if (!this.recorder) return;
    this.recorder = null;
    this.close();
    const here = this.root.contains(document.activeElement) || document.activeElement === document.body;
    if (!this.pieces.length) {
      this.to("rest");
      this.tell("failed");
      return;
    }
    this.take = this.file();
    this.offer();
    this.count(this.past);
    this.to("taken");
    this.tell(this.why || (this.past < this.least ? "short" : ""));
    if (!this.find("[data-said]").firstChild) this.say("taken");
    if (here) this.find(".player button").focus();
  }

  file() {
    const name = `${this.root.dataset.name.replace("{when}", moment(new Date()))}.${this.extension}`;
    const [type] = this.pieces[0].type.split(";");
    return new File(this.pieces, name, { type });
  }

  // Microphone, clock and lamp go off.
  close() {
    clearInterval(this.timer);
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.level?.close();
    this.lock?.release().catch(() => {});
    Object.assign(this, { stream: null, level: null, lock: null });
    if (this.recorder && this.recorder.state !== "inactive") this.recorder.stop();
  }

  // The take ----------------------------------------------------------------------------------------

  // A player for what there is; a fresh one each time, since a sound cannot grow.
  offer() {
    const place = this.find("[data-take]");
    const player = this.find("template[data-player]").content.cloneNode(true);
    const file = this.take ?? this.file();
    this.drop();
    this.url = URL.createObjectURL(file);
    player.querySelector("audio").src = this.url;
    player.querySelector("path").setAttribute("d", picture(this.moments));
    const time = player.querySelector("time");
    time.dataset.length = Math.round(this.past * 1000);
    time.textContent = clock(this.past);
    place.replaceChildren(player);
    const save = this.find("[data-save]");
    save.href = this.url;
    save.download = file.name;
  }

  drop() {
    const sound = this.find("[data-take] audio");
    sound?.pause();
    this.find("[data-take]").replaceChildren();
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = "";
  }

  forget() {
    this.take = null;
    this.drop();
  }

  discard() {
    this.forget();
    this.tell("");
    this.count(0);
    this.to("rest");
  }

  use() {
    this.tell("");
    this.to("sending");
    const detail = { file: this.take, origin: "recorded" };
    this.zone.dispatchEvent(new CustomEvent("bring", { bubbles: true, detail }));
  }

  sent({ taken, file }) {
    if (!this.take || (file && file !== this.take)) return;
    if (!taken || !file) {
      this.to("taken");
      // It was not refused, it did not arrive: the same take may go once more.
      if (this.zone.querySelector(".said [data-again]")) this.tell("kept");
      return;
    }
    this.tell("");
    this.forget();
    this.count(0);
    this.to("rest");
    const here = this.fold.contains(document.activeElement) || document.activeElement === document.body;
    this.fold.open = false;
    if (here) document.querySelector(`${this.zone.dataset.target} .player button`)?.focus();
  }

  // Showing -----------------------------------------------------------------------------------------

  to(stage) {
    const had = this.find("[data-does]:focus");
    this.stage = this.root.dataset.stage = stage;
    for (const part of this.root.querySelectorAll("[data-on]")) {
      part.hidden = !part.dataset.on.split(" ").includes(stage);
    }
    for (const part of this.root.querySelectorAll("[data-still]")) {
      part.disabled = MOVES.has(stage) || stage === "ending";
    }
    for (const does of this.root.querySelectorAll("[data-does]")) {
      does.setAttribute("aria-disabled", String(stage === "asking" || stage === "sending"));
    }
    if (!this.level) this.judge("", 0);
    // Whoever works by keyboard stays where the next step is.
    if (had?.hidden) this.find("[data-does]:not([hidden])")?.focus();
  }

  // One of the prepared sentences beside the buttons, or none. It is read out by itself.
  tell(which) {
    const said = this.find("[data-said]");
    said.replaceChildren();
    if (which) said.append(this.find(`template[data-about=${which}]`).content.cloneNode(true));
  }

  say(which) {
    announce(this.find(`template[data-say=${which}]`).content.textContent.trim());
  }

  async list() {
    const devices = await microphone.known();
    const select = this.find("[data-microphones]");
    const wanted = this.stream?.getAudioTracks()[0]?.getSettings().deviceId ?? select.value;
    select.replaceChildren(...devices.map(({ label, deviceId }) => new Option(label, deviceId)));
    if (devices.some(({ deviceId }) => deviceId === wanted)) select.value = wanted;
    select.closest(".field").hidden = !devices.length;
  }

  // The text in a language, if there is one.
  choose(language) {
    const select = this.find("[data-texts]");
    if (![...select.options].some(({ value }) => value === language)) return "";
    select.value = language;
    return language;
  }

  show(language) {
    for (const text of this.root.querySelectorAll("[data-text]")) text.hidden = text.dataset.text !== language;
    this.find(".reading").scrollTop = 0;
  }
}

function announce(words) {
  document.getElementById("announcer").textContent = words;
}
