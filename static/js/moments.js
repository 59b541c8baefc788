// Moments: puts every <time> of the server, which speaks UTC, into the reader's own time zone.
const language = document.documentElement.lang || "en";
const format = (options) => new Intl.DateTimeFormat(language, options);
const clockOf = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const secondsOf = format({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const dayOf = format({ day: "numeric", month: "short", year: "numeric" });
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });

// Day before month whatever the dialect, as the server writes it: 22 Nov 2026.
function day(moment) {
  const parts = Object.fromEntries(dayOf.formatToParts(moment).map(({ type, value }) => [type, value]));
  return `${parts.day} ${parts.month} ${parts.year}`;
}

function ago(moment, now) {
  const minutes = (now - moment) / 60000;
  if (minutes < 0.75) return relative.format(0, "second");
  if (minutes < 59.5) return relative.format(-Math.max(1, Math.round(minutes)), "minute");
  const midnight = (of) => new Date(of.getFullYear(), of.getMonth(), of.getDate());
  const days = Math.round((midnight(now) - midnight(moment)) / 86400000);
  return days < 2 ? `${relative.format(-days, "day")}, ${clockOf.format(moment)}` : day(moment);
}

const styles = {
  ago,
  clock: (moment) => secondsOf.format(moment),
  minute: (moment) => clockOf.format(moment),
  moment: (moment) => `${day(moment)}, ${clockOf.format(moment)}`,
};

function localise(root) {
  const now = new Date();
  for (const time of root.querySelectorAll("time[data-style]")) {
    const moment = new Date(time.dateTime);
    const text = styles[time.dataset.style](moment, now);
    if (time.textContent !== text) time.textContent = text;
    time.title = styles.moment(moment);
  }
}

localise(document);
document.addEventListener("htmx:load", ({ detail }) => localise(detail.elt.parentNode ?? document));
setInterval(() => localise(document), 20000);
