// What people do from the first start on, with scripts and without them.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { PASSWORD, SOON, logIn, openWindow, press, setUp, startBrowser, startLab } from "./lab.mjs";

const MANIFEST = JSON.stringify({
  id: "porch-light",
  name: "Porch light",
  version: "1.2.0",
  type: "integration",
  description: "Switches the light at the door.",
  permissions: ["events:subscribe"],
  config_schema: {
    type: "object",
    required: ["host"],
    properties: {
      host: { type: "string", title: "Host", minLength: 1 },
      port: { type: "integer", title: "Port", minimum: 1, maximum: 65535, default: 1883 },
      room: { type: "string", title: "Room", enum: ["porch", "hall"] },
      enabled: { type: "boolean", title: "Enabled" },
    },
  },
});

let browser;
before(async () => (browser = await startBrowser()));
after(() => browser.close());

let lab;
afterEach(() => lab?.stop());

/** Goes to a room by the navigation. */
const visit = (page, room) =>
  page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: room }).click();

async function createProject(page, name, tasks) {
  await visit(page, "Projects");
  await page.getByRole("link", { name: "New project" }).first().click();
  await page.fill("#name", name);
  await page.fill("#description", "With **care**.");
  const fields = page.locator("input[name=task]");
  for (const [index, task] of tasks.entries()) await fields.nth(index).fill(task);
  await press(page, "Create project");
  assert.equal(await page.locator("h1").innerText(), name);
}

async function createUser(page, username, role) {
  await visit(page, "Users");
  await page.getByRole("link", { name: "New user" }).click();
  await page.fill("#username", username);
  await page.locator(`input[name=role][value=${role}]`).check();
  await page.fill("#password", PASSWORD);
  await press(page, "Create user");
}

async function installPlugin(page) {
  await visit(page, "Plugins");
  await page.getByRole("link", { name: /Install/ }).first().click();
  await page.fill("#manifest_text", MANIFEST);
  await press(page, "Install");
  assert.equal(await page.locator("h1").innerText(), "Porch light");
}

async function configurePlugin(page, host) {
  await page.getByRole("link", { name: "Configure", exact: true }).click();
  await page.locator("[name='/host']").fill(host);
  await page.locator("[name='/room']").first().waitFor();
  await press(page, "Save");
  await page.getByText("Saved.").waitFor();
}

const OWN_PASSWORD = "seven lamps on the quay";

/** Signs in for the first time: the password that the admin gave leads to choosing one's own. */
async function comeFirst(page, username) {
  await logIn(page, username);
  await page.fill("#current_password", PASSWORD);
  for (const field of ["#password", "#password_again"]) await page.fill(field, OWN_PASSWORD);
  await press(page, "Change password");
  await page.getByText("Password changed").waitFor();
}

async function theWholeWay(page) {
  await setUp(page, lab);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.locator("details.who summary").click();
  await press(page, "Log out");
  await page.getByText("You are signed out.").waitFor();
  await logIn(page, "sam");
  await createProject(page, "Rewire the porch", ["Buy cable", "Call Robin"]);
  await page.getByText("Buy cable").first().waitFor();
  assert.equal(await page.locator(".text strong").innerText(), "care");
  await installPlugin(page);
  await configurePlugin(page, "light.lab");
  await page.getByText("light.lab").waitFor();
  await createUser(page, "robin", "viewer");
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with scripts" : "without scripts";
  test(`set up, log in, a project, a plugin with its settings, a friend: ${how}`, async () => {
    lab = await startLab();
    const page = await openWindow(browser, lab, { javaScriptEnabled });
    await theWholeWay(page);
    const friend = await openWindow(browser, lab, { javaScriptEnabled });
    await comeFirst(friend, "robin");
    await visit(friend, "Projects");
    await friend.getByRole("link", { name: "Rewire the porch" }).click();
    assert.equal(await friend.getByRole("link", { name: "Edit" }).count(), 0, "a viewer is shown what they cannot do");
    assert.equal(await friend.getByRole("link", { name: "Users" }).count(), 0);
    await visit(friend, "Events");
    await friend.getByText("Porch light").first().waitFor();
    assert.deepEqual([page.troubles, friend.troubles], [[], []]);
    await page.context().close();
    await friend.context().close();
  });
}

