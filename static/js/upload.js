// Uploads a recording as soon as it is chosen or dropped, and shows its progress.
// Without this script the file is sent with the form.

// The current upload of each [data-upload] area, { file, request }. A later file replaces it.
const uploads = new WeakMap();

const areaOf = (element) => element?.closest?.("[data-upload]");
const toMegabytes = (bytes) => (bytes / 1024 ** 2).toLocaleString(document.documentElement.lang || "en", { maximumFractionDigits: 1 });

// Whether the file is still what it was when it was chosen.
const isReadable = (file) => file.slice(0, 1).arrayBuffer().then(() => true, () => false);
// Whether the file of this number is a folder, which the browser gives as a file that cannot be read.
const isFolder = (dataTransfer, number) => Boolean(dataTransfer.items[number]?.webkitGetAsEntry?.()?.isDirectory);

document.addEventListener("change", (event) => {
  const area = event.target.matches?.("input[type=file]") && areaOf(event.target);
  if (area && event.target.files[0]) startUpload(area, event.target.files[0]);
});

// Other scripts, such as the recorder, upload with an "upload-file" event: { file, origin }.
const origins = new WeakMap();

document.addEventListener("upload-file", ({ target, detail }) => {
  origins.set(detail.file, detail.origin);
  startUpload(areaOf(target), detail.file);
});

for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    const drop = event.target.closest?.("[data-upload] .drop");
    // Otherwise the browser would open a file that misses the drop zone.
    if (document.querySelector("[data-upload]")) event.preventDefault();
    if (!drop) return;
    drop.toggleAttribute("data-drag-over", name === "dragenter" || name === "dragover");
    if (name !== "drop" || !event.dataTransfer.files[0]) return;
    if (isFolder(event.dataTransfer, 0)) showError(areaOf(drop), "folder");
    else startUpload(areaOf(drop), event.dataTransfer.files[0]);
  });
}

document.addEventListener("click", (event) => {
  const area = areaOf(event.target);
  if (!area) return;
  if (event.target.closest("[data-cancel]")) {
    abortUpload(area);
    area.querySelector("input[type=file]").focus();
    endUpload(area, false);
  }
  if (event.target.closest("[data-retry]")) startUpload(area, uploads.get(area).file);
});

// Another recording was chosen in place of the one that is being uploaded.
document.addEventListener("htmx:afterSwap", (event) => {
  const area = document.querySelector(`[data-busy][data-target="#${event.target.id}"]`);
  if (!area) return;
  abortUpload(area);
  uploads.delete(area);
  endUpload(area, true);
});

// A request that replaces the form, as for another project, would drop the uploads in it. They start
// again in the new form, whose project they get.
const interrupted = new Map();

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  for (const area of detail.target.querySelectorAll("[data-upload][data-busy]")) {
    interrupted.set(area.dataset.target, uploads.get(area).file);
    abortUpload(area);
  }
});
document.addEventListener("htmx:afterSettle", resumeUploads);
document.addEventListener("htmx:afterRequest", ({ detail }) => { if (!detail.successful) resumeUploads(); });

function resumeUploads() {
  for (const [target, file] of interrupted) {
    interrupted.delete(target);
    const area = document.querySelector(`[data-upload][data-target="${target}"]`);
    if (area) startUpload(area, file);
  }
}

// Sending -------------------------------------------------------------------------------------------

