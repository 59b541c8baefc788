// Reads and writes times: as typed, as shown, and as spoken. All are whole milliseconds.
export const TENTH = 100;
export const SECOND = 1000;
const language = document.documentElement.lang || "en";

const TIME = /^(?:(?:(\d{1,2}):)?(\d{1,3}):)?(\d{1,5})(?:[.,](\d{1,3})\d{0,9})?$/;

// The milliseconds of a text such as "1:02.5", or null.
export function parseTime(text) {
  const match = TIME.exec(text.normalize("NFKC").trim());
  if (!match) return null;
  const [hours, minutes, seconds] = match.slice(1, 4).map((digits) => Number(digits ?? 0));
  if ((match[2] && seconds > 59) || (match[1] && minutes > 59)) return null;
  return ((hours * 60 + minutes) * 60 + seconds) * SECOND + Number((match[4] ?? "0").padEnd(3, "0"));
}

// "1:02.5": what a time field holds.
export function formatTime(ms) {
  const tenths = Math.floor(ms / TENTH);
  const twoDigits = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(tenths / 36000), Math.floor(tenths / 600) % 60];
  const clock = hours ? `${hours}:${twoDigits(minutes)}` : `${minutes}`;
  return `${clock}:${twoDigits(Math.floor(tenths / 10) % 60)}.${tenths % 10}`;
}

const numberFormat = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });

// "6.5 s" or "1:02.5"; `pattern` is the page's "{seconds} s".
export function formatLength(ms, pattern) {
  if (ms < 60 * SECOND) return pattern.replace("{seconds}", numberFormat.format(Math.floor(ms / TENTH) / 10));
  return formatTime(ms).replace(/\.0$/, "");
}

const unitFormat = (unit) => new Intl.NumberFormat(language, {
  style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 1,
});
const [hourFormat, minuteFormat, secondFormat] = ["hour", "minute", "second"].map(unitFormat);
const listFormat = new Intl.ListFormat(language, { type: "unit", style: "long" });

// "1 minute, 2.5 seconds": for screen readers.
export function formatSpokenTime(ms) {
  const parts = [secondFormat.format((Math.floor(ms / TENTH) % 600) / 10)];
  if (ms >= 60 * SECOND) parts.unshift(minuteFormat.format(Math.floor(ms / 60000) % 60));
  if (ms >= 3600 * SECOND) parts.unshift(hourFormat.format(Math.floor(ms / 3600000)));
  return listFormat.format(parts);
}
