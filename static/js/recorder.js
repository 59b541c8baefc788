// The recorder: a text to read, a tape, and its take, which stays in the page until the studio has
// it. Uploads themselves are upload.js's.
import { share } from "./level.js";
import * as microphone from "./microphone.js";
import { Take, clock } from "./take.js";
import { Tape } from "./tape.js";

// A level is spoken to screen readers only when it has lasted, and not again and again.
const LASTED_S = 3;
const SPOKEN_EVERY_S = 20;

const MOVES = new Set(["asking", "recording", "paused"]);

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
    this.least = least;
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

  get busy() {
    return Boolean(this.take) || MOVES.has(this.stage);
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
      if (this.busy) event.preventDefault();
    });
    if (navigator.mediaDevices) this.on(navigator.mediaDevices, "devicechange", () => this.list());
  }

  // Listens as long as the recorder is in the page.
  on(place, name, act, capture = false) {
    const hear = (event) => {
      if (this.root.isConnected) return act(event);
      place.removeEventListener(name, hear, capture);
      return this.tape?.drop();
    };
    place.addEventListener(name, hear, capture);
  }

  // The form is sent while there is something here that it would not take along.
  asked(event) {
    if (event.target !== this.form || !this.busy || this.stage === "sending") return;
    const place = document.querySelector(this.zone.dataset.target);
    if (this.take && !place.querySelector(".recording")) {
      this.use();
      return; // the form waits for uploads
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    this.tell(this.take ? "unsent" : "unfinished");
    this.fold.open = true;
    this.find("[data-does]:not([hidden])").focus();
  }

  // Recording ---------------------------------------------------------------------------------------

  main() {
    if (this.stage === "rest") this.record();
    if (this.stage === "recording") this.pause();
    else if (this.stage === "paused") this.goOn();
  }

  async record() {
    const before = this.stage;
    const hindrance = microphone.hindrance();
    this.tell(hindrance);
    if (hindrance) return;
    this.to("asking");
    let stream;
    try {
      stream = await microphone.open(this.find("[data-microphones]").value, this.find("[data-clean]").checked);
      // What sounds from the loudspeaker would be recorded along.
      for (const sound of document.querySelectorAll("audio")) sound.pause();
      this.tape = new Tape(stream, Number(this.root.dataset.limit), {
        ticked: (now, word) => this.ticked(now, word),
        grown: () => this.stage === "paused" && this.offer(),
        ended: (why) => this.ended(why),
      });
    } catch (error) {
      for (const track of stream?.getTracks() ?? []) track.stop();
      // A take from before is still there.
      this.to(before);
      this.tell(microphone.trouble(error));
      this.list();
      return;
    }
    // From here on there is a new take; the one before gives way to it.
    this.forget();
    Object.assign(this, { word: "", wordSince: 0, spokenAt: -SPOKEN_EVERY_S, passed: 0 });
    this.to("recording");
    // The text that is read now, below what stays in sight beside it.
    this.find(".reading").scrollIntoView({ block: "nearest" });
    this.say("recording");
    this.list();
  }

  ticked(now, word) {
    if (!this.root.isConnected) return this.tape.drop();
    const { seconds } = this.tape;
    // Only there: for each of its parts the browser works out the looks anew, 20 times a second.
    const { style } = this.find(".scale");
    style.setProperty("--rms", share(now.rms).toFixed(3));
    style.setProperty("--peak", share(now.peak).toFixed(3));
    this.judge(word, seconds);
    this.count(seconds);
    const passed = this.marks.filter(([, at]) => seconds >= at);
    if (passed.length > this.passed) this.say(passed.at(-1)[0]);
    this.passed = passed.length;
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
    this.to("paused");
    this.tape.pause();
    this.say("paused");
  }

  goOn() {
    this.find("[data-take] audio")?.pause();
    this.tape.goOn();
    this.to("recording");
    this.say("recording");
  }

  stop() {
    this.tape.stop("");
  }

  // Once more from the beginning. A finished take stays until the new one has begun.
  again() {
    if (!this.take) {
      this.tape.drop();
      this.to("rest");
    }
    this.record();
  }

  ended(why) {
    const here = this.root.contains(document.activeElement) || document.activeElement === document.body;
    const { pieces, seconds } = this.tape;
    this.judge("", 0);
    this.count(seconds);
    if (!pieces.length) {
      this.to("rest");
      this.tell("failed");
      return;
    }
    this.offer();
    this.take = this.heard.file;
    this.to("taken");
    const remark = why || (seconds < this.least ? "short" : "");
    this.tell(remark);
    // What MiniMax would refuse is rather recorded again.
    this.root.toggleAttribute("data-short", remark === "short" && this.root.dataset.purpose !== "prompt_audio");
    if (!remark) this.say("taken");
    if (here) this.find(".player button").focus();
  }

  // The take ----------------------------------------------------------------------------------------

  // A player for what there is; a fresh one each time, since a sound cannot grow.
  offer() {
    this.forget();
    this.heard = new Take(this.tape, this.root.dataset.name);
    const player = this.find("template[data-player]").content.cloneNode(true);
    this.heard.show(player);
    this.find("[data-take]").replaceChildren(player);
    const save = this.find("[data-save]");
    save.href = this.heard.url;
    save.download = this.heard.file.name;
  }

  forget() {
    const sound = this.find("[data-take] audio");
    sound?.pause();
    sound?.removeAttribute("src"); // or it may still look for what is let go below
    this.find("[data-take]").replaceChildren();
    this.heard?.close();
    Object.assign(this, { take: null, heard: null });
  }

  discard() {
    this.forget();
    this.tell("");
    this.count(0);
    this.to("rest");
  }

  use() {
    const here = this.root.contains(document.activeElement);
    this.tell("");
    this.to("sending");
    const meter = this.zone.querySelector(".meter");
    this.find(".way").append(meter);
    const detail = { file: this.take, origin: "recorded" };
    this.zone.dispatchEvent(new CustomEvent("bring", { bubbles: true, detail }));
    if (here) meter.querySelector("[data-cancel]").focus();
  }

  // An upload has ended: of the take, or of another file, which may have taken its place.
  sent({ taken, file }) {
    const ours = file === this.take;
    if (!this.take || (!ours && this.stage !== "sending")) return;
    const { activeElement: at, body } = document;
    const here = this.fold.contains(at) || at === body || at === this.zone.querySelector("input[type=file]");
    this.fold.after(this.zone.querySelector(".meter"));
    if (!taken || !ours) {
      this.to("taken");
      if (ours) this.keep(this.zone.querySelector(".said > .note"));
      if (here) (this.find("[data-said] .button") ?? this.find("[data-does=use]")).focus();
      return;
    }
    this.discard();
    this.fold.open = false;
    if (here) document.querySelector(`${this.zone.dataset.target} .player button`)?.focus();
  }

  // Why the take is still here. Unless it was refused, the same one may go once more.
  keep(note) {
    if (!note) return;
    if (!note.querySelector("[data-again]")) {
      this.find("[data-said]").replaceChildren(note);
      return;
    }
    this.tell("kept");
    this.find("[data-said] b").replaceWith(note.querySelector("b"));
    note.remove();
  }

  // Showing -----------------------------------------------------------------------------------------

  to(stage) {
    const had = this.find("[data-does]:focus");
    this.stage = this.root.dataset.stage = stage;
    for (const part of this.root.querySelectorAll("[data-on]")) {
      part.hidden = !part.dataset.on.split(" ").includes(stage);
    }
    for (const part of this.root.querySelectorAll("[data-still]")) part.disabled = MOVES.has(stage);
    for (const does of this.root.querySelectorAll("[data-does]")) {
      does.setAttribute("aria-disabled", String(["asking", "sending"].includes(stage)));
    }
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
    const wanted = this.stage === "recording" ? this.tape.microphone : select.value;
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
