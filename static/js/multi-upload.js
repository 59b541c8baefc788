// Uploads several recordings: one line each, two at a time, with progress. A file dragged over the page opens the form.
// Without this script the files are sent with the form.
const PARALLEL_UPLOADS = 2;
const uploads = []; // { file, form, line, purpose, request, state }

const UNFINISHED = ["waiting", "sending", "checking"];
const formOf = (element) => element?.closest?.("form.multi-upload");
const toMegabytes = (bytes) => (bytes / 1024 ** 2).toLocaleString(document.documentElement.lang || "en", { maximumFractionDigits: 1 });

// Whether the file is still what it was when it was chosen.
const isReadable = (file) => file.slice(0, 1).arrayBuffer().then(() => true, () => false);
// Whether the file of this number is a folder, which the browser gives as a file that cannot be read.
const isFolder = (dataTransfer, number) => Boolean(dataTransfer.items[number]?.webkitGetAsEntry?.()?.isDirectory);

document.addEventListener("change", ({ target }) => {
  const form = target.matches?.("input[type=file]") && formOf(target);
  if (!form) return;
  addFiles(form, [...target.files]);
  // The files must not be sent a second time with the form.
  target.value = "";
});

for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    if (!event.dataTransfer?.types.includes("Files") || !document.querySelector("form.multi-upload")) return;
    event.preventDefault();
    if (name === "dragenter") openFold(document.querySelector("form.multi-upload"));
    const drop = event.target.closest?.(".multi-upload .drop");
    drop?.toggleAttribute("data-drag-over", name === "dragenter" || name === "dragover");
    if (drop && name === "drop") {
      const { dataTransfer } = event;
      addFiles(formOf(drop), [...dataTransfer.files], (number) => isFolder(dataTransfer, number));
    }
  });
}

document.addEventListener("click", ({ target }) => {
  const line = formOf(target) && target.closest(".line");
  const upload = line && uploads.find((other) => other.line === line);
  if (!upload) return;
  if (target.closest("[data-cancel]")) cancelUpload(upload);
  if (target.closest("[data-retry]")) {
    setState(upload, "waiting");
    startUploads();
  }
});

// Leaving the page would abort the uploads.
addEventListener("beforeunload", (event) => {
  if (uploads.some(({ state }) => UNFINISHED.includes(state))) event.preventDefault();
});

// The form stays folded until it is used.
const openFold = (form) => form.closest("details").open = true;

function addFiles(form, files, isFolderAt = () => false) {
  openFold(form);
  const list = form.querySelector(".lines");
  const purpose = form.elements.purpose.value;
  const project = form.elements.project?.value ?? "";
  for (const [number, file] of files.entries()) {
    const line = form.querySelector("[data-line]").content.firstElementChild.cloneNode(true);
    line.querySelector(".name").textContent = file.name;
    for (const element of line.querySelectorAll("progress, [data-cancel], [data-retry]")) {
      element.setAttribute("aria-label", `${element.textContent.trim()} ${file.name}`.trim());
    }
    list.append(line);
    const upload = { file, form, line, purpose, project, request: null, state: "" };
    uploads.push(upload);
    if (isFolderAt(number)) setState(upload, "refused", form.dataset.folder);
    else if (file.size > Number(form.dataset.max)) {
      setState(upload, "refused", form.querySelector("[data-too-large]").innerHTML);
    } else setState(upload, "waiting");
  }
  list.hidden = false;
  startUploads();
}

function startUploads() {
  const count = (...states) => uploads.filter(({ state }) => states.includes(state)).length;
  const free = PARALLEL_UPLOADS - count("sending", "checking");
  for (const upload of uploads.filter(({ state }) => state === "waiting").slice(0, free)) sendUpload(upload);
  const [uploaded, refused] = [count("uploaded"), count("refused")];
  if (count(...UNFINISHED) || !(uploaded + refused)) return;
  document.getElementById("announcer").textContent = uploads[0].form.dataset.done
    .replace("{uploaded}", uploaded)
    .replace("{refused}", refused);
}

