// Buttons that insert a sound tag or a pause into the text, at the cursor.

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-insert]");
  if (!button) return;
  const field = button.closest(".field").querySelector("textarea");
  const tag = button.dataset.insert;
  const { selectionStart: start, selectionEnd: end, value } = field;
  // A pause needs spaces around it; a sound follows its word directly.
  const isPause = tag.startsWith("<#");
  const before = isPause && start > 0 && !/\s/.test(value[start - 1]) ? " " : "";
  const after = isPause && end < value.length && !/\s/.test(value[end]) ? " " : "";
  field.focus();
  field.setRangeText(before + tag + after, start, end, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
