// A take: what was recorded, as a file with a name of its own, to be heard and saved in the page.
import { picture } from "./level.js";

export const clock = (seconds) =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

// 22 Nov 2026, 14:32: day before month whatever the dialect, as everywhere in the studio.
function moment(date) {
  const format = new Intl.DateTimeFormat(document.documentElement.lang || "en", {
    day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
  const parts = Object.fromEntries(format.formatToParts(date).map(({ type, value }) => [type, value]));
  return `${parts.day} ${parts.month} ${parts.year}, ${parts.hour}:${parts.minute}`;
}

export class Take {
  // Of what a tape has so far; `name` is a pattern with {when}.
  constructor({ pieces, extension, moments, seconds }, name) {
    const [type] = pieces[0].type.split(";");
    this.file = new File(pieces, `${name.replace("{when}", moment(new Date()))}.${extension}`, { type });
    this.url = URL.createObjectURL(this.file);
    Object.assign(this, { moments, seconds });
  }

  // Fills a player of the page; its script does the rest.
  show(player) {
    player.querySelector("audio").src = this.url;
    player.querySelector("path").setAttribute("d", picture(this.moments));
    const time = player.querySelector("time");
    // What browsers record does not tell its length.
    time.dataset.length = Math.round(this.seconds * 1000);
    time.textContent = clock(this.seconds);
  }

  close() {
    URL.revokeObjectURL(this.url);
  }
}
