// The clone form while it is filled in: voice ID, character count, price, notes, step numbers.
// All of it is for convenience: the server validates everything again.

// Events are handled on the document, because htmx replaces the form.
const findForm = () => document.getElementById("clone");
const byId = (id) => document.getElementById(id);
const language = document.documentElement.lang || "en";

// Voice ID: derived from the name until the user changes it ----------------------------------------

let suggestedId = ""; // the last suggestion; any other value was typed by the user
const isSuggested = () => ["", suggestedId].includes(byId("id_voice_id").value.trim());

function showVoiceIdCheck(container) {
  const check = container.querySelector("[data-verdict]");
  const input = byId("id_voice_id");
  if (!check || !input) return;
  if (check.dataset.suggestion && isSuggested()) {
    suggestedId = input.value = check.dataset.suggestion;
  }
  const isInvalid = ["invalid", "taken"].includes(check.dataset.verdict);
  if (isInvalid) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  updateSteps();
}

document.addEventListener("htmx:configRequest", (event) => {
  const { parameters, triggeringEvent } = event.detail;
  if (!event.target.matches?.(".voice-id-fields")) return;
  // While the name is typed, an unchanged suggestion is derived again.
  if (triggeringEvent?.target?.id === "id_speaker" && isSuggested()) delete parameters.voice_id;
});

// A name that was typed before the scripts had come.
document.addEventListener("htmx:load", () => {
  const speaker = byId("id_speaker");
  if (speaker && speaker.value !== speaker.defaultValue) speaker.dispatchEvent(new Event("input", { bubbles: true }));
}, { once: true });

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button[name=use_voice_id]");
  if (!button) return;
  event.preventDefault();
  const input = byId("id_voice_id");
  input.value = button.value;
  input.focus();
  input.dispatchEvent(new Event("input", { bubbles: true }));
});

// Preview text: length, price, and sound tags that the model cannot speak ---------------------------

// Counts as the server does: code points, without spaces at the ends.
const countCharacters = (text) => [...text.replace(/\r\n?/g, "\n").trim()].length;

// As the server bills (services/money/prices.py): a Han character counts more than once.
const HAN =
  /[\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}]/gu;
const countBillable = (text, perHan) => countCharacters(text) + (perHan - 1) * (text.match(HAN)?.length ?? 0);

function updatePreview() {
  const text = byId("id_preview_text");
  const option = byId("id_model")?.selectedOptions[0];
  if (!text || !option) return;
  const length = countCharacters(text.value);

  const count = byId("count");
  const limit = Number(count.dataset.limit);
  const isTooLong = length > limit;
  count.textContent = (isTooLong ? count.dataset.tooLong : count.dataset.count)
    .replace("{count}", length.toLocaleString(language))
    .replace("{limit}", limit.toLocaleString(language));
  count.toggleAttribute("data-over-limit", isTooLong);
  if (isTooLong) text.setAttribute("aria-invalid", "true");

  const cost = byId("cost");
  const smallest = Number(cost.dataset.smallest);
  const fee = Number(cost.dataset.fee);
  const amount = fee + countBillable(text.value, Number(cost.dataset.perHan)) * Number(option.dataset.price);
  const pattern = !amount ? "none" : amount < smallest ? "little" : "about";
  const twoPlaces = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  const number = Math.max(amount, smallest).toLocaleString(language, twoPlaces);
  const price = cost.dataset.price.replace("{number}", number);
  setText(cost, cost.dataset[pattern].replace("{price}", price));
  setText(byId("price-in-view"), cost.textContent.trim());

  const note = byId("tags-note");
  const soundTags = note.dataset.tags.split(" ");
  const inParentheses = [...text.value.matchAll(/\(([a-z-]+)\)/g)].map(([, tag]) => tag);
  const tags = [...new Set(inParentheses)].filter((tag) => soundTags.includes(tag));
  const speaksTags = option.hasAttribute("data-tags");
  note.hidden = speaksTags || !tags.length;
  if (!note.hidden) setText(note, note.dataset.text.replace("{tags}", tags.map((tag) => `(${tag})`).join(", ")));
  for (const button of document.querySelectorAll("[data-sound]")) button.hidden = !speaksTags;
}

// Writes only a changed text, because screen readers announce every change of a live region.
function setText(element, text) {
  if (element.textContent.trim() !== text) element.textContent = text;
}

// Step numbers: a card's number becomes a tick when the card is complete ----------------------------

const IS_COMPLETE = {
  speaker: () =>
    byId("id_speaker").value.trim() &&
    byId("id_voice_id").value.trim() &&
    byId("id_voice_id").getAttribute("aria-invalid") !== "true" &&
    byId("id_permission").checked,
  recording: () => findForm().querySelector("[name=recording]:not([data-too-long])"),
  preview: () => {
    const length = countCharacters(byId("id_preview_text").value);
    return length && length <= Number(byId("count").dataset.limit);
  },
};

