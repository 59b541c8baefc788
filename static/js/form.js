// The clone form while one fills it in: voice ID, counter, price, remarks, ticks. Everything here
// is a convenience: the server judges the same again.

// Listens on the document, since the form comes and goes with htmx.
const form = () => document.getElementById("clone");
const field = (id) => document.getElementById(id);

// Voice ID: made from the name until somebody changes it ------------------------------------------

// What was suggested last; anything else in the field is the person's own.
let suggested = "";
const isOurs = () => ["", suggested].includes(field("id_voice_id").value.trim());

function judged(box) {
  const told = box.querySelector("[data-verdict]");
  const input = field("id_voice_id");
  if (!told || !input) return;
  if (told.dataset.suggestion && isOurs()) {
    suggested = input.value = told.dataset.suggestion;
  }
  const wrong = ["invalid", "taken"].includes(told.dataset.verdict);
  if (wrong) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  tick();
}

document.addEventListener("htmx:configRequest", (event) => {
  const { parameters, triggeringEvent } = event.detail;
  if (!event.target.matches?.(".ids")) return;
  // While the name is typed, an ID that nobody has touched is made anew.
  if (triggeringEvent?.target?.id === "id_speaker" && isOurs()) delete parameters.voice_id;
});

document.addEventListener("click", (event) => {
  const free = event.target.closest?.("button[name=use_voice_id]");
  if (!free) return;
  event.preventDefault();
  const input = field("id_voice_id");
  input.value = free.value;
  input.focus();
  input.dispatchEvent(new Event("input", { bubbles: true }));
});

// Preview text: how long, what it costs, what the model makes of it -------------------------------

// As the server counts: characters, not halves of them, and without spaces at the ends.
const characters = (text) => [...text.replace(/\r\n?/g, "\n").trim()].length;

function recount() {
  const text = field("id_preview_text");
  const option = field("id_model")?.selectedOptions[0];
  if (!text || !option) return;
  const length = characters(text.value);

  const count = field("count");
  const limit = Number(count.dataset.limit);
  const words = length > limit ? count.dataset.over : count.dataset.count;
  count.textContent = words
    .replace("{count}", length.toLocaleString("en"))
    .replace("{limit}", limit.toLocaleString("en"));
  count.toggleAttribute("data-over-limit", length > limit);
  if (length > limit) text.setAttribute("aria-invalid", "true");

  const cost = field("cost");
  const amount = length * Number(option.dataset.price);
  const pattern = !length ? "none" : amount < 0.01 ? "little" : "about";
  const price = cost.dataset.currency + Math.max(amount, 0.01).toFixed(2);
  say(cost, cost.dataset[pattern].replace("{price}", price));

  const tags = [...new Set(text.value.match(/\([a-z-]+\)/g) ?? [])].filter((tag) => TAGS.has(tag));
  const note = field("tags-note");
  const speaks = option.hasAttribute("data-tags");
  note.hidden = speaks || !tags.length;
  if (!note.hidden) say(note, note.dataset.text.replace("{tags}", tags.join(", ")));
  for (const chip of document.querySelectorAll("[data-sound]")) chip.hidden = !speaks;
}

const TAGS = new Set(
  `laughs chuckle coughs clear-throat groans breath pant inhale exhale gasps sniffs sighs snorts burps
  lip-smacking humming hissing emm sneezes whistles crying applause`
    .split(/\s+/)
    .map((name) => `(${name})`),
);

// Only what has changed is written, so that nothing is read out twice.
function say(place, words) {
  if (place.textContent.trim() !== words) place.textContent = words;
}

// Ticks: a card's number becomes one when the card is answered -------------------------------------

const ANSWERED = {
  speaker: () =>
    field("id_speaker").value.trim() &&
    field("id_voice_id").value.trim() &&
    field("id_voice_id").getAttribute("aria-invalid") !== "true" &&
    field("id_permission").checked,
  recording: () => form().querySelector("[name=recording]:not([data-too-long])"),
  preview: () => {
    const length = characters(field("id_preview_text").value);
    return length && length <= Number(field("count").dataset.limit);
  },
};

function tick() {
  if (!form()) return;
  for (const card of form().querySelectorAll("[data-step]")) {
    const done = Boolean(ANSWERED[card.dataset.step]());
    card.querySelector(".n").toggleAttribute("data-done", done);
  }
}

// The recordings ------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  const remove = event.target.closest?.("[data-remove]");
  if (!remove) return;
  event.preventDefault();
  const place = remove.closest("#recording, #prompt_clip");
  place.replaceChildren();
  const upload = document.querySelector(`[data-target="#${place.id}"]`);
  upload.querySelector("input[type=file]").focus();
  tick();
});

document.addEventListener("keydown", (event) => {
  // Enter in the search box looks something up; it does not send the form.
  if (event.key === "Enter" && event.target.matches?.("#clone input[type=search]")) {
    event.preventDefault();
  }
  if (event.key === "Enter" && event.target.id === "id_file_id") {
    event.preventDefault();
    event.target.closest(".fileid").querySelector("button").click();
  }
});

// Sending ---------------------------------------------------------------------------------------------

let held = null;

document.addEventListener("htmx:confirm", (event) => {
  if (event.target !== form()) return;
  field("not-sent").hidden = true;
  if (!document.querySelector(".upload[data-busy]")) return;
  // The recording is still on its way: the form follows as soon as it is here.
  event.preventDefault();
  held = event.detail.issueRequest;
  form().setAttribute("data-held", "");
});

document.addEventListener("upload-ended", (event) => {
  tick();
  if (!held || document.querySelector(".upload[data-busy]")) return;
  const send = held;
  held = null;
  form()?.removeAttribute("data-held");
  if (event.detail.taken) send(true);
});

document.addEventListener("htmx:beforeOnLoad", (event) => {
  const where = event.detail.xhr.getResponseHeader("HX-Location");
  if (!where || event.target !== form()) return;
  // The way back leads to this same form, which knows that it has been sent.
  const attempt = JSON.parse(where).path.match(/\d+(?=\/$)/)?.[0];
  if (attempt) history.replaceState(history.state, "", `?asked=${attempt}`);
});

for (const trouble of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(trouble, (event) => {
    const status = event.detail.xhr?.status ?? 0;
    // Of an expired sign-in and an outdated page the session takes care.
    if (!form()?.contains(event.target) || [401, 403].includes(status)) return;
    const note = field("not-sent");
    note.hidden = false;
    note.scrollIntoView({ block: "center" });
  });
}

// Starting ----------------------------------------------------------------------------------------------

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id === "voice-id") judged(event.target);
  if (event.target.matches?.("#recording, #prompt_clip")) {
    const zone = document.querySelector(`[data-target="#${event.target.id}"]`);
    zone.querySelector(".said").replaceChildren();
    field("announcer").textContent = zone.dataset.done;
  }
});

function start() {
  if (!form()) return;
  recount();
  tick();
}

document.addEventListener("input", (event) => {
  if (!form()?.contains(event.target)) return;
  recount();
  tick();
});
document.addEventListener("change", (event) => {
  if (form()?.contains(event.target)) start();
});
document.addEventListener("htmx:load", start);
addEventListener("pageshow", start);
start();
