// The map can be made larger and smaller, and be dragged. Without this file it scrolls.
(() => {
  "use strict";

  const STEP = 1.25, LEAST = 0.25, MOST = 2.5;
  let scale = 1;

  const frame = () => document.querySelector("[data-map]");

  function resize() {
    const map = frame()?.querySelector("svg");
    if (!map) return;
    const { width, height } = map.viewBox.baseVal;
    map.setAttribute("width", width * scale);
    map.setAttribute("height", height * scale);
  }

  // What is in the middle stays there.
  function zoom(wanted) {
    const box = frame();
    if (!box) return;
    const before = scale;
    scale = Math.min(MOST, Math.max(LEAST, wanted));
    const middle = (scroll, size) => ((scroll + size / 2) * scale) / before - size / 2;
    const to = { left: middle(box.scrollLeft, box.clientWidth), top: middle(box.scrollTop, box.clientHeight) };
    resize();
    box.scrollTo(to);
  }

  function fit() {
    const box = frame();
    const { width } = box.querySelector("svg").viewBox.baseVal;
    zoom(Math.min(1, box.clientWidth / width));
  }

  function show() {
    for (const tools of document.querySelectorAll("[data-map-tools]")) tools.hidden = false;
    if (scale !== 1) resize();
  }

  document.addEventListener("click", (event) => {
    const tool = event.target.closest?.("[data-zoom]")?.dataset.zoom;
    if (tool === "in") zoom(scale * STEP);
    if (tool === "out") zoom(scale / STEP);
    if (tool === "fit") fit();
  });

  let dragged = null;
  document.addEventListener("pointerdown", (event) => {
    const box = event.target.closest?.("[data-map]");
    if (!box || event.pointerType !== "mouse" || event.button !== 0 || event.target.closest("a")) return;
    dragged = { box, x: event.clientX + box.scrollLeft, y: event.clientY + box.scrollTop };
    event.preventDefault();
    box.focus({ preventScroll: true });
  });
  document.addEventListener("pointermove", (event) => {
    dragged?.box.scrollTo(dragged.x - event.clientX, dragged.y - event.clientY);
  });
  for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => (dragged = null));

  // The map is put in place anew when a task changes.
  document.addEventListener("htmx:after:swap", show);
  show();
})();