test("a refused form keeps what was typed and says at the field what to do", async () => {
  lab = await startLab();
  const page = await openWindow(browser, lab, { javaScriptEnabled: false });
  await setUp(page, lab);
  await page.goto("/projects/new");
  await page.fill("#name", "x".repeat(201));
  await page.fill("#description", "kept");
  await press(page, "Create project");
  assert.equal(await page.inputValue("#description"), "kept");
  assert.equal(await page.inputValue("#name"), "x".repeat(201));
  assert.match(await page.locator("#name-error").innerText(), /at most 200/);
  await page.context().close();
});

test("what one person changes another sees at once, and keeps what they were typing", async () => {
  lab = await startLab();
  const sam = await openWindow(browser, lab);
  await setUp(sam, lab);
  await createProject(sam, "Rewire the porch", ["Buy cable"]);
  const project = new URL(sam.url()).pathname;
  await installPlugin(sam);
  await createUser(sam, "robin", "maintainer");
  const robin = await openWindow(browser, lab);
  await comeFirst(robin, "robin");
  await robin.goto(project);
  const typed = robin.locator("#add input[name=name], form[action$='/tasks'] input[name=name]").first();
  await typed.pressSequentially("Half a thou");
  await sam.goto(project);
  await sam.locator("form[action$='/tasks'] input[name=name]").first().fill("Call the electrician");
  await sam.locator("form[action$='/tasks'] button[type=submit]").first().click();
  await robin.getByText("Call the electrician").first().waitFor({ timeout: SOON });
  assert.equal(await typed.inputValue(), "Half a thou");
  assert.ok(await typed.evaluate((field) => field === document.activeElement), "the caret is gone");
  // Settings of a plugin, on another page.
  await robin.goto("/plugins/porch-light");
  await sam.goto("/plugins/porch-light");
  await configurePlugin(sam, "light.lab");
  await robin.getByText("light.lab").waitFor({ timeout: SOON });
  // And the dashboard on the wall.
  const wall = await openWindow(browser, lab);
  await logIn(wall, "robin", OWN_PASSWORD);
  await createProject(sam, "Paint the porch", []);
  await wall.getByText("Paint the porch").first().waitFor({ timeout: SOON });
  assert.deepEqual([sam.troubles, robin.troubles, wall.troubles], [[], [], []]);
  for (const page of [sam, robin, wall]) await page.context().close();
});

test("a page looks within a second of a change, also where another came just before", async () => {
  lab = await startLab();
  const sam = await openWindow(browser, lab);
  await setUp(sam, lab);
  const wall = await openWindow(browser, lab);
  await logIn(wall, "sam", PASSWORD);
  await wall.addInitScript(() => {
    const listen = EventSource.prototype.addEventListener;
    EventSource.prototype.addEventListener = function (kind, hear) {
      return listen.call(this, kind, (message) => {
        hear(message);
        if (kind === "project") window.heard = (window.heard ?? 0) + 1;
      });
    };
  });
  // Its clock goes on only as it is told to: how busy this machine is says nothing of the page.
  await wall.clock.install();
  const streamed = wall.waitForResponse((response) => response.url().includes("/events/stream"));
  await wall.goto("/projects");
  await streamed;
  await wall.clock.pauseAt(Date.now() + 60_000);
  const asked = [];
  wall.on("request", (request) => new URL(request.url()).pathname === "/projects" && asked.push(request));
  for (const n of [1, 2, 3, 4]) {
    await createProject(sam, `Rack ${n}`, []);
    await wall.waitForFunction((count) => window.heard >= count, n, { timeout: SOON });
    const looks = asked.length;
    let waited = 0;
    for (; asked.length === looks; waited += 50) {
      assert.ok(waited < 1000, `it has not looked for ${waited} ms at change ${n}`);
      await wall.clock.runFor(50);
      await sleep(20);
    }
    await wall.getByText(`Rack ${n}`).waitFor({ timeout: SOON });
  }
  for (const page of [sam, wall]) await page.context().close();
});

