// Copy: a button with data-copy puts the text of the element of that id on the clipboard.
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Plain http on another machine has no clipboard; the old way still works there.
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "unseen";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  if (!(await copied((source.value ?? source.textContent).trim()))) return;
  button.focus();
  const words = button.querySelector("span");
  words.dataset.before ??= words.textContent;
  words.textContent = button.dataset.copied;
  button.setAttribute("data-done", "");
  document.getElementById("announcer").textContent = button.dataset.copied;
  setTimeout(() => {
    words.textContent = words.dataset.before;
    button.removeAttribute("data-done");
  }, 2000);
});
