// Many: several recordings at once, one line each, two on their way at a time, with true progress.
// Without this script the files go with the form.
const AT_ONCE = 2;
const MEGABYTE = 1e6;
const jobs = []; // { file, form, line, purpose, request }

const formOf = (element) => element?.closest?.("form.many");
const amount = (bytes) => (bytes / MEGABYTE).toLocaleString("en", { maximumFractionDigits: 1 });

document.addEventListener("change", ({ target }) => {
  const form = target.matches?.("input[type=file]") && formOf(target);
  if (!form) return;
  bring(form, [...target.files]);
  // They go now, so they must not go once more with the form.
  target.value = "";
});

for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    if (!event.dataTransfer?.types.includes("Files") || !document.querySelector("form.many")) return;
    event.preventDefault();
    const drop = event.target.closest?.(".many .drop");
    drop?.toggleAttribute("data-over", name === "dragenter" || name === "dragover");
    if (drop && name === "drop") bring(formOf(drop), [...event.dataTransfer.files]);
  });
}

document.addEventListener("click", ({ target }) => {
  const line = formOf(target) && target.closest(".line");
  const job = line && jobs.find((one) => one.line === line);
  if (!job) return;
  if (target.closest("[data-cancel]")) cancel(job);
  if (target.closest("[data-again]")) {
    set(job, "waiting");
    next();
  }
});

// A page that is left takes what is on its way with it.
addEventListener("beforeunload", (event) => {
  if (jobs.some(({ state }) => ["waiting", "sending", "checking"].includes(state))) event.preventDefault();
});

function bring(form, files) {
  const list = form.querySelector(".lines");
  const purpose = form.elements.purpose.value;
  for (const file of files) {
    const line = form.querySelector("[data-line]").content.firstElementChild.cloneNode(true);
    line.querySelector(".name").textContent = file.name;
    for (const [selector, words] of [["progress", ""], ["[data-cancel]", ""], ["[data-again]", ""]]) {
      const part = line.querySelector(selector);
      part.setAttribute("aria-label", `${part.textContent.trim() || words} ${file.name}`.trim());
    }
    list.append(line);
    const job = { file, form, line, purpose, request: null, state: "" };
    jobs.push(job);
    if (file.size > Number(form.dataset.max)) {
      set(job, "refused", form.querySelector("[data-too-large]").innerHTML);
    } else set(job, "waiting");
  }
  list.hidden = false;
  next();
}

function next() {
  const busy = jobs.filter(({ state }) => state === "sending" || state === "checking").length;
  for (const job of jobs.filter(({ state }) => state === "waiting").slice(0, AT_ONCE - busy)) send(job);
  const open = jobs.some(({ state }) => ["waiting", "sending", "checking"].includes(state));
  const taken = jobs.filter(({ state }) => state === "taken").length;
  const refused = jobs.filter(({ state }) => state === "refused").length;
  if (open || !(taken + refused)) return;
  const words = jobs[0].form.dataset.done.replace("{taken}", taken).replace("{refused}", refused);
  document.getElementById("announcer").textContent = words;
}

function send(job) {
  const { file, form } = job;
  const request = new XMLHttpRequest();
  job.request = request;
  set(job, "sending");
  const body = new FormData();
  body.append("purpose", job.purpose);
  body.append("several", "1");
  body.append("file", file, file.name);
  const current = () => job.request === request;
  request.upload.addEventListener("progress", ({ lengthComputable, loaded, total }) => {
    if (current() && lengthComputable) progress(job, loaded, total);
  });
  request.upload.addEventListener("load", () => current() && set(job, "checking"));
  request.addEventListener("load", () => current() && answered(job, request));
  for (const name of ["error", "timeout"]) {
    request.addEventListener(name, () => {
      if (!current()) return;
      set(job, "lost", form.dataset.lost);
      next();
    });
  }
  request.open("POST", form.action);
  request.setRequestHeader("HX-Request", "true");
  request.setRequestHeader("X-CSRFToken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  request.send(body);
}

function answered(job, request) {
  const { status } = request;
  if (status === 201) {
    const holder = document.createElement("template");
    holder.innerHTML = request.responseText;
    const line = holder.content.firstElementChild;
    job.line.replaceWith(line);
    job.line = line;
    job.state = "taken";
    htmx.process(line);
  } else if (status === 401 || (status === 403 && request.getResponseHeader("Token-Outdated"))) {
    set(job, "lost", job.form.dataset.signedOut);
    const retry = () => {
      if (job.state !== "lost") return;
      set(job, "waiting");
      next();
    };
    document.dispatchEvent(new CustomEvent("signed-out", { detail: { retry } }));
  } else if (status === 422 || status === 413) set(job, "refused", request.responseText);
  else set(job, "lost", job.form.dataset.broken);
  next();
}

function cancel(job) {
  const { request, line } = job;
  job.request = null;
  request?.abort();
  const list = line.parentElement;
  const beside = line.nextElementSibling ?? line.previousElementSibling;
  line.remove();
  jobs.splice(jobs.indexOf(job), 1);
  (beside?.querySelector("button:not([hidden]), a") ?? job.form.querySelector("input[type=file]")).focus();
  if (!list.children.length) list.hidden = true;
  next();
}

// What a line shows ---------------------------------------------------------------------------------

function set(job, state, why = "") {
  job.state = state;
  const { line, form } = job;
  line.dataset.state = state;
  const ended = state === "refused" || state === "lost";
  const bar = line.querySelector("progress");
  bar.hidden = ended;
  line.querySelector(".figure").hidden = ended;
  line.querySelector(".why").hidden = !ended;
  line.querySelector(".why").innerHTML = why;
  line.querySelector("[data-again]").hidden = state !== "lost";
  if (ended) {
    const away = line.querySelector("[data-cancel]");
    away.textContent = form.dataset.dismiss;
    away.setAttribute("aria-label", `${form.dataset.dismiss} ${job.file.name}`);
  }
  if (state === "waiting") {
    bar.value = 0;
    line.querySelector(".figure").textContent = form.dataset.waits;
  }
  if (state === "sending") progress(job, 0, job.file.size);
  if (state === "checking") {
    // How long that takes nobody knows: the bar has no value then.
    bar.removeAttribute("value");
    bar.removeAttribute("aria-valuetext");
    line.querySelector(".figure").textContent = form.dataset.checking;
  }
}

function progress({ line, form }, sent, size) {
  const share = size ? Math.floor((100 * sent) / size) : 0;
  const words = form.dataset.sent
    .replace("{share}", share)
    .replace("{sent}", amount(sent))
    .replace("{size}", amount(size));
  const bar = line.querySelector("progress");
  bar.value = share;
  bar.setAttribute("aria-valuetext", words);
  line.querySelector(".figure").textContent = words;
}
