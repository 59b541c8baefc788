// Styleguide: draws examples in the states that only scripts set.
function drawStates() {
  for (const example of document.querySelectorAll("[data-example-stage]")) {
    const recorder = example.querySelector(".recorder");
    const stage = (recorder.dataset.stage = example.dataset.exampleStage);
    for (const element of recorder.querySelectorAll("[data-stages]")) {
      element.hidden = !element.dataset.stages.split(" ").includes(stage);
    }
  }
  for (const example of document.querySelectorAll("[data-example-player]")) {
    const player = example.querySelector(".player");
    player.toggleAttribute(`data-${example.dataset.examplePlayer}`, true);
    player.style.setProperty("--played", "40%");
  }
  const box = document.querySelector("[data-example-selected] .select input");
  if (box) box.checked = true;
  for (const drop of document.querySelectorAll("[data-example-over] .drop")) {
    drop.toggleAttribute("data-drag-over", true);
  }
  for (const example of document.querySelectorAll("[data-example-notes]")) {
    const notes = example.dataset.exampleNotes.split(" ").map((id) => document.getElementById(id));
    example.replaceChildren(...notes.map((note) => note.content.cloneNode(true)));
  }
  for (const example of document.querySelectorAll("[data-example-combobox=open]")) {
    example.querySelector("input").setAttribute("aria-expanded", "true");
    example.querySelector("[role=option]").setAttribute("aria-selected", "true");
  }
  for (const example of document.querySelectorAll("[data-example-controls]")) {
    const play = example.querySelector("[data-play]");
    play.toggleAttribute("data-playing", true);
    play.querySelector(".button-label").textContent = play.dataset.pauseLabel;
    example.querySelector("[data-loop]").setAttribute("aria-pressed", "true");
  }
  for (const example of document.querySelectorAll("[data-example-part]")) {
    const [start, end] = example.dataset.examplePart.split(" ");
    const editor = example.querySelector(".waveform-editor");
    editor.style.setProperty("--start", `${start}%`);
    editor.style.setProperty("--end", `${end}%`);
  }
}

// Examples arrive with the page or after it.
document.addEventListener("htmx:load", drawStates);
drawStates();
