// Chips that put a sound or a pause into the text, where the cursor is.

document.addEventListener("click", (event) => {
  const chip = event.target.closest?.("[data-insert]");
  if (!chip) return;
  const text = chip.closest(".field").querySelector("textarea");
  const mark = chip.dataset.insert;
  const { selectionStart: start, selectionEnd: end, value } = text;
  // A pause stands apart from the words around it; a sound follows its word.
  const apart = mark.startsWith("<#");
  const before = apart && start > 0 && !/\s/.test(value[start - 1]) ? " " : "";
  const after = apart && end < value.length && !/\s/.test(value[end]) ? " " : "";
  text.focus();
  text.setRangeText(before + mark + after, start, end, "end");
  text.dispatchEvent(new Event("input", { bubbles: true }));
});
