// The level of a stream: the current value, and whether it is too quiet, good or too loud.

export const INTERVAL_MS = 50;
// 85 ms at 48 kHz: longer than the interval, so that no sample is missed between two readings.
const WINDOW = 4096;
const readingsIn = (seconds) => Math.round((1000 * seconds) / INTERVAL_MS);

// Peaks above -3 dBFS risk clipping in the next louder word.
const LOUD_DB = -3;
const LOUD_READINGS = readingsIn(1.5); // shown long enough to be read
// The target average is -23 to -18 dBFS, and the studio's check warns below -32. The loudest 0.4 s
// of a sentence are about 4 dB above its average.
const QUIET_DB = -28;
const SYLLABLE_READINGS = readingsIn(0.4);
// A pause between two sentences must not count as silence.
const MEMORY_READINGS = readingsIn(3);
// Speech is never below this; the studio's check treats it as silence too.
const SILENT_DB = -60;

const toDecibels = (amplitude) => 20 * Math.log10(Math.max(amplitude, 1e-5));

export class LevelMeter {
  constructor(stream) {
    this.context = new AudioContext();
    this.context.resume();
    this.analyser = new AnalyserNode(this.context, { fftSize: WINDOW });
    this.context.createMediaStreamSource(stream).connect(this.analyser);
    this.samples = new Float32Array(WINDOW);
    this.readings = [];
  }

  // Call once every INTERVAL_MS. Returns { peak, rms }, each 0 to 1.
  read() {
    this.analyser.getFloatTimeDomainData(this.samples);
    let peak = 0;
    let power = 0;
    for (const sample of this.samples) {
      peak = Math.max(peak, Math.abs(sample));
      power += sample * sample;
    }
    const reading = { peak, rms: Math.sqrt(power / WINDOW) };
    this.readings.push(reading);
    if (this.readings.length > MEMORY_READINGS) this.readings.shift();
    return reading;
  }

  // "loud", "good", "quiet" or "silent"; "" as long as there are too few readings to tell.
  rate() {
    const { readings } = this;
    const peak = Math.max(...readings.slice(-LOUD_READINGS).map((reading) => reading.peak));
    if (toDecibels(peak) >= LOUD_DB) return "loud";
    let loudest = 0;
    for (let end = SYLLABLE_READINGS; end <= readings.length; end += 1) {
      const power = readings.slice(end - SYLLABLE_READINGS, end).reduce((sum, { rms }) => sum + rms * rms, 0);
      loudest = Math.max(loudest, power / SYLLABLE_READINGS);
    }
    const speech = toDecibels(Math.sqrt(loudest));
    if (speech >= QUIET_DB) return "good";
    if (readings.length < MEMORY_READINGS) return "";
    return speech < SILENT_DB ? "silent" : "quiet";
  }

  close() {
    this.context.close();
  }
}

// An amplitude's position on a scale from -60 dBFS (0) to 0 dBFS (1).
export const scalePosition = (amplitude) => Math.min(1, Math.max(0, 1 + toDecibels(amplitude) / 60));

// The waveform of all readings, drawn like the server's: the `d` of a path, 440 by 40.
export function drawWaveform(readings, strokes = 110) {
  const heights = Array.from({ length: strokes }, (_, index) => {
    const from = Math.floor((index * readings.length) / strokes);
    const to = Math.max(from + 1, Math.ceil(((index + 1) * readings.length) / strokes));
    const part = readings.slice(from, to);
    const mean = (name) => part.reduce((sum, reading) => sum + reading[name], 0) / (part.length || 1);
    return 0.6 * mean("rms") + 0.4 * mean("peak");
  });
  const highest = Math.max(...heights, 1e-5);
  return heights.map((height, index) => {
    const half = Math.max(0.5, 20 * Math.sqrt(height / highest));
    return `M${(index + 0.5) * (440 / strokes)} ${(20 - half).toFixed(1)}v${(2 * half).toFixed(1)}`;
  }).join("");
}
