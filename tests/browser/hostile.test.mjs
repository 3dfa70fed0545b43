// What people type who mean no good, in every field of one lab, and every page looked at after it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { PASSWORD, openWindow, setUp, startBrowser, startLab } from "./lab.mjs";
import { BLOCKS, packed } from "./payloads.mjs";

/** The places of a form's fields: what is typed, as one line and as several. */
const LINE = ({ line }) => line;
const TEXT = ({ text }) => text;

/** A manifest that says it wherever a manifest says anything. */
const MANIFEST = ({ line, text, number }) =>
  JSON.stringify({
    id: `hostile-${number}`,
    name: line,
    version: "1.0.0",
    type: "ui",
    description: text,
    author: line,
    repository: `https://example.org/${encodeURIComponent(line)}`,
    permissions: ["events:subscribe"],
    config_schema: {
      type: "object",
      title: line,
      description: text,
      properties: {
        said: { type: "string", title: line, description: text, default: line, examples: [line] },
        [line]: { type: "string", title: line },
        chosen: { title: line, enum: [line, "b"] },
        list: { type: "array", title: line, items: { type: "string", title: line } },
        secret: { type: "string", title: line, writeOnly: true },
      },
      additionalProperties: { type: "string" },
    },
  });
const DOCUMENT = ({ line, text }) => JSON.stringify({ said: text, [line]: line, list: [line, text], chosen: line, secret: line, more: line });

// Every form with a field that takes text: where it is sent, and its fields. A new field is one more
// word here. {project}, {task} and {plugin} are what was made last.
const FORMS = [
  ["/projects", { name: LINE, description: TEXT, task: LINE, status: "active" }],
  ["/projects/{project}", { name: LINE, description: TEXT }],
  ["/projects/{project}/tasks", { name: LINE, description: TEXT }],
  ["/tasks/{task}", { name: LINE, description: TEXT, note: LINE, page: "task" }],
  ["/tasks/{task}", { assignee: LINE, about: LINE, due: LINE, due_time: LINE, page: "task" }],
  ["/tasks/{task}/blockers", { blocker: LINE }],
  ["/tasks/{task}/comments", { text: TEXT }],
  ["/labels", { name: ({ line }) => [...line].slice(0, 40).join(""), color: "red" }],
  ["/labels", { name: LINE, color: LINE }],
  ["/views", { name: LINE, address: "/tasks?q=x" }],
  ["/views", { name: LINE, address: LINE }],
  ["/plugins", { manifest_text: MANIFEST }],
  ["/plugins", { manifest_text: TEXT }],
  ["/plugins/{plugin}/config/json", { document: DOCUMENT, note: LINE }],
  ["/plugins/{plugin}/config/json", { document: TEXT, note: LINE }],
  ["/plugins/{plugin}/config", { "/said": TEXT, "is:/said": "text", note: LINE }],
  ["/plugins/{plugin}/status", { status: LINE }],
  ["/users", { username: LINE, email: LINE, role: "viewer", password: PASSWORD }],
  ["/users", { username: ({ number }) => `hostile-${number}`, email: LINE, role: LINE, password: LINE, disabled: LINE }],
  ["/account/password", { current_password: LINE, password: LINE, password_again: LINE }],
  ["/account/preferences", { theme: LINE, time_zone: LINE }],
  ["/account/second-factor", { code: LINE }],
  ["/login", { username: LINE, password: LINE, next: LINE, code: LINE }],
];

// Every address that says again what stands in it.
const ADDRESSES = [
  "/projects?q={}",
  "/projects?status={}&label={}",
  "/projects?before={}",
  "/tasks?q={}&label={}&assignee={}&due={}&sort={}",
  "/plugins?q={}&criteria={}&config./{}=1",
  "/plugins?has={}&status={}&type={}",
  "/plugins/{plugin}/versions/compare?from={}&to={}",
  "/plugins/{plugin}/versions/{}",
  "/projects/{project}/map?task={}",
  "/events?domain={}&before={}",
  "/audit?person={}&action={}&address={}&from={}",
  "/login?next={}",
  "/system?{}={}",
  "/{}",
  "/projects/{}",
];

