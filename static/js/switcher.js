// The small menus beside a headline: closed by Escape, and by a click elsewhere.

const openLists = () => document.querySelectorAll(".switcher details[open]");

document.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  for (const list of openLists()) {
    if (list.contains(document.activeElement)) list.firstElementChild.focus();
    list.open = false;
  }
});

document.addEventListener("click", ({ target }) => {
  for (const list of openLists()) {
    if (!list.contains(target)) list.open = false;
  }
});
