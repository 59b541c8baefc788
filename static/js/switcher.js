// The small menus beside a headline: closed by Escape, and by a click elsewhere. On a phone the views below it are
// wider than the screen: the one in use is scrolled into view.

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

// Also when the numbers of rows come, which make the views before it wider. Only sideways: the page stays where it is.
document.addEventListener("htmx:load", ({ detail }) => {
  const current = detail.elt.matches?.("body, #views, #views *") && document.querySelector("#views > [aria-current]");
  if (!current) return;
  const [view, views] = [current, current.parentElement].map((each) => each.getBoundingClientRect());
  current.parentElement.scrollLeft += (view.left + view.right - views.left - views.right) / 2;
});
