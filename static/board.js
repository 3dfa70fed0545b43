// Cards are moved by hand, or by the arrow keys on their menus. Without this file the menus' buttons do it.
(() => {
  "use strict";

  const board = () => document.getElementById("board");
  const cardOf = (element) => element?.closest?.("[data-task]");
  const beside = (element) => element?.dataset.task ?? "";

  // While a card is held, nothing is put in place anew: that waits until it is let go.
  let isHeld = false, isLate = false;
  document.addEventListener("live", (event) => {
    if (!isHeld || event.target !== board()) return;
    isLate = true;
    event.stopImmediatePropagation();
  }, true);
  const refresh = () => board().dispatchEvent(new CustomEvent("live"));

  function letGo(event) {
    isHeld = false;
    board().classList.remove("is-dragging");
    const { item, from, to, oldDraggableIndex, newDraggableIndex } = event;
    if (from !== to || oldDraggableIndex !== newDraggableIndex) {
      move(item, {
        status: to.dataset.column,
        after: beside(item.previousElementSibling),
        before: beside(item.nextElementSibling),
      });
    } else if (isLate) refresh();
    isLate = false;
  }

  function move(card, values) {
    const form = card.querySelector("form.board-ways");
    window.htmx.ajax("POST", form.getAttribute("action"), { source: form, target: "#board", swap: "outerMorph", values });
  }

  function attach() {
    if (!window.Sortable || !board()?.hasAttribute("data-may-move")) return;
    for (const list of document.querySelectorAll("[data-column]")) {
      if (window.Sortable.get(list)) continue;
      new window.Sortable(list, {
        group: "board",
        draggable: "[data-task]",
        filter: "details",
        preventOnFilter: false,
        forceFallback: true,
        fallbackOnBody: true,
        fallbackTolerance: 4,
        delay: 250,
        delayOnTouchOnly: true,
        touchStartThreshold: 6,
        animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
        ghostClass: "is-going",
        fallbackClass: "is-held",
        scrollSensitivity: 60,
        onStart: () => { isHeld = true; board().classList.add("is-dragging"); },
        onEnd: letGo,
      });
    }
  }

  // Who moves a card by keys stays with it.
  let followed = null;
  function onKey(event) {
    const grip = event.target.closest?.("[data-grip]");
    if (!grip || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const columns = [...document.querySelectorAll("[data-column]")];
    const column = columns.indexOf(grip.closest("[data-column]"));
    const ways = {
      ArrowUp: { to: "up" },
      ArrowDown: { to: "down" },
      ArrowLeft: { status: columns[column - 1]?.dataset.column },
      ArrowRight: { status: columns[column + 1]?.dataset.column },
    };
    const way = ways[event.key];
    if (!way) return;
    event.preventDefault();
    if (way.to || way.status) move(cardOf(grip), way);
  }

  // The link to more cards may be where the focus is when they take its place.
  let wasOnMore = null;
  function beforeSwap(event) {
    const { ctx } = event.detail ?? {};
    // It was under way when a card was taken up.
    if (isHeld && ctx?.target === board()) {
      isLate = true;
      return event.preventDefault();
    }
    followed = ctx?.request?.method === "POST" ? cardOf(document.activeElement)?.id : null;
    const more = document.activeElement?.closest?.(".board-more");
    wasOnMore = more ? [more.closest("[data-column]").id, more.parentElement.querySelectorAll("[data-task]").length] : null;
  }

  function afterSwap() {
    attach();
    say();
    if (followed) {
      const card = document.getElementById(followed);
      if (card && document.activeElement !== card.querySelector("summary")) card.querySelector("summary")?.focus();
      card?.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    if (wasOnMore && document.activeElement === document.body) {
      const [list, count] = wasOnMore;
      document.getElementById(list)?.querySelectorAll("[data-task]")[count]?.querySelector("[data-open]")?.focus();
    }
    followed = wasOnMore = null;
  }

  function say() {
    const said = document.getElementById("said");
    const text = board()?.dataset.said;
    if (!said || !text) return;
    const isRefused = "refused" in board().dataset;
    said.classList.toggle("notice", isRefused);
    said.classList.toggle("notice-danger", isRefused);
    if (said.textContent !== text) said.textContent = text;
    delete board().dataset.said;
    if (isRefused) said.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", onKey);
  document.addEventListener("htmx:before:swap", beforeSwap);
  document.addEventListener("htmx:after:swap", afterSwap);
  attach();
})();
