// The level of a stream: how loud now, and whether that is too quiet, good or too loud.

export const TICK_MS = 50;
// At 48 kHz 85 ms: longer than a tick, so that no sample passes unseen between two looks.
const WINDOW = 4096;
const per = (seconds) => Math.round((1000 * seconds) / TICK_MS);

// Professionals keep peaks below -3 dBFS: above it, the next louder word is clipped for good.
const LOUD_DB = -3;
const LOUD_SHOWN = per(1.5); // long enough to be read
// An average of -23 to -18 dBFS is asked for; from -32 on the studio's verdict speaks of too quiet,
// and the loudest 0.4 s of a sentence stand about 4 dB above its average.
const QUIET_DB = -28;
const SYLLABLES = per(0.4);
// A pause between two sentences must not count as silence.
const MEMORY = per(3);
// Nobody speaks below this; it is also what the studio takes for silence.
const SILENT_DB = -60;

const decibels = (value) => 20 * Math.log10(Math.max(value, 1e-5));

export class Level {
  constructor(stream) {
    this.context = new AudioContext();
    this.context.resume();
    this.analyser = new AnalyserNode(this.context, { fftSize: WINDOW });
    this.context.createMediaStreamSource(stream).connect(this.analyser);
    this.samples = new Float32Array(WINDOW);
    this.latest = [];
  }

  // Look once, every TICK_MS: { peak, rms } of this moment, 0 to 1.
  read() {
    this.analyser.getFloatTimeDomainData(this.samples);
    let peak = 0;
    let power = 0;
    for (const sample of this.samples) {
      peak = Math.max(peak, Math.abs(sample));
      power += sample * sample;
    }
    const now = { peak, rms: Math.sqrt(power / WINDOW) };
    this.latest.push(now);
    if (this.latest.length > MEMORY) this.latest.shift();
    return now;
  }

  // "loud", "good", "quiet" or "silent"; "" until enough was heard to say so.
  word() {
    const { latest } = this;
    const peak = Math.max(...latest.slice(-LOUD_SHOWN).map((moment) => moment.peak));
    if (decibels(peak) >= LOUD_DB) return "loud";
    let best = 0;
    for (let at = SYLLABLES; at <= latest.length; at += 1) {
      const power = latest.slice(at - SYLLABLES, at).reduce((sum, { rms }) => sum + rms * rms, 0);
      best = Math.max(best, power / SYLLABLES);
    }
    const speech = decibels(Math.sqrt(best));
    if (speech >= QUIET_DB) return "good";
    if (latest.length < MEMORY) return "";
    return speech < SILENT_DB ? "silent" : "quiet";
  }

  close() {
    this.context.close();
  }
}

// Where a level stands on a scale from -60 dBFS to 0, as a share.
export const share = (value) => Math.min(1, Math.max(0, 1 + decibels(value) / 60));

// The picture of what was read, in strokes like the server's: the `d` of a path on 440 by 40.
export function picture(moments, strokes = 110) {
  const heights = Array.from({ length: strokes }, (_, at) => {
    const from = Math.floor((at * moments.length) / strokes);
    const to = Math.max(from + 1, Math.ceil(((at + 1) * moments.length) / strokes));
    const part = moments.slice(from, to);
    const mean = (name) => part.reduce((sum, moment) => sum + moment[name], 0) / (part.length || 1);
    return 0.6 * mean("rms") + 0.4 * mean("peak");
  });
  const highest = Math.max(...heights, 1e-5);
  return heights.map((height, at) => {
    const half = Math.max(0.5, 20 * Math.sqrt(height / highest));
    return `M${(at + 0.5) * (440 / strokes)} ${(20 - half).toFixed(1)}v${(2 * half).toFixed(1)}`;
  }).join("");
}
