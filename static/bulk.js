// Check boxes of a list: all of a page at once, and how many there are. Without this file each is
// checked by itself.
(() => {
  "use strict";

  const boxes = () => [...document.querySelectorAll("input[type=checkbox][name=task]")];
  const all = () => document.querySelector("[data-check-all] input");

  function count() {
    const [bar, every] = [document.querySelector("[data-checked]"), all()];
    if (!bar || !every) return;
    const found = boxes();
    const checked = found.filter((box) => box.checked).length;
    const words = checked === 0 ? "" : checked === 1 ? "1 task is checked" : `${checked} tasks are checked`;
    if (bar.textContent !== words) bar.textContent = words;
    every.checked = checked > 0 && checked === found.length;
    every.indeterminate = checked > 0 && checked < found.length;
  }

  function onChange(event) {
    if (event.target === all()) for (const box of boxes()) box.checked = event.target.checked;
    if (event.target === all() || event.target.name === "task") count();
  }

  const label = document.querySelector("[data-check-all]");
  if (label) label.hidden = false;
  document.addEventListener("change", onChange);
  // A browser that goes back checks what was checked; a live list may have lost some.
  window.addEventListener("pageshow", count);
  document.addEventListener("htmx:after:swap", count);
  count();
})();