/** What Chromium remarks on a refusal, and on a date that is shown again as it was typed. */
const EXPECTED = /status of 4\d\d|does not conform to the required format/;

/** What is wrong with the page that is open. */
function wrong() {
  const found = [];
  const every = [...document.querySelectorAll("*")];
  for (const element of every) {
    for (const { name, value } of element.attributes) {
      const leadsAway = ["href", "src", "action", "formaction", "xlink:href", "data"].includes(name);
      // A link in somebody's text may lead to another site; nothing may be loaded from there.
      const scheme = leadsAway && new URL(value, document.baseURI).protocol;
      if (name.startsWith("on") || name.startsWith("hx-on")) found.push(`${name}="${value}"`);
      if (scheme && !["http:", "https:", "mailto:"].includes(scheme)) found.push(`${name}="${value}"`);
      if (name === "src" && new URL(value, document.baseURI).origin !== origin) found.push(`src="${value}"`);
    }
  }
  const strange = "iframe, object, embed, base, meta[http-equiv], math, form[action*='//'], link[href*='//'], img:not([src^='/static/']), main style, main link, script:not([src])";
  for (const element of document.querySelectorAll(strange)) found.push(element.outerHTML.slice(0, 100));
  for (const element of document.querySelectorAll("[hx-get='/logout'], [hx-post='/logout']")) found.push(element.outerHTML);
  if (document.body?.innerText.includes("13371337")) found.push("a template was computed");
  const overflow = document.documentElement.scrollWidth - innerWidth;
  if (overflow > 0) found.push(`${overflow} pixels too wide`);
  return [...found, ...turned()];

  /** Text that is turned by what somebody typed before it: a mark that nothing contains. */
  function turned() {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const loose = [];
    while (texts.nextNode()) {
      const node = texts.currentNode;
      if (!/[\u202a\u202b\u202d\u202e\u2066-\u2068]/.test(node.data)) continue;
      if (node.parentElement.closest("textarea, script, option, svg, title")) continue;
      let inner = node;
      let outer = node.parentElement;
      let isBehind = false;
      while (outer) {
        const style = getComputedStyle(outer);
        // Text of ours behind theirs, on the same line.
        for (let next = inner.nextSibling; next; next = next.nextSibling) {
          const isBlock = next.nodeType === 1 && !getComputedStyle(next).display.startsWith("inline");
          if (isBlock) break;
          if (next.textContent.trim()) isBehind = true;
        }
        if (/isolate|plaintext/.test(style.unicodeBidi)) {
          isBehind = false;
          break;
        }
        if (style.display !== "inline" && style.display !== "contents") break;
        inner = outer;
        outer = outer.parentElement;
      }
      if (isBehind) loose.push(`turned: ${outer?.outerHTML.slice(0, 150)}`);
    }
    return loose;
  }
}

let browser;
let lab;
before(async () => {
  [browser, lab] = await Promise.all([startBrowser(), startLab()]);
});
after(async () => {
  await browser?.close();
  await lab?.stop();
});

/** Looks at the page that is open, and at its live parts once they were put in place again. */
async function look(page, where, found) {
  const seen = await page.evaluate(wrong);
  const troubles = page.troubles.splice(0).filter((trouble) => !EXPECTED.test(trouble));
  found.push(...[...seen, ...troubles].map((one) => `${where}: ${one}`));
}

/** Every live part of the page, asked for as htmx asks for it. */
async function lookAtParts(page, where, found) {
  const parts = await page.locator("[data-live][hx-get]").evaluateAll((all) => all.map((part) => part.getAttribute("hx-get")));
  for (const part of new Set(parts)) {
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.request().headers()["hx-request"] && new URL(response.url()).pathname === new URL(part, lab.origin).pathname),
      page.locator(`[data-live][hx-get="${part}"]`).first().dispatchEvent("live"),
    ]);
    assert.ok(answer.status() < 500, `${part}: ${answer.status()}`);
    await answer.finished();
    await page.evaluate(() => new Promise(requestAnimationFrame));
    await look(page, `${where}, its part ${part}`, found);
  }
}