function startUpload(area, file) {
  abortUpload(area);
  // The file must not be sent a second time with the form.
  area.querySelector("input[type=file]").value = "";
  showError(area, "");
  const request = new XMLHttpRequest();
  uploads.set(area, { file, request });
  if (file.size > Number(area.dataset.max)) {
    showError(area, "too-large");
    return endUpload(area, false);
  }
  showMeter(area, file);

  const body = new FormData();
  body.append("purpose", area.dataset.purpose);
  body.append("project", area.closest("form")?.elements.project?.value ?? "");
  body.append("origin", origins.get(file) ?? "");
  body.append("name", file.name);
  body.append("file", file, file.name);
  const on = (target, name, handle) => target.addEventListener(name, (event) => {
    if (uploads.get(area)?.request === request) handle(event);
  });
  on(request.upload, "progress", (event) => {
    if (event.lengthComputable) showProgress(area, event.loaded, event.total);
  });
  on(request.upload, "load", () => showChecking(area));
  on(request, "load", () => handleAnswer(area, request));
  for (const name of ["error", "timeout"]) {
    on(request, name, async () => {
      const readable = await isReadable(file);
      if (uploads.get(area)?.request !== request) return;
      showError(area, readable ? "lost" : "changed");
      endUpload(area, false);
    });
  }
  request.open("POST", area.dataset.upload);
  request.setRequestHeader("HX-Request", "true");
  request.setRequestHeader("X-CSRFToken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  return request.send(body);
}

function handleAnswer(area, request) {
  const { status } = request;
  const { file } = uploads.get(area);
  if (status === 200) {
    const target = document.querySelector(area.dataset.target);
    target.innerHTML = request.responseText;
    htmx.process(target);
    announce(area.dataset.done);
    endUpload(area, true);
  } else if (status === 401 || (status === 403 && request.getResponseHeader("Token-Outdated"))) {
    // After a new sign-in the same file is sent again.
    showError(area, "lost");
    endUpload(area, false);
    const retry = () => uploads.get(area)?.file === file && startUpload(area, file);
    document.dispatchEvent(new CustomEvent("signed-out", { detail: { retry } }));
  } else if (status === 422 || status === 413) {
    const message = area.querySelector(".upload-message");
    message.innerHTML = request.responseText;
    // The user may choose another file meanwhile, so the message names the one it is about.
    const name = Object.assign(document.createElement("span"), { className: "small", textContent: file.name });
    message.querySelector(".note")?.prepend(name);
    endUpload(area, false);
  } else if (status === 403 && request.getResponseHeader("Not-Allowed")) {
    showError(area, "");
    const note = document.getElementById("request-not-allowed").content.firstElementChild.cloneNode(true);
    note.querySelector("span").textContent = request.responseText;
    area.querySelector(".upload-message").append(note);
    endUpload(area, false);
  } else {
    showError(area, "broken");
    if (request.getResponseHeader("Studio-Fault")) explain(area.querySelector(".upload-message"), request.responseText);
    endUpload(area, false);
  }
}

function abortUpload(area) {
  uploads.get(area)?.request.abort();
}

function endUpload(area, isUploaded) {
  area.querySelector(".meter").hidden = true;
  area.removeAttribute("data-busy");
  const detail = { isUploaded, file: uploads.get(area)?.file };
  area.dispatchEvent(new CustomEvent("upload-ended", { bubbles: true, detail }));
}

// Progress and messages -------------------------------------------------------------------------------

function showMeter(area, file) {
  area.setAttribute("data-busy", "");
  area.querySelector(".meter").hidden = false;
  area.querySelector(".meter .name").textContent = file.name;
  showProgress(area, 0, file.size);
}

function showProgress(area, sent, size) {
  const percent = size ? Math.floor((100 * sent) / size) : 0;
  const bar = area.querySelector("progress");
  bar.value = percent;
  const text = area.dataset.sent
    .replace("{share}", percent)
    .replace("{sent}", toMegabytes(sent))
    .replace("{size}", toMegabytes(size));
  area.querySelector(".figure").textContent = text;
  bar.setAttribute("aria-valuetext", text);
}

function showChecking(area) {
  // The time that the check takes is unknown, so the bar is indeterminate.
  area.querySelector("progress").removeAttribute("value");
  area.querySelector("progress").removeAttribute("aria-valuetext");
  area.querySelector(".figure").textContent = area.dataset.checking;
  announce(area.dataset.checking);
}

// Shows the page's message with this name, or none. All upload areas share the messages of the first.
function showError(area, name) {
  const message = area.querySelector(".upload-message");
  message.replaceChildren();
  if (name) message.append(document.querySelector(`[data-upload-error=${name}]`).content.cloneNode(true));
}

// Replaces the two sentences of a message by those of the server about itself.
function explain(message, html) {
  const answer = document.createElement("template");
  answer.innerHTML = html;
  for (const part of ["b", "span"]) message.querySelector(part).replaceWith(answer.content.querySelector(part));
}

function announce(text) {
  const announcer = document.getElementById("announcer");
  if (announcer) announcer.textContent = text;
}
