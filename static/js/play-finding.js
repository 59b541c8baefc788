// Plays the seconds of a finding on the recording's own player, and then stops.
// <a data-finding-audio="/audio/recordings/1/" data-from="12" data-to="15" href="…#t=12,15">; without
// this script, or where the page has no such player, the browser follows the link.
let current = null; // the finding that plays: { link, audio, from, to, hasStarted }

// Of several players of one recording, the nearest one above the link.
function findAudio(link) {
  const players = [...document.querySelectorAll(".player audio")].filter(
    (audio) => audio.getAttribute("src") === link.dataset.findingAudio,
  );
  const above = players.filter(
    (audio) => audio.compareDocumentPosition(link) & Node.DOCUMENT_POSITION_FOLLOWING,
  );
  return above.at(-1) ?? players[0];
}

function showPlaying(link, isPlaying) {
  const label = link.querySelector("span");
  label.dataset.label ??= label.textContent;
  label.textContent = isPlaying ? link.dataset.stop : label.dataset.label;
  link.toggleAttribute("data-playing", isPlaying);
}

function endFinding() {
  if (!current) return;
  showPlaying(current.link, false);
  current = null;
}

function checkPosition() {
  if (!current) return;
  const { audio, from, to } = current;
  if (audio.currentTime >= to) {
    audio.pause();
    return;
  }
  // The user has moved back: the recording plays on as usual.
  if (current.hasStarted && audio.currentTime < from - 0.5) {
    endFinding();
    return;
  }
  if (!audio.seeking && audio.currentTime >= from - 0.1) current.hasStarted = true;
  setTimeout(checkPosition, 30);
}

async function playFinding(link, audio) {
  const [from, to] = [Number(link.dataset.from), Number(link.dataset.to)];
  audio.pause();
  if (audio.readyState < 1) {
    await new Promise((resolve) => {
      for (const name of ["loadedmetadata", "error"]) audio.addEventListener(name, resolve, { once: true });
      audio.load();
    });
  }
  audio.currentTime = from;
  endFinding();
  const finding = { link, audio, from, to, hasStarted: false };
  current = finding;
  showPlaying(link, true);
  // play() also rejects when another finding has replaced this one before it started.
  await audio.play().catch(() => current === finding && endFinding());
  if (current === finding) checkPosition();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-finding-audio]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const audio = findAudio(link);
  if (!audio) return;
  event.preventDefault();
  if (current?.link === link) audio.pause();
  else playFinding(link, audio);
});
// The link looks like a button, so the space bar presses it too.
document.addEventListener("keydown", (event) => {
  const link = event.key === " " && event.target.closest?.("[data-finding-audio]");
  if (!link) return;
  event.preventDefault();
  link.click();
});
for (const name of ["pause", "ended", "error"]) {
  document.addEventListener(name, ({ target }) => {
    if (current?.audio === target && current.hasStarted) endFinding();
  }, true);
}