function updateSteps() {
  for (const card of findForm()?.querySelectorAll("[data-step]") ?? []) {
    const hasError = card.querySelector("[aria-invalid=true], .error, .question:not(:has(:checked)), [data-verdict=unusable], [data-verdict=disappointing]");
    const isComplete = !hasError && Boolean(IS_COMPLETE[card.dataset.step]());
    card.querySelector(".step-number").toggleAttribute("data-done", isComplete);
  }
  updateErrorSummary();
}

// Recordings ----------------------------------------------------------------------------------------

// The error of a missing recording is gone from the page; its mark on the field goes, too.
const acceptFile = (upload) => upload.querySelector("input[type=file]").removeAttribute("aria-invalid");

const choicesOf = (container) => byId(`${container.id}-choices`);

// Below a recording that has just been chosen, the ways to choose another one are folded away.
function closeChoices(container) {
  const choices = choicesOf(container);
  // A recorder that is in use stays in view.
  if (choices.querySelector(".recorder:not([data-stage=idle])")) return;
  const hasFocus = choices.contains(document.activeElement);
  choices.open = false;
  if (hasFocus) choices.querySelector("summary").focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-remove]");
  if (!button) return;
  event.preventDefault();
  const container = button.closest("#recording, #prompt_clip");
  container.replaceChildren();
  choicesOf(container).open = true;
  const upload = document.querySelector(`[data-target="#${container.id}"]`);
  upload.querySelector("input[type=file]").focus();
  updateSteps();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  // Enter in these fields must not send the whole form.
  if (event.target.matches?.("#clone input[type=search]")) event.preventDefault();
  if (event.target.id === "id_file_id") {
    event.preventDefault();
    event.target.closest(".file-id").querySelector("button").click();
  }
});

// Sending -------------------------------------------------------------------------------------------

let sendForm = null; // sends the form that waits for an upload

document.addEventListener("htmx:confirm", (event) => {
  if (event.target !== findForm()) return;
  if (!document.querySelector(".upload[data-busy]")) return;
  // The form is sent as soon as the upload has ended.
  event.preventDefault();
  sendForm = event.detail.issueRequest;
  findForm().setAttribute("data-waiting-for-upload", "");
});

document.addEventListener("upload-ended", (event) => {
  if (event.detail.isUploaded) acceptFile(event.target);
  updateSteps();
  if (event.detail.isUploaded) closeChoices(document.querySelector(event.target.dataset.target));
  if (!sendForm || document.querySelector(".upload[data-busy]")) return;
  const send = sendForm;
  sendForm = null;
  findForm()?.removeAttribute("data-waiting-for-upload");
  if (event.detail.isUploaded) send(true);
});

document.addEventListener("htmx:beforeOnLoad", (event) => {
  const location = event.detail.xhr.getResponseHeader("HX-Location");
  if (!location || event.target !== findForm()) return;
  // The back button leads to this form, which then says that it has been sent.
  const attempt = JSON.parse(location).path.match(/\d+(?=\/$)/)?.[0];
  if (attempt) history.replaceState(history.state, "", `?attempt=${attempt}`);
});

// Errors --------------------------------------------------------------------------------------------

// An error is about the answer that was sent, so it goes as soon as that answer is changed.
function clearError(element) {
  const field = element.closest(".field, .check");
  // The server checks a voice ID while it is typed, and replaces its error.
  if (!field || field.querySelector("#voice-id")) return;
  const error = field.querySelector(".error");
  if (!error) return;
  const input = field.querySelector("[aria-invalid]");
  input.removeAttribute("aria-invalid");
  const descriptions = input.getAttribute("aria-describedby")?.split(" ") ?? [];
  input.setAttribute("aria-describedby", descriptions.filter((id) => id !== error.id).join(" "));
  error.remove();
}

// The list at the top names only what is still wrong; with the last one, it goes.
function updateErrorSummary() {
  const summary = document.querySelector(".error-summary");
  if (!summary || !findForm()) return;
  for (const link of summary.querySelectorAll("li > a")) {
    const field = byId(link.hash.slice(1))?.closest(".field, .check, .upload");
    if (field && !field.querySelector(".error, [aria-invalid=true]")) link.closest("li").remove();
  }
  if (summary.querySelector("li")) return;
  const headline = document.querySelector("h1[data-corrected]");
  headline.textContent = headline.dataset.corrected;
  document.title = document.title.slice(document.title.indexOf(headline.textContent));
  summary.remove();
}

// Events --------------------------------------------------------------------------------------------

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id === "voice-id") showVoiceIdCheck(event.target);
  if (event.target.matches?.("#recording, #prompt_clip")) {
    const upload = document.querySelector(`[data-target="#${event.target.id}"]`);
    upload.querySelector(".upload-message").replaceChildren();
    byId("file-id-error").replaceChildren();
    byId("announcer").textContent = upload.dataset.done;
    acceptFile(upload);
    closeChoices(event.target);
  }
});

function updateForm() {
  if (!findForm()) return;
  updatePreview();
  updateSteps();
}

for (const name of ["input", "change"]) {
  document.addEventListener(name, (event) => {
    if (!findForm()?.contains(event.target)) return;
    clearError(event.target);
    updateForm();
  });
}
document.addEventListener("htmx:load", updateForm);
addEventListener("pageshow", updateForm);
updateForm();
