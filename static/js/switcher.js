// The list of projects beside the headline: closed by Escape, and by a click elsewhere.

const openList = () => document.querySelector("#switcher details[open]");

document.addEventListener("keydown", ({ key }) => {
  const list = key === "Escape" && openList();
  if (!list) return;
  if (list.contains(document.activeElement)) list.firstElementChild.focus();
  list.open = false;
});

document.addEventListener("click", ({ target }) => {
  const list = openList();
  if (list && !list.contains(target)) list.open = false;
});
