// A button with data-copy="element-id" copies the text of that element to the clipboard.
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // navigator.clipboard does not exist on plain http, where execCommand still works.
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "visually-hidden";
    document.body.append(field);
    field.select();
    const isCopied = document.execCommand("copy");
    field.remove();
    return isCopied;
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  if (!(await copyText((source.value ?? source.textContent).trim()))) return;
  button.focus();
  const label = button.querySelector("span");
  label.dataset.label ??= label.textContent;
  label.textContent = button.dataset.copied;
  button.setAttribute("data-done", "");
  document.getElementById("announcer").textContent = button.dataset.copied;
  setTimeout(() => {
    label.textContent = label.dataset.label;
    button.removeAttribute("data-done");
  }, 2000);
});
