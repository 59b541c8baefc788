// The dialog that finds speakers, voices, recordings and pages (Ctrl or Command and K). Its options are links;
// the focus stays in the field, as the combobox pattern of the ARIA Authoring Practices Guide wants it.
const palette = document.getElementById("palette");
const field = palette?.querySelector("[role=combobox]");
const options = () => [...palette.querySelectorAll("[role=option]")];

function select(option) {
  for (const other of options()) other.setAttribute("aria-selected", String(other === option));
  if (option) field.setAttribute("aria-activedescendant", option.id);
  else field.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

function openPalette() {
  if (palette.open || document.querySelector("dialog[open]")) return;
  palette.showModal();
  field.select();
  htmx.trigger(field, "open-palette");
}

if (palette) {
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    openPalette();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-opens-palette]")) {
      event.preventDefault();
      openPalette();
    } else if (event.target === palette) palette.close();
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const all = options();
    const selected = all.findIndex((option) => option.ariaSelected === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && all.length) {
      event.preventDefault();
      select(all[(selected + step + all.length) % all.length]);
    } else if (event.key === "Enter" && selected >= 0) {
      event.preventDefault();
      all[selected].click();
    }
  });
  // The first option is what Enter opens. A list without options is hidden; that nothing was found is
  // read out in the dialog, since what lies behind it is silent while it is open.
  palette.addEventListener("htmx:afterSwap", () => {
    const [first] = options();
    const status = palette.querySelector("[role=status]");
    select(first);
    document.getElementById("palette-options").hidden = !first;
    field.setAttribute("aria-expanded", String(Boolean(first)));
    status.textContent = first ? "" : status.dataset.text;
  });
}
