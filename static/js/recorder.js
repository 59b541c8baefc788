// The recorder: a text to read, and a recording session whose result stays in the page until it has
// been uploaded. upload.js sends the file.
import { formatClock } from "./capture-buffer.js";
import { scalePosition } from "./level-meter.js";
import * as microphone from "./microphone.js";
import { RecordingSession } from "./recording-session.js";

// A level is announced to screen readers only if it lasts, and not too often.
const LASTING_S = 3;
const ANNOUNCEMENT_INTERVAL_S = 20;

// Stages (data-stage): idle, requesting (permission), recording, paused, recorded, sending.
const ACTIVE_STAGES = new Set(["requesting", "recording", "paused"]);

export function start(root) {
  new Recorder(root);
}

class Recorder {
  constructor(root) {
    this.root = root;
    this.panel = root.closest("details");
    this.area = root.closest("[data-upload]");
    this.form = root.closest("form");
    this.file = null; // the finished recording, until it has been uploaded
    this.url = null; // the object URL of what can be played
    const [least, best, limit] = ["least", "best", "limit"].map((name) => Number(root.dataset[name]));
    this.least = least;
    // Announced while recording, each at its second. A prompt clip is too short for all but the first.
    this.milestones = [["enough", least + 0.5], ["best", best], ["soon", limit - 30]]
      .filter(([, at], index) => !index || (at > 2 * least && at < limit));
    this.setStage("idle");
    this.addListeners();
    this.updateMicrophones();
    // The text's language is the form's, else the browser's, else the first.
    if (!this.selectText(this.form.elements.language?.value)) {
      const { options } = this.find("[data-texts]");
      const option = [...options].find(({ lang }) => lang && navigator.language.startsWith(lang));
      this.selectText((option ?? options[0]).value);
    }
    this.showMessage(microphone.findObstacle());
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  get isBusy() {
    return Boolean(this.file) || ACTIVE_STAGES.has(this.stage);
  }

  // Events ------------------------------------------------------------------------------------------

  addListeners() {
    this.root.addEventListener("click", ({ target }) => {
      const action = target.closest("[data-action]:not([aria-disabled=true])")?.dataset.action;
      if (action) this[action]();
    });
    this.find("[data-texts]").addEventListener("change", ({ target }) => this.showText(target.value));
    this.listen(this.form, "change", ({ target }) => {
      if (target.name === "language") this.selectText(target.value);
    });
    this.listen(this.area, "upload-ended", ({ detail }) => this.handleUploadEnd(detail));
    // Captured, so that it runs before the form's own handler.
    this.listen(document, "htmx:confirm", (event) => this.handleFormSend(event), true);
    this.listen(window, "beforeunload", (event) => {
      if (this.isBusy) event.preventDefault();
    });
    if (navigator.mediaDevices) this.listen(navigator.mediaDevices, "devicechange", () => this.updateMicrophones());
  }

  // Listens until the recorder is removed from the page.
  listen(target, name, handle, capture = false) {
    const listener = (event) => {
      if (this.root.isConnected) return handle(event);
      target.removeEventListener(name, listener, capture);
      return this.session?.cancel();
    };
    target.addEventListener(name, listener, capture);
  }

  // The form is sent while there is a recording that it would not contain.
  handleFormSend(event) {
    if (event.target !== this.form || !this.isBusy || this.stage === "sending") return;
    const target = document.querySelector(this.area.dataset.target);
    if (this.file && !target.querySelector(".recording")) {
      this.use();
      return; // the form waits for the upload
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    this.showMessage(this.file ? "unsent" : "unfinished");
    for (let section = this.panel; section; section = section.parentElement.closest("details")) section.open = true;
    this.find("[data-action]:not([hidden])").focus();
  }

  // Recording ---------------------------------------------------------------------------------------

  toggle() {
    if (this.stage === "idle") this.record();
    if (this.stage === "recording") this.pause();
    else if (this.stage === "paused") this.resume();
  }

  async record() {
    const previousStage = this.stage;
    const obstacle = microphone.findObstacle();
    this.showMessage(obstacle);
    if (obstacle) return;
    this.setStage("requesting");
    let stream;
    try {
      stream = await microphone.openMicrophone(this.find("[data-microphones]").value, this.find("[data-clean]").checked);
      // The microphone would record what the loudspeaker plays.
      for (const audio of document.querySelectorAll("audio")) audio.pause();
      this.session = new RecordingSession(stream, Number(this.root.dataset.limit), {
        onReading: (reading, rating) => this.showReading(reading, rating),
        onChunk: () => this.stage === "paused" && this.showPlayer(),
        onEnd: (reason) => this.handleEnd(reason),
      });
    } catch (error) {
      for (const track of stream?.getTracks() ?? []) track.stop();
      // The previous recording is still there.
      this.setStage(previousStage);
      this.showMessage(microphone.messageFor(error));
      this.updateMicrophones();
      return;
    }
    // The new recording replaces the previous one.
    this.clear();
    Object.assign(this, { rating: "", ratedAt: 0, announcedAt: -ANNOUNCEMENT_INTERVAL_S, milestonesPassed: 0 });
    this.setStage("recording");
    // Scrolls to the text to be read; the controls above it are sticky.
    this.find(".reading-text").scrollIntoView({ block: "nearest" });
    this.announceMessage("recording");
    this.updateMicrophones();
  }

  showReading(reading, rating) {
    if (!this.root.isConnected) return this.session.cancel();
    const { seconds } = this.session;
    // Set on the scale only: the browser recalculates the styles of all its descendants each time.
    const { style } = this.find(".scale");
    style.setProperty("--rms", scalePosition(reading.rms).toFixed(3));
    style.setProperty("--peak", scalePosition(reading.peak).toFixed(3));
    this.showRating(rating, seconds);
    this.showSeconds(seconds);
    const passed = this.milestones.filter(([, at]) => seconds >= at);
    if (passed.length > this.milestonesPassed) this.announceMessage(passed.at(-1)[0]);
    this.milestonesPassed = passed.length;
    return undefined;
  }

  showSeconds(seconds) {
    const time = this.find("[data-elapsed]");
    const text = formatClock(seconds);
    if (time.textContent !== text) time.textContent = text;
    time.toggleAttribute("data-enough", seconds >= this.least);
  }

  showRating(rating, seconds) {
    if (rating !== this.rating) {
      Object.assign(this, { rating, ratedAt: seconds });
      this.root.dataset.level = rating;
      for (const message of this.root.querySelectorAll("[data-level-message]")) {
        message.hidden = message.dataset.levelMessage !== rating;
      }
    }
    const isLasting = seconds - this.ratedAt >= LASTING_S;
    const isDue = seconds - this.announcedAt >= ANNOUNCEMENT_INTERVAL_S;
    if (!rating || rating === "good" || !isLasting || !isDue) return;
    this.announcedAt = seconds;
    announce(this.find(`[data-level-message=${rating}]`).textContent);
  }

  pause() {
    this.setStage("paused");
    this.session.pause();
    this.announceMessage("paused");
  }

  resume() {
    this.find("[data-captured] audio")?.pause();
    this.session.resume();
    this.setStage("recording");
    this.announceMessage("recording");
  }

  stop() {
    this.session.stop("");
  }

  // A finished recording is kept until the new one has started.
  restart() {
    if (!this.file) {
      this.session.cancel();
      this.setStage("idle");
    }
    this.record();
  }

  handleEnd(reason) {
    const hasFocus = this.root.contains(document.activeElement) || document.activeElement === document.body;
    const { buffer, seconds } = this.session;
    this.showRating("", 0);
    this.showSeconds(seconds);
    if (buffer.isEmpty) {
      this.setStage("idle");
      this.showMessage("failed");
      return;
    }
    this.file = this.showPlayer();
    this.setStage("recorded");
    const message = reason || (seconds < this.least ? "short" : "");
    this.showMessage(message);
    // MiniMax would refuse it, so recording again becomes the main action.
    this.root.toggleAttribute("data-short", message === "short" && this.root.dataset.purpose !== "prompt_audio");
    if (!message) this.announceMessage("recorded");
    if (hasFocus) this.find(".player button").focus();
  }

  // The result --------------------------------------------------------------------------------------

  // Shows a new player each time, because a playing file cannot grow. Returns the file.
  showPlayer() {
    this.clear();
    const { buffer, seconds } = this.session;
    const file = buffer.toFile(this.root.dataset.name);
    this.url = URL.createObjectURL(file);
    const player = this.find("template[data-player]").content.cloneNode(true);
    buffer.fillPlayer(player, this.url, seconds);
    this.find("[data-captured]").replaceChildren(player);
    const link = this.find("[data-save]");
    link.href = this.url;
    link.download = file.name;
    return file;
  }

  clear() {
    const audio = this.find("[data-captured] audio");
    audio?.pause();
    audio?.removeAttribute("src"); // or it may still load the URL that is revoked below
    this.find("[data-captured]").replaceChildren();
    if (this.url) URL.revokeObjectURL(this.url);
    Object.assign(this, { file: null, url: null });
  }

  discard() {
    this.clear();
    this.showMessage("");
    this.showSeconds(0);
    this.setStage("idle");
  }

  use() {
    const hasFocus = this.root.contains(document.activeElement);
    this.showMessage("");
    this.setStage("sending");
    const meter = this.area.querySelector(".meter");
    this.find(".recorder-progress").append(meter);
    const detail = { file: this.file, origin: "recorded" };
    this.area.dispatchEvent(new CustomEvent("upload-file", { bubbles: true, detail }));
    if (hasFocus) meter.querySelector("[data-cancel]").focus();
  }

  // The upload may have been of another file, which has replaced the recording.
  handleUploadEnd({ isUploaded, file }) {
    const isOurs = file === this.file;
    if (!this.file || (!isOurs && this.stage !== "sending")) return;
    const { activeElement, body } = document;
    const hasFocus = this.panel.contains(activeElement) || activeElement === body
      || activeElement === this.area.querySelector("input[type=file]");
    this.panel.after(this.area.querySelector(".meter"));
    if (!isUploaded || !isOurs) {
      this.setStage("recorded");
      if (isOurs) this.showUploadError(this.area.querySelector(".upload-message > .note"));
      if (hasFocus) (this.find("[data-message-area] .button") ?? this.find("[data-action=use]")).focus();
      return;
    }
    this.discard();
    this.panel.open = false;
    if (hasFocus) document.querySelector(`${this.area.dataset.target} .player button`)?.focus();
  }

  // Moves the note of the upload here. A recording that was not refused can be sent again.
  showUploadError(note) {
    if (!note) return;
    if (!note.querySelector("[data-retry]")) {
      this.find("[data-message-area]").replaceChildren(note);
      return;
    }
    this.showMessage("upload-failed");
    this.find("[data-message-area] b").replaceWith(note.querySelector("b"));
    note.remove();
  }

  // Showing -----------------------------------------------------------------------------------------

  setStage(stage) {
    const focusedButton = this.find("[data-action]:focus");
    this.stage = this.root.dataset.stage = stage;
    for (const element of this.root.querySelectorAll("[data-stages]")) {
      element.hidden = !element.dataset.stages.split(" ").includes(stage);
    }
    for (const control of this.root.querySelectorAll("[data-locked-while-recording]")) {
      control.disabled = ACTIVE_STAGES.has(stage);
    }
    for (const button of this.root.querySelectorAll("[data-action]")) {
      button.setAttribute("aria-disabled", String(["requesting", "sending"].includes(stage)));
    }
    // The focus moves on to the next step, for keyboard users.
    if (focusedButton?.hidden) this.find("[data-action]:not([hidden])")?.focus();
  }

  // Shows the page's message with this name, or none. The area is an alert, so it is read aloud.
  showMessage(name) {
    const area = this.find("[data-message-area]");
    area.replaceChildren();
    if (name) area.append(this.find(`template[data-message=${name}]`).content.cloneNode(true));
  }

  announceMessage(name) {
    announce(this.find(`template[data-announce=${name}]`).content.textContent.trim());
  }

  async updateMicrophones() {
    const devices = await microphone.listMicrophones();
    const select = this.find("[data-microphones]");
    const selected = this.stage === "recording" ? this.session.microphoneId : select.value;
    select.replaceChildren(...devices.map(({ label, deviceId }) => new Option(label, deviceId)));
    if (devices.some(({ deviceId }) => deviceId === selected)) select.value = selected;
    select.closest(".field").hidden = !devices.length;
  }

  // Selects and shows the text in this language; false if there is none.
  selectText(language) {
    const select = this.find("[data-texts]");
    if (!language || ![...select.options].some(({ value }) => value === language)) return false;
    select.value = language;
    this.showText(language);
    return true;
  }

  // "" shows the note for speaking without a text.
  showText(language) {
    for (const text of this.root.querySelectorAll("[data-text]")) text.hidden = text.dataset.text !== language;
    this.find(".reading-text").scrollTop = 0;
  }
}

function announce(text) {
  document.getElementById("announcer").textContent = text;
}
