// Plays a clip in a loop and shows its position, while its words are typed.
// <button data-loop-of="#element with an audio">, beside it <span data-count="{now} of {all} s">.
const audioOf = (button) => document.querySelector(`${button.dataset.loopOf} audio`);
const formatSeconds = (seconds) => (Math.floor(seconds * 10 + 0.01) / 10).toFixed(1);

function updateButton(button) {
  const audio = audioOf(button);
  const isLooping = Boolean(audio?.loop && !audio.paused);
  button.setAttribute("aria-pressed", isLooping);
  const position = button.parentNode.querySelector("[data-count]");
  position.textContent = isLooping
    ? position.dataset.count
      .replace("{now}", formatSeconds(audio.currentTime))
      .replace("{all}", formatSeconds(audio.duration || 0))
    : "";
}

const updateButtons = () => document.querySelectorAll("[data-loop-of]").forEach(updateButton);

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-loop-of]");
  const audio = button && audioOf(button);
  if (!audio) return updateButtons();
  if (audio.loop && !audio.paused) return audio.pause();
  audio.loop = true;
  audio.currentTime = 0;
  return audio.play().catch(() => {});
});

// Media events do not bubble, but they can be captured.
for (const name of ["play", "pause", "timeupdate"]) {
  document.addEventListener(name, ({ target }) => {
    // After a pause, the player's own button plays the clip once.
    if (name === "pause") target.loop = false;
    updateButtons();
  }, true);
}
document.addEventListener("htmx:afterSwap", updateButtons);
