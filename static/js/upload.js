// Recordings go to the studio as soon as they are chosen or dropped, with a true progress bar.
// Without this script the file goes with the form.

// The one upload of each drop zone: what was picked last wins.
const running = new WeakMap();

const zoneOf = (element) => element?.closest?.("[data-upload]");
const megabytes = (bytes) => (bytes / 1e6).toLocaleString("en", { maximumFractionDigits: 1 });

document.addEventListener("change", (event) => {
  const zone = event.target.matches?.("input[type=file]") && zoneOf(event.target);
  if (zone && event.target.files[0]) send(zone, event.target.files[0]);
});

// The recorder brings what it has recorded: { file, origin }.
const origins = new WeakMap();

document.addEventListener("bring", ({ target, detail }) => {
  origins.set(detail.file, detail.origin);
  send(zoneOf(target), detail.file);
});

// Dropping --------------------------------------------------------------------------------------------

for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    const drop = event.target.closest?.("[data-upload] .drop");
    // A file that misses the zone must not replace the page with itself.
    if (document.querySelector("[data-upload]")) event.preventDefault();
    if (!drop) return;
    drop.toggleAttribute("data-over", name === "dragenter" || name === "dragover");
    if (name === "drop" && event.dataTransfer.files[0]) {
      send(zoneOf(drop), event.dataTransfer.files[0]);
    }
  });
}

document.addEventListener("click", (event) => {
  const zone = zoneOf(event.target);
  if (!zone) return;
  if (event.target.closest("[data-cancel]")) {
    stop(zone);
    zone.querySelector("input[type=file]").focus();
    end(zone, false);
  }
  if (event.target.closest("[data-again]")) send(zone, running.get(zone).file);
});

// Another recording was chosen meanwhile: that one counts.
document.addEventListener("htmx:afterSwap", (event) => {
  const zone = document.querySelector(`[data-busy][data-target="#${event.target.id}"]`);
  if (!zone) return;
  stop(zone);
  running.delete(zone);
  end(zone, true);
});

// Sending ---------------------------------------------------------------------------------------------

function send(zone, file) {
  stop(zone);
  const input = zone.querySelector("input[type=file]");
  // It goes now, so it must not go once more with the form.
  input.value = "";
  tell(zone, "");
  const upload = { file, request: new XMLHttpRequest() };
  running.set(zone, upload);
  if (file.size > Number(zone.dataset.max)) {
    tell(zone, "too-large");
    return end(zone, false);
  }
  show(zone, file);

  const { request } = upload;
  const current = () => running.get(zone)?.request === request;
  const body = new FormData();
  body.append("purpose", zone.dataset.purpose);
  body.append("origin", origins.get(file) ?? "");
  body.append("file", file, file.name);
  request.upload.addEventListener("progress", (event) => {
    if (current() && event.lengthComputable) progress(zone, event.loaded, event.total);
  });
  request.upload.addEventListener("load", () => {
    if (current()) checking(zone);
  });
  request.addEventListener("load", () => {
    if (current()) answered(zone, request);
  });
  for (const name of ["error", "timeout"]) {
    request.addEventListener(name, () => {
      if (!current()) return;
      tell(zone, "lost");
      end(zone, false);
    });
  }
  request.open("POST", zone.dataset.upload);
  request.setRequestHeader("HX-Request", "true");
  request.setRequestHeader("X-CSRFToken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  request.send(body);
}

function answered(zone, request) {
  const { status } = request;
  const { file } = running.get(zone);
  if (status === 200) {
    const place = document.querySelector(zone.dataset.target);
    place.innerHTML = request.responseText;
    htmx.process(place);
    announce(zone.dataset.done);
    return end(zone, true);
  }
  if (status === 401 || (status === 403 && request.getResponseHeader("Token-Outdated"))) {
    // The page asks for the sign-in and says why, then the same file goes again.
    tell(zone, "lost");
    end(zone, false);
    const retry = () => running.get(zone)?.file === file && send(zone, file);
    document.dispatchEvent(new CustomEvent("signed-out", { detail: { retry } }));
    return;
  }
  if (status === 422 || status === 413) {
    const said = zone.querySelector(".said");
    said.innerHTML = request.responseText;
    // Another one may be chosen already: which file is meant?
    const name = Object.assign(document.createElement("span"), { className: "small", textContent: file.name });
    said.querySelector(".note")?.prepend(name);
  } else tell(zone, "broken");
  end(zone, false);
}

function stop(zone) {
  running.get(zone)?.request.abort();
}

function end(zone, taken) {
  zone.querySelector(".meter").hidden = true;
  zone.removeAttribute("data-busy");
  const file = running.get(zone)?.file;
  zone.dispatchEvent(new CustomEvent("upload-ended", { bubbles: true, detail: { taken, file } }));
}

// Showing ---------------------------------------------------------------------------------------------

function show(zone, file) {
  zone.setAttribute("data-busy", "");
  zone.querySelector(".meter").hidden = false;
  zone.querySelector(".meter .name").textContent = file.name;
  progress(zone, 0, file.size);
}

function progress(zone, sent, size) {
  const share = size ? Math.floor((100 * sent) / size) : 0;
  const bar = zone.querySelector("progress");
  bar.value = share;
  const words = zone.dataset.sent
    .replace("{share}", share)
    .replace("{sent}", megabytes(sent))
    .replace("{size}", megabytes(size));
  zone.querySelector(".figure").textContent = words;
  bar.setAttribute("aria-valuetext", words);
}

function checking(zone) {
  // How long that takes nobody knows: the bar has no value then.
  zone.querySelector("progress").removeAttribute("value");
  zone.querySelector("progress").removeAttribute("aria-valuetext");
  zone.querySelector(".figure").textContent = zone.dataset.checking;
  announce(zone.dataset.checking);
}

// One of the page's prepared sentences, or none. All zones share those of the first one.
function tell(zone, which) {
  const said = zone.querySelector(".said");
  said.replaceChildren();
  if (which) said.append(document.querySelector(`template[data-${which}]`).content.cloneNode(true));
}

function announce(words) {
  const announcer = document.getElementById("announcer");
  if (announcer) announcer.textContent = words;
}
