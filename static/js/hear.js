// Hear: plays the worst seconds of a finding on the recording's own player, and then stops.
// <a data-part-of="/audio/recordings/1/" data-from="12" data-to="15" href="…#t=12,15">; without
// script, or where there is no such player, the link plays that part by itself.
let part = null; // the link that plays, its sound and its end

const playersOf = (link) => [...document.querySelectorAll(".player audio")].filter(
  (sound) => sound.getAttribute("src") === link.dataset.partOf,
);
// Of several players of one recording, the one that stands nearest above.
const soundOf = (link) => {
  const sounds = playersOf(link);
  const before = sounds.filter(
    (sound) => sound.compareDocumentPosition(link) & Node.DOCUMENT_POSITION_FOLLOWING,
  );
  return before.at(-1) ?? sounds[0];
};

function say(link, plays) {
  const words = link.querySelector("span");
  words.dataset.before ??= words.textContent;
  words.textContent = plays ? link.dataset.stop : words.dataset.before;
  link.toggleAttribute("data-playing", plays);
}

function leave() {
  if (!part) return;
  say(part.link, false);
  part = null;
}

function watch() {
  if (!part) return;
  const { sound, from, to } = part;
  if (sound.currentTime >= to) {
    sound.pause();
    return;
  }
  // Somebody has sought elsewhere: it plays on as any recording does.
  if (part.begun && sound.currentTime < from - 0.5) {
    leave();
    return;
  }
  if (!sound.seeking && sound.currentTime >= from - 0.1) part.begun = true;
  setTimeout(watch, 30);
}

async function play(link, sound) {
  const [from, to] = [Number(link.dataset.from), Number(link.dataset.to)];
  sound.pause();
  if (sound.readyState < 1) {
    await new Promise((ready) => {
      for (const name of ["loadedmetadata", "error"]) sound.addEventListener(name, ready, { once: true });
      sound.load();
    });
  }
  sound.currentTime = from;
  leave();
  const own = { link, sound, from, to, begun: false };
  part = own;
  say(link, true);
  // What is stopped before it has begun may have given way to another part.
  await sound.play().catch(() => part === own && leave());
  if (part === own) watch();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-part-of]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const sound = soundOf(link);
  if (!sound) return;
  event.preventDefault();
  if (part?.link === link) sound.pause();
  else play(link, sound);
});
// It looks like a button, so the space bar presses it too.
document.addEventListener("keydown", (event) => {
  const link = event.key === " " && event.target.closest?.("[data-part-of]");
  if (!link) return;
  event.preventDefault();
  link.click();
});
for (const name of ["pause", "ended", "error"]) {
  document.addEventListener(name, ({ target }) => {
    if (part?.sound === target && part.begun) leave();
  }, true);
}

// Two sounds that are to be compared are played equally loud.
function match() {
  for (const mark of document.querySelectorAll("[data-volume-of]")) {
    const sound = document.querySelector(`${mark.dataset.volumeOf} .player audio`);
    if (sound) sound.volume = Number(mark.dataset.volume);
  }
}
document.addEventListener("htmx:load", match);
match();
