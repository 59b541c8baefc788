// The capture buffer: the audio chunks and level readings of a recording, and the file they make.
import { drawWaveform } from "./level-meter.js";

export const formatClock = (seconds) =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

// 22 Nov 2026, 14:32: day before month in every dialect of English, as on every page.
function formatDate(date) {
  const format = new Intl.DateTimeFormat(document.documentElement.lang || "en", {
    day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
  const parts = Object.fromEntries(format.formatToParts(date).map(({ type, value }) => [type, value]));
  return `${parts.day} ${parts.month} ${parts.year}, ${parts.hour}:${parts.minute}`;
}

export class CaptureBuffer {
  constructor(extension) {
    Object.assign(this, { extension, chunks: [], readings: [] });
  }

  get isEmpty() {
    return !this.chunks.length;
  }

  // The file of all chunks so far; `pattern` is its name, with {when}.
  toFile(pattern) {
    const [type] = this.chunks[0].type.split(";");
    const name = `${pattern.replace("{when}", formatDate(new Date()))}.${this.extension}`;
    return new File(this.chunks, name, { type });
  }

  // Fills a player of the page with the file at `url`; player.js does the rest.
  fillPlayer(player, url, seconds) {
    player.querySelector("audio").src = url;
    player.querySelector("path").setAttribute("d", drawWaveform(this.readings));
    const time = player.querySelector("time");
    // Files that browsers record do not contain their length.
    time.dataset.length = Math.round(seconds * 1000);
    time.textContent = formatClock(seconds);
  }
}
