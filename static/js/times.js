// Times: as they are typed, shown and spoken. All of them are whole milliseconds.
export const TENTH = 100;
export const SECOND = 1000;
const language = document.documentElement.lang || "en";

const TIME = /^(?:(?:(\d{1,2}):)?(\d{1,3}):)?(\d{1,5})(?:[.,](\d{1,3})\d{0,9})?$/;

export function read(text) {
  const found = TIME.exec(text.normalize("NFKC").trim());
  if (!found) return null;
  const [hours, minutes, seconds] = found.slice(1, 4).map((figures) => Number(figures ?? 0));
  if ((found[2] && seconds > 59) || (found[1] && minutes > 59)) return null;
  return ((hours * 60 + minutes) * 60 + seconds) * SECOND + Number((found[4] ?? "0").padEnd(3, "0"));
}

export function typed(ms) {
  const tenths = Math.floor(ms / TENTH);
  const two = (figure) => String(figure).padStart(2, "0");
  const [hours, minutes] = [Math.floor(tenths / 36000), Math.floor(tenths / 600) % 60];
  const clock = hours ? `${hours}:${two(minutes)}` : `${minutes}`;
  return `${clock}:${two(Math.floor(tenths / 10) % 60)}.${tenths % 10}`;
}

// A length as one says it; `pattern` is the page's "{seconds} s".
export function lengthOf(ms, pattern) {
  if (ms < 60 * SECOND) return pattern.replace("{seconds}", Math.floor(ms / TENTH) / 10);
  return typed(ms).replace(/\.0$/, "");
}

const unit = (name) => new Intl.NumberFormat(language, {
  style: "unit", unit: name, unitDisplay: "long", maximumFractionDigits: 1,
});
const [hours, minutes, seconds] = ["hour", "minute", "second"].map(unit);
const together = new Intl.ListFormat(language, { type: "unit", style: "long" });

export function spoken(ms) {
  const parts = [seconds.format((Math.floor(ms / TENTH) % 600) / 10)];
  if (ms >= 60 * SECOND) parts.unshift(minutes.format(Math.floor(ms / 60000) % 60));
  if (ms >= 3600 * SECOND) parts.unshift(hours.format(Math.floor(ms / 3600000)));
  return together.format(parts);
}