function sendUpload(upload) {
  const { file, form } = upload;
  const request = new XMLHttpRequest();
  upload.request = request;
  setState(upload, "sending");
  const body = new FormData();
  body.append("purpose", upload.purpose);
  body.append("project", upload.project);
  body.append("several", "1");
  body.append("name", file.name);
  body.append("file", file, file.name);
  const on = (target, name, handle) => target.addEventListener(name, (event) => {
    if (upload.request === request) handle(event);
  });
  on(request.upload, "progress", ({ lengthComputable, loaded, total }) => {
    if (lengthComputable) showProgress(upload, loaded, total);
  });
  on(request.upload, "load", () => setState(upload, "checking"));
  on(request, "load", () => handleAnswer(upload, request));
  for (const name of ["error", "timeout"]) {
    on(request, name, async () => {
      const readable = await isReadable(file);
      if (upload.request !== request) return;
      if (readable) setState(upload, "lost", form.dataset.lost);
      else setState(upload, "refused", form.dataset.changed);
      startUploads();
    });
  }
  request.open("POST", form.action);
  request.setRequestHeader("HX-Request", "true");
  request.setRequestHeader("X-CSRFToken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  request.send(body);
}

function handleAnswer(upload, request) {
  const { status } = request;
  if (status === 201) {
    const template = document.createElement("template");
    template.innerHTML = request.responseText;
    const line = template.content.firstElementChild;
    upload.line.replaceWith(line);
    upload.line = line;
    upload.state = "uploaded";
    htmx.process(line);
    addToList();
  } else if (status === 401 || (status === 403 && request.getResponseHeader("Token-Outdated"))) {
    setState(upload, "lost", upload.form.dataset.signedOut);
    const retry = () => {
      if (upload.state !== "lost") return;
      setState(upload, "waiting");
      startUploads();
    };
    document.dispatchEvent(new CustomEvent("signed-out", { detail: { retry } }));
  } else if (status === 422 || status === 413) setState(upload, "refused", request.responseText);
  else if (status === 403 && request.getResponseHeader("Not-Allowed")) {
    setState(upload, "refused");
    // Text, since it may hold names that people chose.
    upload.line.querySelector(".upload-error").textContent = request.responseText;
  } else if (request.getResponseHeader("Studio-Fault")) setState(upload, "lost", request.responseText);
  else setState(upload, "lost", upload.form.dataset.broken);
  startUploads();
}

// The list gets the rows that are new, in their places, if its filters let them through. All others stay as they
// are, with their selection, focus and sound. What was uploaded is announced once, at the end.
async function addToList() {
  const address = location.href;
  const fresh = await fetchResults(address);
  const rows = [...(fresh?.querySelector(".rows")?.children ?? [])];
  if (!rows.length || location.href !== address) return;
  removeShownChecks(rows);
  const results = document.getElementById("results");
  const list = results.querySelector(".rows");
  if (list) insertNewRows(list, rows);
  else {
    fresh.dataset.announcement = results.dataset.announcement;
    results.replaceWith(fresh);
    htmx.process(fresh);
  }
  // Their numbers above and below the list.
  if (document.getElementById("counts")) htmx.ajax("GET", address, { target: "#counts", swap: "outerHTML" });
}

async function fetchResults(address) {
  const response = await fetch(address, { headers: { "HX-Request": "true", "HX-Target": "results" } }).catch(() => null);
  if (!response?.ok) return null;
  const template = document.createElement("template");
  template.innerHTML = await response.text();
  return template.content.getElementById("results");
}

// From now on the row shows the check, which the line of the upload has shown.
function removeShownChecks(rows) {
  for (const row of rows) {
    const line = document.getElementById(row.id.replace("recording", "line"));
    for (const part of line?.querySelectorAll(".badge, .verdict") ?? []) part.remove();
  }
}

function insertNewRows(list, rows) {
  let before = null;
  for (const row of rows) {
    const known = document.getElementById(row.id);
    if (!known) {
      if (before) before.after(row);
      else list.prepend(row);
      htmx.process(row);
    }
    before = known ?? row;
  }
}

function cancelUpload(upload) {
  const { request, line } = upload;
  upload.request = null;
  request?.abort();
  const list = line.parentElement;
  const neighbour = line.nextElementSibling ?? line.previousElementSibling;
  line.remove();
  uploads.splice(uploads.indexOf(upload), 1);
  (neighbour?.querySelector("button:not([hidden]), a") ?? upload.form.querySelector("input[type=file]")).focus();
  if (!list.children.length) list.hidden = true;
  startUploads();
}

// The line of an upload -----------------------------------------------------------------------------

function setState(upload, state, error = "") {
  upload.state = state;
  const { line, form } = upload;
  line.dataset.state = state;
  const hasFailed = state === "refused" || state === "lost";
  const bar = line.querySelector("progress");
  bar.hidden = hasFailed;
  line.querySelector(".figure").hidden = hasFailed;
  line.querySelector(".upload-error").hidden = !hasFailed;
  line.querySelector(".upload-error").innerHTML = error;
  line.querySelector("[data-retry]").hidden = state !== "lost";
  if (hasFailed) {
    const button = line.querySelector("[data-cancel]");
    button.textContent = form.dataset.dismiss;
    button.setAttribute("aria-label", `${form.dataset.dismiss} ${upload.file.name}`);
  }
  if (state === "waiting") {
    bar.value = 0;
    line.querySelector(".figure").textContent = form.dataset.waiting;
  }
  if (state === "sending") showProgress(upload, 0, upload.file.size);
  if (state === "checking") {
    // The time that the check takes is unknown, so the bar is indeterminate.
    bar.removeAttribute("value");
    bar.removeAttribute("aria-valuetext");
    line.querySelector(".figure").textContent = form.dataset.checking;
  }
}

function showProgress({ line, form }, sent, size) {
  const percent = size ? Math.floor((100 * sent) / size) : 0;
  const text = form.dataset.sent
    .replace("{share}", percent)
    .replace("{sent}", toMegabytes(sent))
    .replace("{size}", toMegabytes(size));
  const bar = line.querySelector("progress");
  bar.value = percent;
  bar.setAttribute("aria-valuetext", text);
  line.querySelector(".figure").textContent = text;
}
