// A recording session: the open microphone, from the start of a recording to its end.
import { CaptureBuffer } from "./capture-buffer.js";
import { INTERVAL_MS, LevelMeter } from "./level-meter.js";
import { recordingFormat } from "./microphone.js";

// Enough for any voice: the file is converted once more before it goes to the provider.
const BITS_PER_SECOND = 128_000;
// Chunks come this often, so that the recording survives an interruption.
const CHUNK_MS = 1000;

export class RecordingSession {
  // Starts to record at once, and ends after `limit` seconds. `handlers` are
  // onReading({ peak, rms }, rating), onChunk() and onEnd(reason): "" (stopped by the user),
  // "limit", "unplugged" or "interrupted".
  constructor(stream, limit, handlers) {
    const { type, extension } = recordingFormat();
    this.buffer = new CaptureBuffer(extension);
    Object.assign(this, { stream, limit, handlers, secondsBeforePause: 0, startedAt: performance.now() });
    this.recorder = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: BITS_PER_SECOND });
    this.recorder.start(CHUNK_MS);
    this.meter = new LevelMeter(stream);
    this.timer = setInterval(() => this.readLevel(), INTERVAL_MS);
    this.recorder.addEventListener("dataavailable", ({ data }) => {
      // Browsers slow down the timers of a hidden page, but the chunks still come.
      this.readLevel();
      if (!data.size) return;
      this.buffer.chunks.push(data);
      this.handlers?.onChunk();
    });
    this.recorder.addEventListener("stop", () => this.finish());
    this.recorder.addEventListener("error", () => this.stop("interrupted"));
    stream.getAudioTracks()[0].addEventListener("ended", () => this.stop("unplugged"));
    // The screen must not go dark while the text is read.
    navigator.wakeLock?.request("screen").then((lock) => {
      this.wakeLock = lock;
      if (!this.meter) this.release();
    }, () => {});
  }

  get isRunning() {
    return this.startedAt !== null;
  }

  get seconds() {
    return this.secondsBeforePause + (this.isRunning ? (performance.now() - this.startedAt) / 1000 : 0);
  }

  get microphoneId() {
    return this.stream.getAudioTracks()[0].getSettings().deviceId;
  }

  readLevel() {
    if (!this.meter) return;
    const reading = this.meter.read();
    if (this.isRunning) this.buffer.readings.push(reading);
    this.handlers?.onReading(reading, this.meter.rate());
    if (this.seconds >= this.limit) this.stop("limit");
  }

  stopClock() {
    this.secondsBeforePause = this.seconds;
    this.startedAt = null;
  }

  pause() {
    this.stopClock();
    this.recorder.pause();
    // Requests the last chunk, so that all of it can be played during the pause.
    this.recorder.requestData();
  }

  resume() {
    this.startedAt = performance.now();
    this.recorder.resume();
  }

  stop(reason) {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.stopClock();
    if (this.recorder.state === "inactive") this.finish();
    else this.recorder.stop();
  }

  finish() {
    if (!this.meter) return;
    if (this.reason === undefined) {
      this.reason = "interrupted"; // by the browser
      this.stopClock();
    }
    this.release();
    this.handlers?.onEnd(this.reason);
  }

  // Ends the session without a recording.
  cancel() {
    this.handlers = null;
    this.stop("");
    this.release();
  }

  // Releases the microphone, the timer and the wake lock.
  release() {
    clearInterval(this.timer);
    for (const track of this.stream.getTracks()) track.stop();
    this.meter?.close();
    this.meter = null;
    this.wakeLock?.release().catch(() => {});
  }
}
