// Keys to press where tasks are shown; templates/_keys.html lists them. What they do can be done without.
//
// A task is an element with data-task="<id>"; in it a[data-open] leads to its page, and a box named `task`
// selects it. The page's filter has data-filter, and what makes a new task data-create.
(() => {
  "use strict";

  const TYPED_IN = "input:not([type=checkbox]):not([type=radio]):not([type=button]):not([type=submit]), textarea, select, [contenteditable]";
  const STATUSES = { 1: ["pending", "pending"], 2: ["in_progress", "in progress"], 3: ["blocked", "blocked"], 4: ["done", "done"] };

  const told = document.getElementById("told");
  function tell(text) {
    // The same words twice are news twice.
    told.textContent = "";
    requestAnimationFrame(() => { told.textContent = text; });
  }

  // A task may be a card in a column and gone from it: where it was, the next one is current.
  let last = { id: "", at: -1 };
  const tasks = () => [...document.querySelectorAll("[data-task]")].filter((task) => task.checkVisibility());

  function current() {
    const focused = document.activeElement?.closest("[data-task]");
    if (focused) return focused;
    const all = tasks();
    return all.find((task) => task.dataset.task === last.id) ?? (all.length === 1 && !opener(all[0]) ? all[0] : null);
  }

  const opener = (task) => task.querySelector("a[data-open]");
  const nameOf = (task) => (task.dataset.name ?? opener(task)?.textContent ?? "").trim();

  function step(by) {
    const all = tasks().filter(opener);
    if (all.length === 0) return tell("There is no task to go to here.");
    const here = current();
    const at = here ? all.indexOf(here) : by > 0 ? Math.min(last.at, all.length) - (last.at < 0 ? 0 : 1) : Math.max(last.at, 0);
    const next = all[at + by];
    if (!next) return tell(by > 0 ? "That was the last task." : "That was the first task.");
    opener(next).focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // The task, or a word on why there is none.
  function withCurrent(what) {
    const task = current();
    if (task) what(task);
    else tell("No task is chosen: j goes to the first.");
  }

  function select(task) {
    const box = task.querySelector("input[type=checkbox][name=task]");
    if (!box) return tell("Tasks are not selected here, but in a list.");
    box.click();
    tell(`${nameOf(task)} is ${box.checked ? "selected" : "not selected"}.`);
  }

  function edit(task) {
    const name = task.querySelector("form#change [name=name]");
    if (name) name.focus();
    // A link of a drawing has no click of its own.
    else if (opener(task)) opener(task).dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
    else tell("Only a maintainer may edit this.");
  }

  async function set(task, [status, word]) {
    const name = nameOf(task);
    const answer = await fetch(`/tasks/${encodeURIComponent(task.dataset.task)}/place`, {
      method: "POST",
      body: new URLSearchParams({ status }),
      headers: { "HX-Request": "true", "HX-Request-Type": "partial" },
      redirect: "manual",
    }).catch(() => null);
    const login = answer?.headers.get("HX-Redirect");
    if (login) location.href = login;
    else if (answer?.type === "opaqueredirect") {
      tell(`${name} is ${word} now.`);
      task.closest("[data-live]")?.dispatchEvent(new CustomEvent("live"));
    } else tell(await refusal(answer));
  }

  async function refusal(answer) {
    if (!answer) return "TaylorDash cannot be reached, and nothing was changed.";
    if (answer.status === 403) return "Only a maintainer may change this.";
    if (answer.status === 404) return "This task is not there any more.";
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return page.querySelector("#board")?.dataset.said ?? "That did not work, and nothing was changed.";
  }

  function goTo(selector, otherwise) {
    const wanted = [...document.querySelectorAll(selector)].find((element) => element.checkVisibility());
    if (!wanted) return tell(otherwise);
    if (wanted.matches("a, button")) wanted.click();
    else wanted.focus();
  }

  const KEYS = {
    j: () => step(1),
    k: () => step(-1),
    x: () => withCurrent(select),
    e: () => withCurrent(edit),
    c: () => goTo("[data-create]", "No task is made on this page."),
    "/": () => goTo("[data-filter]", "There is nothing to filter on this page."),
    "?": () => document.getElementById("keys-dialog").showModal(),
  };
  for (const key of Object.keys(STATUSES)) KEYS[key] = () => withCurrent((task) => set(task, STATUSES[key]));

  function onKey(event) {
    if (!["Shift", "Control", "Alt", "Meta"].includes(event.key)) told.textContent = "";
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest?.(TYPED_IN) || document.querySelector("dialog[open]")) return;
    const act = Object.hasOwn(KEYS, event.key) && KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  document.addEventListener("keydown", onKey);
  document.addEventListener("focusin", (event) => {
    const task = event.target.closest("[data-task]");
    if (task) last = { id: task.dataset.task, at: tasks().filter(opener).indexOf(task) };
  });
  document.addEventListener("pointerdown", () => { told.textContent = ""; });
})();
