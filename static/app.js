// What pages do beyond links and forms; each of them works without this file.
//
// Live: an element names what it shows and where to get itself again, for example
//   <section id="tasks" data-live="project:0190… plugin" hx-get="…" hx-trigger="live" hx-swap="outerMorph">
// "plugin" is any plugin, "project:<id>" that project and its tasks. When such a thing changes,
// the element gets the DOM event `live`: within a second, never in the same moment in every window, and
// less often where the server takes its time.
(() => {
  "use strict";

  // What the stream speaks of: the kinds of events, and what waits for the broker.
  const DOMAINS = ["project", "task", "plugin", "user", "auth", "system", "delivery"];
  const SOON = 100, CALM = 400, JITTER = 300, RETRY = 5000, RETRY_MAX = 60000, QUIET = 250, GRACE = 2000; // milliseconds
  // Between two refreshes there is so many times what the last one took.
  const REST = 5;

  const regions = () => document.querySelectorAll("[data-live]");
  const due = new WeakMap();
  const took = new WeakMap();

  function refreshSoon(region) {
    const before = due.get(region) ?? 0;
    const now = Date.now();
    if (before > now) return;
    const rest = Math.max(CALM, REST * (took.get(region) ?? 0));
    const at = Math.max(now + SOON, before + rest) + Math.random() * JITTER;
    due.set(region, at);
    setTimeout(() => region.dispatchEvent(new CustomEvent("live")), at - now);
  }

  function noteTime(region) {
    if (due.has(region)) took.set(region, Math.max(0, Date.now() - due.get(region)));
  }

  function shows(region, hint) {
    return region.dataset.live.split(/\s+/).some((token) => {
      const [domain, id] = token.split(/:(.*)/s);
      if (id && domain === "project" && hint.project_id === id) return true;
      return domain === hint.domain && (!id || id === hint.id);
    });
  }

  function onHint(message) {
    mark = message.lastEventId;
    let hint;
    try { hint = JSON.parse(message.data); } catch { return; }
    for (const region of regions()) if (shows(region, hint)) refreshSoon(region);
  }

  // Where this window's knowledge ends: the server tells whoever opens a stream with an older mark to
  // look at everything again. At first that of the page, then that of the last message.
  let mark = document.body.dataset.mark ?? "";

  function onAnything(message) {
    mark = message.lastEventId;
    regions().forEach(refreshSoon);
  }

  // One stream per visible window: a browser gives a host six connections in all.
  let stream = null, retry = null, wait = RETRY;

  function open() {
    clearTimeout(retry);
    if (stream || document.hidden || regions().length === 0) return;
    stream = new EventSource(`/events/stream?since=${encodeURIComponent(mark)}`);
    for (const domain of DOMAINS) stream.addEventListener(domain, onHint);
    stream.addEventListener("anything", onAnything);
    stream.onopen = () => {
      wait = RETRY;
      reachable(true);
    };
    stream.onerror = () => {
      if (stream.readyState !== EventSource.CLOSED) return reachable(false);
      // Refused: when the session has ended, the answer to a refresh leads to the login page.
      stream = null;
      if (wait === RETRY) regions().forEach(refreshSoon);
      retry = setTimeout(open, wait + Math.random() * JITTER);
      wait = Math.min(wait * 2, RETRY_MAX);
    };
  }

  function close() {
    clearTimeout(retry);
    stream?.close();
    stream = null;
  }

  // A restart of the server is over in a moment and needs no words.
  let complaint = null;
  function reachable(yes) {
    clearTimeout(complaint);
    const note = document.getElementById("unreachable");
    if (!note) return;
    if (yes) note.hidden = true;
    else complaint = setTimeout(() => { note.hidden = false; }, GRACE);
  }

  // What somebody has typed or chosen stays when the page around it is renewed.
  function isTyped(field) {
    if (field instanceof HTMLSelectElement) {
      const options = [...field.options];
      return options.some((o) => o.defaultSelected) && options.some((o) => o.selected !== o.defaultSelected);
    }
    if (field instanceof HTMLTextAreaElement) return field.value !== field.defaultValue;
    if (!(field instanceof HTMLInputElement) || field.type === "hidden") return false;
    return field.value !== field.defaultValue || field.checked !== field.defaultChecked;
  }

  // Nor may the mark of what a form has seen grow newer than what its fields show, nor a refused form
  // lose what was typed, and why it was refused, to anything but its own answer.
  const isMark = (field) => field.name === "seen" && [...(field.form?.elements ?? [])].some(isTyped);
  const isRefused = (node) => node.matches?.("form[data-refused]");
  // A secret that was typed is not in the answer, which says so; here it still is.
  const isOfTyped = (node) => node.id?.endsWith("-secret") && isTyped(document.getElementById(node.id.slice(0, -7)));
  let answered = null;

  // In a long form it moves with what is put in place above it, at once or when the page is laid out.
  function keepFocusInSight() {
    const focus = document.activeElement;
    if (focus?.closest("form[data-draft]")) focus.scrollIntoView({ block: "nearest" });
  }

  window.htmx?.registerExtension("taylordash", {
    htmx_before_morph_node: (node) => answered?.contains(node) || !(isTyped(node) || isOfTyped(node) || isMark(node) || isRefused(node)),
    htmx_before_swap: (element, { ctx }) => {
      const form = ctx.request?.method === "GET" ? null : element.closest("form");
      // An answer to a draft only shows other parts of it: all that was typed is still under way.
      answered = form?.matches("[data-draft]") ? null : form;
      if (!answered || ctx.response?.status >= 400) return;
      // What was sent and accepted is not "typed" any more.
      answered.reset();
      answered.closest("details.more")?.removeAttribute("open");
    },
    htmx_after_swap: (_, { ctx }) => {
      // A part that was not asked for by the one who types must not move the page.
      if (ctx.request?.method === "GET") return;
      keepFocusInSight();
      requestAnimationFrame(() => requestAnimationFrame(keepFocusInSight));
    },
    htmx_after_request: (element, { ctx }) => {
      reachable(true);
      if (ctx.request?.method === "GET") noteTime(element);
      // Going to the login page would lose what is typed here.
      const keeps = ctx.hx?.redirect?.startsWith("/login") && [...document.querySelectorAll("input, textarea, select")].some(isTyped);
      document.getElementById("signed-out").hidden = !keeps;
      return keeps ? false : undefined;
    },
    htmx_error: (_, { ctx }) => { if (ctx && !ctx.response) reachable(false); },
  });

  // A setting on which others depend asks for those that apply now, once it has been quiet for a moment.
  const asking = new Map();
  function askWhatApplies(event) {
    let field = null;
    for (let around = event.target; around; around = around.parentElement?.closest("[data-decides]")) {
      if (around.matches?.("[data-decides]")) field = around;
    }
    if (!field || !window.htmx) return;
    const id = `${field.dataset.decides}_apply`;
    clearTimeout(asking.get(id));
    asking.set(id, setTimeout(() => document.getElementById(id)?.dispatchEvent(new CustomEvent("apply")), QUIET));
  }

  // A mistake in a text leads to its place.
  function goToLine(event) {
    const link = event.target.closest?.("a[data-line]");
    const text = link && document.querySelector(link.getAttribute("href"));
    if (!text) return;
    event.preventDefault();
    const lines = text.value.split("\n");
    const line = Math.min(Number(link.dataset.line), lines.length) - 1;
    const start = lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0);
    const column = link.dataset.column ? [...lines[line]].slice(0, link.dataset.column - 1).join("").length : 0;
    text.focus();
    text.setSelectionRange(start + column, link.dataset.column ? start + column + 1 : start + lines[line].length);
    text.scrollTop = (text.scrollHeight / lines.length) * Math.max(0, line - 3);
  }

  // The same words as the server's.
  function tellTime() {
    for (const time of document.querySelectorAll("time[data-ago]")) {
      const minutes = Math.floor((Date.now() - Date.parse(time.dateTime)) / 60000);
      const text = minutes < 1 ? "just now" : minutes < 60 ? `${minutes} min ago`
        : minutes < 1440 ? `${Math.floor(minutes / 60)} h ago`
        : minutes < 43200 ? `${Math.floor(minutes / 1440)} d ago` : time.textContent;
      if (time.textContent !== text) time.textContent = text;
    }
  }

  function closeMenus(event) {
    for (const menu of document.querySelectorAll("details.who[open], details.more[open]")) {
      if (event.type === "click" ? menu.contains(event.target) : event.key !== "Escape") continue;
      if (event.type === "keydown" && menu.contains(document.activeElement)) menu.querySelector("summary").focus();
      if (![...menu.querySelectorAll("input, textarea, select")].some(isTyped)) menu.open = false;
    }
  }

  document.addEventListener("visibilitychange", () => { document.hidden ? close() : (tellTime(), open()); });
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", open);
  document.addEventListener("click", closeMenus);
  document.addEventListener("click", goToLine);
  document.addEventListener("change", askWhatApplies);
  document.addEventListener("keydown", closeMenus);
  setInterval(() => { if (!document.hidden) tellTime(); }, 30000);
})();