test("an idle page asks for nothing", async () => {
  lab = await startLab();
  const page = await openWindow(browser, lab);
  await setUp(page, lab);
  // The dashboard that one is led to opens a stream of its own; this page shows nothing live.
  await page.goto("/account");
  const streamed = page.waitForRequest((request) => request.url().includes("/events/stream"));
  await page.goto("/");
  await streamed;
  await page.waitForLoadState("load");
  await page.getByText("all delivered").waitFor({ timeout: SOON });
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.waitForTimeout(4000);
  // The icon of the tab comes when Chromium finds the time.
  assert.deepEqual(asked.filter((url) => !url.includes("/static/logo.svg")), []);
  await page.context().close();
});

test("a session that ended leads to the login and back to the page", async () => {
  lab = await startLab();
  const page = await openWindow(browser, lab);
  await setUp(page, lab);
  await page.goto("/projects/new");
  await page.context().clearCookies();
  await visit(page, "Projects");
  await page.waitForURL(/\/login\?next=/);
  await page.fill("#username", "sam");
  await page.fill("#password", PASSWORD);
  await press(page, "Log in");
  assert.equal(new URL(page.url()).pathname, "/projects");
  await page.context().close();
});

test("everything is reached by the keyboard, and where it is can be seen", async () => {
  lab = await startLab();
  const page = await openWindow(browser, lab);
  await setUp(page, lab);
  await createProject(page, "Rewire the porch", ["Buy cable"]);
  const project = new URL(page.url()).pathname;
  for (const path of ["/", "/projects", "/projects/new", project, "/plugins/new", "/events", "/users/new", "/account"]) {
    await page.goto(path);
    const wanted = await page.evaluate(() => {
      const controls = "a[href], button, input:not([type=hidden]):not([type=radio]), select, textarea, summary";
      const isShown = (element) => element.checkVisibility({ visibilityProperty: true });
      const found = [...document.querySelectorAll(controls)].filter((element) => isShown(element) && !element.disabled);
      found.forEach((element, index) => (element.dataset.wanted = index));
      return found.length;
    });
    const reached = new Set();
    for (let step = 0; step < wanted + 20; step++) {
      await page.keyboard.press("Tab");
      const seen = await page.evaluate(() => {
        const element = document.activeElement;
        if (!element || element === document.body) return null;
        const looks = (node) => {
          const style = getComputedStyle(node);
          return [style.outlineStyle, style.outlineWidth, style.boxShadow, style.borderColor, style.backgroundColor].join();
        };
        // A radio or a switch may show its focus on the label around it.
        const nodes = [element, element.closest("label")].filter(Boolean);
        const focused = nodes.map(looks).join();
        element.blur();
        const blurred = nodes.map(looks).join();
        element.focus({ focusVisible: true, preventScroll: true });
        return { index: element.dataset.wanted, html: element.outerHTML.slice(0, 120), shown: focused !== blurred };
      });
      if (!seen) continue;
      assert.ok(seen.shown, `${path}: the focus cannot be seen on ${seen.html}`);
      if (seen.index !== undefined) reached.add(seen.index);
    }
    assert.equal(reached.size, wanted, `${path}: some controls cannot be reached`);
  }
  await page.context().close();
});

test("eight tabs of one browser work, and one that was hidden catches up when it is seen again", async () => {
  lab = await startLab();
  const sam = await openWindow(browser, lab);
  await setUp(sam, lab);
  const robin = await openWindow(browser, lab);
  await logIn(robin, "sam", PASSWORD);
  const tabs = [];
  for (let n = 0; n < 8; n += 1) {
    const tab = await sam.context().newPage();
    await tab.goto("/projects");
    // A browser without windows shows all its tabs: what is hidden has to be said.
    for (const other of tabs) await show(other, false);
    tabs.push(tab);
  }
  await createProject(robin, "Paint the porch", []);
  await tabs[7].getByText("Paint the porch").first().waitFor({ timeout: SOON });
  assert.equal(await tabs[0].getByText("Paint the porch").count(), 0, "a hidden tab looks");
  await show(tabs[7], false);
  await show(tabs[0], true);
  await tabs[0].getByText("Paint the porch").first().waitFor({ timeout: SOON });
  await sam.context().close();
  await robin.context().close();
});

/// As when a person turns to a tab, or away from it.
async function show(tab, isShown) {
  await tab.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
  }, !isShown);
}
