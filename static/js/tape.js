// A tape: what runs while somebody records. Microphone, pieces of sound, level and time.
import { Level, TICK_MS } from "./level.js";
import { kind } from "./microphone.js";

// Enough for any voice: it is converted once more before it goes to the provider.
const BITS_PER_SECOND = 128_000;
// Pieces come this often, so that a take survives whatever ends it.
const PIECE_MS = 1000;

export class Tape {
  // Runs at once. Ends by itself after `limit` seconds. `tells` has ticked(now), grown() and
  // ended(why); why is "" (it was asked to), "limit", "unplugged" or "broke".
  constructor(stream, limit, tells) {
    const { type, extension } = kind();
    Object.assign(this, { stream, limit, tells, extension, pieces: [], moments: [], past: 0 });
    this.recorder = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: BITS_PER_SECOND });
    this.recorder.start(PIECE_MS);
    this.level = new Level(stream);
    this.since = performance.now();
    this.timer = setInterval(() => this.look(), TICK_MS);
    this.recorder.addEventListener("dataavailable", ({ data }) => {
      // Timers of a page that nobody sees are slow; the pieces still come.
      this.look();
      if (!data.size) return;
      this.pieces.push(data);
      this.tells?.grown();
    });
    this.recorder.addEventListener("stop", () => this.finish());
    this.recorder.addEventListener("error", () => this.stop("broke"));
    stream.getAudioTracks()[0].addEventListener("ended", () => this.stop("unplugged"));
    // A screen that goes dark in the middle of the text would be a pity.
    navigator.wakeLock?.request("screen").then((lock) => {
      this.lock = lock;
      if (!this.level) this.off();
    }, () => {});
  }

  get runs() {
    return this.since !== null;
  }

  get seconds() {
    return this.past + (this.runs ? (performance.now() - this.since) / 1000 : 0);
  }

  // The microphone that was opened.
  get microphone() {
    return this.stream.getAudioTracks()[0].getSettings().deviceId;
  }

  look() {
    if (!this.level) return;
    const now = this.level.read();
    if (this.runs) this.moments.push(now);
    this.tells?.ticked(now, this.level.word());
    if (this.seconds >= this.limit) this.stop("limit");
  }

  rest() {
    this.past = this.seconds;
    this.since = null;
  }

  pause() {
    this.rest();
    this.recorder.pause();
    // What there is so far can be heard.
    this.recorder.requestData();
  }

  goOn() {
    this.since = performance.now();
    this.recorder.resume();
  }

  stop(why) {
    if (this.why !== undefined) return;
    this.why = why;
    this.rest();
    if (this.recorder.state === "inactive") this.finish();
    else this.recorder.stop();
  }

  finish() {
    if (!this.level) return;
    if (this.why === undefined) {
      this.why = "broke"; // the browser has stopped it
      this.rest();
    }
    this.off();
    this.tells?.ended(this.why);
  }

  // Ends it without a take.
  drop() {
    this.tells = null;
    this.stop("");
    this.off();
  }

  // Microphone, clock and the lit screen.
  off() {
    clearInterval(this.timer);
    for (const track of this.stream.getTracks()) track.stop();
    this.level?.close();
    this.level = null;
    this.lock?.release().catch(() => {});
  }
}
