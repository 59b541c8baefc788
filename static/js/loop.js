// Loop: plays a clip over and over while its words are typed, and counts its seconds.
const clipOf = (button) => document.querySelector(`${button.dataset.loopOf} audio`);
const tenths = (seconds) => (Math.floor(seconds * 10 + 0.01) / 10).toFixed(1);

function tell(button) {
  const sound = clipOf(button);
  const on = Boolean(sound?.loop && !sound.paused);
  button.setAttribute("aria-pressed", on);
  const count = button.parentNode.querySelector("[data-count]");
  count.textContent = on
    ? count.dataset.count.replace("{now}", tenths(sound.currentTime)).replace("{all}", tenths(sound.duration || 0))
    : "";
}

const tellAll = () => document.querySelectorAll("[data-loop-of]").forEach(tell);

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-loop-of]");
  const sound = button && clipOf(button);
  if (!sound) return tellAll();
  if (sound.loop && !sound.paused) return sound.pause();
  sound.loop = true;
  sound.currentTime = 0;
  return sound.play().catch(() => {});
});

// Media events do not bubble, but they can be caught on their way down.
for (const name of ["play", "pause", "timeupdate"]) {
  document.addEventListener(name, ({ target }) => {
    // Stopped by hand, or by another sound: the next time it plays once.
    if (name === "pause") target.loop = false;
    tellAll();
  }, true);
}
document.addEventListener("htmx:afterSwap", tellAll);
