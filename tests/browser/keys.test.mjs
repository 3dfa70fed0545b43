// Keys to press where tasks are shown, and a switch for who would rather not.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { SOON, barriers, openWindow, press, setUp, startBrowser, startLab } from "./lab.mjs";

let browser;
before(async () => (browser = await startBrowser()));
after(() => browser.close());

let lab;
afterEach(() => lab?.stop());

async function until(what, ask) {
  const end = Date.now() + SOON + 10_000;
  for (;;) {
    const seen = await ask();
    if (seen === true) return;
    assert.ok(Date.now() < end, `${what}: ${seen}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const told = (page, text) => until(`it says ${text}`, async () => {
  const said = await page.locator("#told").innerText();
  return said === text || said;
});
const isOn = (page, text) => until(`the focus on ${text}`, async () => {
  const seen = await page.evaluate(() => document.activeElement?.textContent.trim());
  return seen === text || seen;
});

/** Sam's window on a project with these tasks. */
async function openProject(...tasks) {
  lab = await startLab();
  const page = await openWindow(browser, lab);
  await setUp(page, lab);
  const form = new URLSearchParams([["name", "Rewire the porch"], ...tasks.map((task) => ["task", task])]);
  const headers = { Origin: lab.origin, "Content-Type": "application/x-www-form-urlencoded" };
  const made = await page.request.post("/projects", { data: form.toString(), headers, maxRedirects: 0 });
  const project = made.headers().location;
  await page.goto(project);
  return { page, project };
}

test("tasks are walked through, set, edited and made by keys, on a project's page and on its board", async () => {
  const { page, project } = await openProject("Buy cable", "Call Robin", "Dig");
  for (const path of [project, `${project}/board`]) {
    await page.goto(path);
    await page.keyboard.press("2");
    await told(page, "No task is chosen: j goes to the first.");
    await page.keyboard.press("j");
    await isOn(page, "Buy cable");
    await page.keyboard.press("j");
    await isOn(page, "Call Robin");
    await page.keyboard.press("k");
    await isOn(page, "Buy cable");
    await page.keyboard.press("k");
    await told(page, "That was the first task.");
    await page.keyboard.press("x");
    await told(page, "Tasks are not selected here, but in a list.");
    await page.keyboard.press("/");
    await told(page, "There is nothing to filter on this page.");
    await page.keyboard.press("c");
    await until("the focus on the new task", () => page.evaluate(() => document.activeElement?.id === "new-task"));
    // In a field they are letters.
    await page.keyboard.type("jxe?4");
    assert.equal(await page.inputValue("#new-task"), "jxe?4");
    await page.fill("#new-task", "");
  }
  // In the list they are selected too, and filtered.
  await page.goto(`${project}/tasks`);
  await page.keyboard.press("j");
  const first = await page.evaluate(() => document.activeElement.textContent.trim());
  await page.keyboard.press("x");
  await told(page, `${first} is selected.`);
  assert.equal(await page.locator("input[name=task]:checked").count(), 1);
  await page.keyboard.press("x");
  await told(page, `${first} is not selected.`);
  await page.keyboard.press("/");
  await until("the focus on the filter", () => page.evaluate(() => document.activeElement?.matches("[data-filter]")));
  await page.locator("h1").click();
  await page.keyboard.press("c");
  await page.waitForURL((url) => url.pathname === project);
  // On the board, where the focus goes along.
  await page.goto(`${project}/board`);
  await page.locator("#cards-pending [data-open]").first().focus();
  await page.keyboard.press("3");
  await told(page, "Buy cable is blocked now.");
  await page.locator("#cards-blocked").getByText("Buy cable").waitFor();
  await isOn(page, "Buy cable");
  await page.goto(project);
  await page.keyboard.press("j");
  await page.keyboard.press("4");
  await told(page, "Buy cable is done now.");
  await page.locator("#tasks s", { hasText: "Buy cable" }).waitFor();
  await page.keyboard.press("e");
  await page.waitForURL(/\/tasks\//);
  await page.keyboard.press("1");
  await told(page, "Buy cable is pending now.");
  await page.locator("#task .summary .state-pending").waitFor();
  await page.keyboard.press("e");
  await until("the focus on the name", () => page.evaluate(() => document.activeElement?.id === "name"));
  // With another key held down they are the browser's.
  await page.locator("h1").click();
  for (const key of ["Control+j", "Alt+2", "Meta+e"]) await page.keyboard.press(key);
  assert.equal(await page.locator("#told").innerText(), "");
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("on the map too tasks are walked through, set and opened by keys", async () => {
  const { page, project } = await openProject("Buy cable", "Call Robin");
  await page.goto(`${project}/map`);
  const here = () => page.evaluate(() => document.activeElement?.closest("[data-task]")?.dataset.name ?? "nowhere");
  const on = (name) => until(`the focus on ${name}`, async () => (await here()) === name || here());
  await page.keyboard.press("j");
  await on("Buy cable");
  await page.keyboard.press("j");
  await on("Call Robin");
  await page.keyboard.press("j");
  await told(page, "That was the last task.");
  await page.keyboard.press("2");
  await told(page, "Call Robin is in progress now.");
  await page.locator(".map-card.map-in_progress").waitFor();
  await on("Call Robin");
  await page.keyboard.press("e");
  await page.getByRole("heading", { name: "Call Robin" }).waitFor();
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("what may not be is said in words when a key asks for it", async () => {
  const { page } = await openProject("Build", "Order");
  await page.locator("#tasks").getByRole("link", { name: "Build" }).click();
  await page.fill("#blocker", "Order");
  await page.locator("#blocker").press("Enter");
  await page.locator("#blockers").getByRole("link", { name: "Order" }).waitFor();
  await page.locator("h1").click();
  await page.keyboard.press("4");
  await told(page, "It waits for “Order”. Finish that first, or say on the task's page why it is done all the same.");
  assert.deepEqual(page.troubles.filter((trouble) => !trouble.includes("422")), []);
  await page.context().close();
});

test("the question mark shows the keys, and they can be switched off", async () => {
  const { page, project } = await openProject("Buy cable");
  await page.keyboard.press("?");
  const dialog = page.getByRole("dialog", { name: "Keys to press" });
  await dialog.waitFor();
  assert.deepEqual(await barriers(page), []);
  // They are the dialog's while it is open.
  await page.keyboard.press("j");
  assert.equal(await page.locator("#told").innerText(), "");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await page.keyboard.press("?");
  await dialog.getByRole("link", { name: "in your account" }).click();
  await page.waitForURL(/\/account/);
  await page.getByRole("group", { name: /Single letters/ }).getByLabel("off").check();
  await press(page, "Save keys");
  await page.goto(project);
  for (const key of ["?", "j", "2"]) await page.keyboard.press(key);
  assert.equal(await page.locator("dialog, #told").count(), 0);
  assert.equal(await page.evaluate(() => document.activeElement === document.body), true);
  await page.goto("/account");
  await page.getByRole("group", { name: /Single letters/ }).getByLabel("on").check();
  await press(page, "Save keys");
  await page.goto(project);
  await page.keyboard.press("j");
  await isOn(page, "Buy cable");
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});
