// The map can be made larger and smaller, and be dragged. Without this file it scrolls.
(() => {
  "use strict";

  const STEP = 1.25, LEAST = 0.25, MOST = 2.5;
  let scale = 1;

  const frame = () => document.querySelector("[data-map]");
  const drawings = () => [...document.querySelectorAll("svg.map")];

  function resize() {
    for (const drawing of drawings()) {
      const { width, height } = drawing.viewBox.baseVal;
      drawing.setAttribute("width", width * scale);
      drawing.setAttribute("height", height * scale);
    }
  }

  // What is in the middle stays there, as nearly as it goes: islands may find room beside each other.
  function zoom(wanted) {
    const box = frame();
    if (!box) return;
    const before = [box.scrollWidth, box.scrollHeight];
    scale = Math.min(MOST, Math.max(LEAST, wanted));
    const middle = [box.scrollLeft + box.clientWidth / 2, box.scrollTop + box.clientHeight / 2];
    resize();
    box.scrollTo({
      left: (middle[0] * box.scrollWidth) / before[0] - box.clientWidth / 2,
      top: (middle[1] * box.scrollHeight) / before[1] - box.clientHeight / 2,
    });
  }

  function fit() {
    const box = frame();
    if (!box) return;
    const style = getComputedStyle(box);
    const room = box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    zoom(Math.min(1, room / Math.max(...drawings().map((drawing) => drawing.viewBox.baseVal.width))));
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
    box.classList.add("is-dragged");
    event.preventDefault();
    box.focus({ preventScroll: true });
  });
  document.addEventListener("pointermove", (event) => {
    dragged?.box.scrollTo(dragged.x - event.clientX, dragged.y - event.clientY);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, () => {
      dragged?.box.classList.remove("is-dragged");
      dragged = null;
    });
  }

  // The map is put in place anew when a task changes.
  document.addEventListener("htmx:after:swap", show);
  show();
})();
