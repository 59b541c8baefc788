// Player: one sound at a time; the waveform shows what has been heard, and seeks.
// Everything is listened for on the document, so players may come and go with swaps.
const playerOf = (element) => element.closest?.(".player");
const soundOf = (player) => player.querySelector("audio");
const still = matchMedia("(prefers-reduced-motion: reduce)");
let playing = null;

const clock = (seconds) => {
  const whole = Math.floor(seconds + 0.05);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};

const lengthOf = (player) => {
  const told = Number(player.querySelector("time").dataset.length) / 1000;
  const { duration } = soundOf(player);
  return Number.isFinite(duration) && duration > 0 ? duration : told;
};

function show(player, seconds) {
  const length = lengthOf(player);
  const share = length ? Math.min(1, seconds / length) : 0;
  const range = player.querySelector("input");
  if (!player.querySelector(".heard")) {
    const heard = player.querySelector(".wave path")?.cloneNode();
    heard?.classList.add("heard");
    if (heard) player.querySelector(".wave").append(heard);
  }
  player.style.setProperty("--heard", `${(share * 100).toFixed(2)}%`);
  range.value = Math.round(share * 100);
  range.setAttribute("aria-valuetext", `${clock(seconds)} / ${clock(length)}`);
  player.querySelector("time").textContent = clock(seconds || length);
}

function name(player, does) {
  player.querySelector("button").setAttribute("aria-label", `${does}: ${player.dataset.label}`);
}

function follow() {
  const player = playing && playerOf(playing);
  if (!player) return;
  show(player, playing.currentTime);
  if (!still.matches) requestAnimationFrame(follow);
}

function rest(sound) {
  const player = playerOf(sound);
  if (playing === sound) playing = null;
  player?.removeAttribute("data-playing");
  if (player) name(player, document.body.dataset.play);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.(".player > button");
  if (!button) return;
  const sound = soundOf(playerOf(button));
  if (sound.paused) sound.play().catch(() => {});
  else sound.pause();
});

document.addEventListener("input", (event) => {
  const player = event.target.type === "range" && playerOf(event.target);
  if (!player) return;
  const seconds = (event.target.value / 100) * lengthOf(player);
  soundOf(player).currentTime = seconds;
  show(player, seconds);
});

// Media events do not bubble, but they can be caught on their way down.
const on = (name, act) => document.addEventListener(name, ({ target }) => {
  if (target.tagName === "AUDIO" && playerOf(target)) act(target, playerOf(target));
}, true);

on("play", (sound, player) => {
  if (playing && playing !== sound) playing.pause();
  playing = sound;
  name(player, document.body.dataset.pause);
  player.removeAttribute("data-broken");
  player.setAttribute("data-playing", "");
  follow();
});
// Once a voice has really been heard, it says so: a GET changes nothing.
on("playing", (sound, player) => {
  const { kind, told } = player.dataset;
  if (kind !== "voice" || told) return;
  player.dataset.told = "yes";
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  fetch(`${sound.src}heard/`, { method: "POST", headers: { "X-CSRFToken": token } }).catch(() => {});
});
on("pause", rest);
on("ended", (sound, player) => {
  rest(sound);
  sound.currentTime = 0;
  show(player, 0);
});
on("timeupdate", (sound, player) => {
  if (still.matches && playing === sound) show(player, sound.currentTime);
});
on("error", async (sound, player) => {
  rest(sound);
  const answer = await fetch(sound.src, { method: "HEAD" }).catch(() => null);
  if (answer?.status === 401) {
    const retry = () => { sound.load(); sound.play().catch(() => {}); };
    document.dispatchEvent(new CustomEvent("signed-out", { detail: { retry } }));
    return;
  }
  player.setAttribute("data-broken", "");
  player.querySelector("time").textContent = "–:––";
  document.getElementById("announcer").textContent = `${document.body.dataset.broken}: ${player.dataset.label}`;
});

// A swap may move a sound that plays; where the browser pauses it for that, it goes on.
let moved = null;
document.addEventListener("htmx:beforeSwap", () => { moved = playing; });
document.addEventListener("htmx:afterSettle", () => {
  if (moved?.isConnected && moved.paused && !moved.ended) moved.play().catch(() => {});
  moved = null;
});
