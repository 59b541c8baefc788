// Audio players: one plays at a time; the waveform shows the position and moves it.
// Events are handled on the document, because htmx adds and removes players.
const playerOf = (element) => element.closest?.(".player");
const audioOf = (player) => player.querySelector("audio");
const sliderOf = (player) => player.querySelector(".track > input");
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
let playing = null; // the audio element that plays

const formatClock = (seconds) => {
  const whole = Math.floor(seconds + 0.05);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};

const lengthOf = (player) => {
  const { duration } = audioOf(player);
  const isKnown = Number.isFinite(duration) && duration > 0;
  return isKnown ? duration : Number(player.querySelector("time").dataset.length) / 1000;
};

function showPosition(player, seconds) {
  const length = lengthOf(player);
  const share = length ? Math.min(1, seconds / length) : 0;
  const slider = sliderOf(player);
  if (!player.querySelector(".played")) {
    const played = player.querySelector(".wave path")?.cloneNode();
    played?.classList.add("played");
    if (played) player.querySelector(".wave").append(played);
  }
  player.style.setProperty("--played", `${(share * 100).toFixed(2)}%`);
  slider.value = share * 100;
  slider.setAttribute("aria-valuetext", `${formatClock(seconds)} / ${formatClock(length)}`);
  player.querySelector("time").textContent = formatClock(seconds || length);
}

function labelButton(player, action) {
  player.querySelector("button").setAttribute("aria-label", joinLabel(action, player));
}

function joinLabel(text, player) {
  return text + document.body.dataset.colon + player.dataset.label;
}

function followPlayback() {
  const player = playing && playerOf(playing);
  if (!player) return;
  showPosition(player, playing.currentTime);
  if (!reducedMotion.matches) requestAnimationFrame(followPlayback);
}

function showPaused(audio, player) {
  if (playing === audio) playing = null;
  player.removeAttribute("data-playing");
  labelButton(player, document.body.dataset.play);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.(".player > button");
  if (!button) return;
  const audio = audioOf(playerOf(button));
  if (audio.paused) audio.play().catch(() => {});
  else audio.pause();
});

function seek(player, seconds) {
  const target = Math.min(Math.max(0, seconds), lengthOf(player));
  audioOf(player).currentTime = target;
  showPosition(player, target);
}

document.addEventListener("input", ({ target }) => {
  if (!target.matches(".player > .track > input")) return;
  seek(playerOf(target), (target.value / 100) * lengthOf(playerOf(target)));
});

// The slider moves by seconds, however long the audio is.
const STEPS = { ArrowRight: 5, ArrowUp: 5, ArrowLeft: -5, ArrowDown: -5, PageUp: 10, PageDown: -10 };

document.addEventListener("keydown", (event) => {
  const step = event.target.matches?.(".player > .track > input") && STEPS[event.key];
  if (!step) return;
  event.preventDefault();
  const player = playerOf(event.target);
  seek(player, audioOf(player).currentTime + step);
});

// The time under the pointer.
document.addEventListener("pointermove", ({ target, clientX }) => {
  const player = target.matches?.(".player > .track > input") && playerOf(target);
  if (!player) return;
  const box = target.getBoundingClientRect();
  const share = Math.min(Math.max(0, (clientX - box.left) / box.width), 1);
  const label = player.querySelector(".pointed-time");
  label.textContent = formatClock(share * lengthOf(player));
  label.style.left = `${share * 100}%`;
});

// Speed and volume: of the large player, remembered for all audio on this device.
const remembered = (name, fallback) => Number(localStorage.getItem(`player-${name}`) ?? fallback);

function applyOptions(audio) {
  audio.volume = remembered("volume", 1) * Number(audio.dataset.evenVolume ?? 1);
  audio.playbackRate = remembered("speed", 1);
}

function showOptions() {
  for (const one of document.querySelectorAll("input[data-volume]")) one.value = remembered("volume", 1);
  for (const one of document.querySelectorAll("[data-speed]")) one.value = String(remembered("speed", 1));
}

document.addEventListener("input", ({ target }) => {
  const name = ["volume", "speed"].find((option) => target.matches(`[data-${option}]`));
  if (!name) return;
  localStorage.setItem(`player-${name}`, target.value);
  if (playing) applyOptions(playing);
  showOptions();
});
document.addEventListener("htmx:load", showOptions);
showOptions();

// Two players that are compared are equally loud: the louder one is turned down.
function matchVolumes() {
  for (const match of document.querySelectorAll("[data-volume-of]")) {
    const audio = document.querySelector(`${match.dataset.volumeOf} .player audio`);
    if (!audio) continue;
    audio.dataset.evenVolume = match.dataset.volume;
    applyOptions(audio);
    document.querySelector("[data-equal-loudness]")?.removeAttribute("hidden");
  }
}
document.addEventListener("htmx:load", matchVolumes);
matchVolumes();

// Media events do not bubble, but they can be captured.
const on = (name, handle) => document.addEventListener(name, ({ target }) => {
  if (target.tagName === "AUDIO" && playerOf(target)) handle(target, playerOf(target));
}, true);

on("play", (audio, player) => {
  if (playing && playing !== audio) playing.pause();
  playing = audio;
  applyOptions(audio);
  labelButton(player, document.body.dataset.pause);
  player.removeAttribute("data-broken");
  player.setAttribute("data-playing", "");
  followPlayback();
});
// Reports once that a voice was played; fetching its audio alone (a GET) changes nothing.
on("playing", (audio, player) => {
  const { kind, reported } = player.dataset;
  if (kind !== "voice" || reported || !("marksHeard" in document.body.dataset)) return;
  player.dataset.reported = "yes";
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  fetch(`${audio.src}heard/`, { method: "POST", headers: { "X-CSRFToken": token } }).catch(() => {});
});
on("pause", showPaused);
on("ended", (audio, player) => {
  showPaused(audio, player);
  audio.currentTime = 0;
  showPosition(player, 0);
});
on("timeupdate", (audio, player) => {
  if (reducedMotion.matches && playing === audio) showPosition(player, audio.currentTime);
});
on("error", async (audio, player) => {
  showPaused(audio, player);
  const answer = await fetch(audio.src, { method: "HEAD" }).catch(() => null);
  if (answer?.status === 401) {
    const retry = () => { audio.load(); audio.play().catch(() => {}); };
    document.dispatchEvent(new CustomEvent("signed-out", { detail: { retry } }));
    return;
  }
  player.setAttribute("data-broken", "");
  player.querySelector("time").textContent = "–:––";
  document.getElementById("announcer").textContent = joinLabel(document.body.dataset.broken, player);
});

// The waveform of new audio, and its length, arrive after the player.
document.addEventListener("htmx:load", ({ target }) => {
  const player = target.matches?.(".wave[data-length]") && playerOf(target);
  if (!player || player.hasAttribute("data-broken")) return;
  player.querySelector("time").dataset.length = target.dataset.length;
  showPosition(player, audioOf(player).currentTime);
});

// Some browsers pause audio that a swap moves; then it plays on.
let playingBeforeSwap = null;
document.addEventListener("htmx:beforeSwap", () => { playingBeforeSwap = playing; });
document.addEventListener("htmx:afterSettle", () => {
  const audio = playingBeforeSwap;
  if (audio?.isConnected && audio.paused && !audio.ended) audio.play().catch(() => {});
  playingBeforeSwap = null;
});
