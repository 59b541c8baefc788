// Shows every <time data-style> of the server, which writes UTC, in the reader's own time zone: that of
// the account, else that of the device.
const timeZone = document.documentElement.dataset.timeZone || undefined;
const language = document.documentElement.lang || "en";
const isEnglish = language === "en";
// Made when first needed: a browser takes 12 ms for its first format.
const once = (make) => {
  let format;
  return () => (format ??= make());
};
const dateFormat = (options) => once(() => new Intl.DateTimeFormat(language, { timeZone, ...options }));
const minuteFormat = dateFormat({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const secondFormat = dateFormat({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const dayFormat = dateFormat({ day: "numeric", month: isEnglish ? "short" : "long", year: "numeric" });
const isoDayFormat = once(() => new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" }));
// As the server writes them: in Chinese and Japanese a browser puts other spaces and commas.
const agoWords = document.body.dataset.ago.split("|");

// As the server writes it; in English the day comes before the month in every dialect: 22 Nov 2026.
function formatDay(date) {
  if (!isEnglish) return dayFormat().format(date);
  const parts = Object.fromEntries(dayFormat().formatToParts(date).map(({ type, value }) => [type, value]));
  return `${parts.day} ${parts.month} ${parts.year}`;
}

function formatAgo(date, now) {
  const minutes = (now - date) / 60000;
  const [justNow, oneMinute, severalMinutes, today, yesterday] = agoWords;
  if (minutes < 0.75) return justNow;
  if (minutes < 1.5) return oneMinute;
  if (minutes < 59.5) return severalMinutes.replace("{count}", Math.round(minutes));
  const midnight = (day) => Date.parse(isoDayFormat().format(day));
  const days = Math.round((midnight(now) - midnight(date)) / 86400000);
  if (days >= 2) return formatDay(date);
  return (days ? yesterday : today).replace("{time}", minuteFormat().format(date));
}

const formatDayAndMinute = (date) => agoWords[5].replace("{day}", formatDay(date)).replace("{time}", minuteFormat().format(date));
// The values of data-style.
const FORMATS = {
  ago: formatAgo,
  clock: (date) => secondFormat().format(date),
  minute: (date) => minuteFormat().format(date),
  moment: formatDayAndMinute,
  day: formatDay,
};

// Draws a time without a format: the server's text with the minute of this device. Returns false where that is not
// enough: in the time zone of an account, and where the day here is not that in UTC.
function moveMinutes(element, date, now) {
  const days = element.dataset.style === "ago" ? [date, now] : [date];
  if (timeZone || days.some((day) => day.getDate() !== day.getUTCDate())) return false;
  const minute = [date.getHours(), date.getMinutes()].map((part) => String(part).padStart(2, "0")).join(":");
  const move = (text) => text.replace(new RegExp(`${element.dateTime.slice(11, 16)}( UTC)?`), minute);
  const text = move(element.textContent);
  if (element.textContent !== text) element.textContent = text;
  element.title = move(element.title);
  return true;
}

function localize(element, date, now) {
  const text = FORMATS[element.dataset.style](date, now);
  if (element.textContent !== text) element.textContent = text;
  element.title = formatDayAndMinute(date);
}

const localized = new WeakSet();

function localizeNewTimes(root) {
  const now = new Date();
  for (const element of root.querySelectorAll("time[data-style]")) {
    if (localized.has(element)) continue;
    localized.add(element);
    const date = new Date(element.dateTime);
    if (!moveMinutes(element, date, now)) localize(element, date, now);
  }
}

localizeNewTimes(document);
document.addEventListener("htmx:load", ({ detail }) => localizeNewTimes(detail.elt.parentNode ?? document));
setInterval(() => {
  const now = new Date();
  for (const element of document.querySelectorAll("time[data-style=ago]")) localize(element, new Date(element.dateTime), now);
}, 20000);

// The days of a filter are days of the reader, so the server has to know where. Runs before htmx reads the form.
document.addEventListener("change", ({ target }) => {
  const form = target.form;
  const zone = form?.querySelector("[data-zone]");
  if (!zone) return;
  const hasDays = [...form.querySelectorAll("[type=date]")].some((input) => input.value);
  zone.value = hasDays ? new Intl.DateTimeFormat().resolvedOptions().timeZone : "";
}, { capture: true });