/** Sends a form as a browser does, and waits for the page that answers. */
async function send(page, action, fields) {
  await Promise.all([
    page.waitForNavigation(),
    page.evaluate(
      ([action, fields]) => {
        const form = document.createElement("form");
        Object.assign(form, { method: "post", action });
        for (const [name, value] of fields) {
          const field = document.createElement("textarea");
          Object.assign(field, { name, value });
          form.append(field);
        }
        document.body.append(form);
        form.submit();
      },
      [action, fields],
    ),
  ]);
}

/** A window of the admin, in which everything that should not happen is noted. */
async function watched(width, found) {
  const page = await openWindow(browser, lab, { viewport: { width, height: 900 }, reducedMotion: "reduce" });
  await page.exposeFunction("owned", (number) => found.push(`script ${number} ran`));
  page.on("dialog", (dialog) => dialog.dismiss());
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== lab.origin) found.push(`asked ${request.url()}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 500) found.push(`${response.status()} from ${response.url()}`);
    if (response.headers()["x-owned"]) found.push(`a header of theirs from ${response.url()}`);
  });
  return page;
}

/** One address for each kind of page, and two of each. */
async function everyPage(page) {
  const waiting = ["/"];
  const kinds = new Map();
  const all = new Set(waiting);
  while (waiting.length > 0) {
    await page.goto(waiting.shift());
    const links = await page.locator("a[href^='/']").evaluateAll((all) => all.map((link) => link.getAttribute("href")));
    for (const address of links.map((link) => link.split("#")[0])) {
      const { pathname, searchParams } = new URL(address, lab.origin);
      const parts = pathname.split("/").slice(1);
      if (/[0-9]/.test(parts[1] ?? "")) parts[1] = "{id}";
      const kind = [...parts.map((part) => (/^\d+$/.test(part) ? "{n}" : part)), ...searchParams.keys()].join("/");
      const count = kinds.get(kind) ?? 0;
      if (all.has(address) || count >= 2 || address.includes("/export?")) continue;
      kinds.set(kind, count + 1);
      all.add(address);
      waiting.push(address);
    }
  }
  return [...all];
}

test("what is typed stays text, in every field, on every page and in every part of one", { timeout: 600_000 }, async () => {
  const found = [];
  const page = await watched(390, found);
  await setUp(page, lab);
  const made = {};
  const filled = (path, typed) =>
    path.replace(/\{(project|task|plugin)\}/g, (_, kind) => made[kind] ?? "none").replaceAll("{}", encodeURIComponent(typed));
  const block = BLOCKS.join("\n\n");
  for (const [number, line] of packed().entries()) {
    const typed = { line, text: `${line}\n\n${block}`, number };
    for (const [path, fields] of FORMS) {
      const action = filled(path, line);
      const values = Object.entries(fields).map(([name, value]) => [name, typeof value === "string" ? value : value(typed)]);
      await send(page, action, values);
      const { pathname } = new URL(page.url());
      const [, kind, id] = pathname.match(/^\/(project|plugin)s\/([^/]+)$/) ?? [];
      if (kind && action === `/${kind}s`) made[kind] = id;
      if (action === "/projects") made.task = (await page.locator("[id^=task-]").first().getAttribute("id"))?.slice("task-".length);
      await look(page, `${action} with text ${number}`, found);
      if (path === "/login" || page.url().includes("/login")) await page.goto("/");
    }
    for (const address of ADDRESSES) {
      await page.goto(filled(address, line));
      await look(page, `${address} with text ${number}`, found);
    }
    assert.deepEqual(found, []);
  }
  assert.ok(made.project && made.task && made.plugin, JSON.stringify(made));

  const pages = await everyPage(page);
  assert.ok(pages.length >= 25, `only ${pages}`);
  const wide = await watched(1440, found);
  await wide.context().addCookies(await page.context().cookies());
  for (const window of [page, wide]) {
    for (const path of pages) {
      await window.goto(path);
      await look(window, path, found);
      if (window === page) await lookAtParts(window, path, found);
    }
  }
  assert.deepEqual(found, []);
});
