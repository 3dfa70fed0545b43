// The list of tasks: filtered, sorted, changed, saved and taken away, with scripts and without.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, test } from "node:test";

import { SOON, barriers, openWindow, press, setUp, startBrowser, startLab } from "./lab.mjs";

let browser, lab;
before(async () => (browser = await startBrowser()));
after(() => browser?.close());
afterEach(async () => {
  await lab?.stop();
  lab = undefined;
});

const shown = (page) => page.locator(".task-list tbody th a[data-open]").allTextContents();

async function furnish(page) {
  await page.goto("/projects/new");
  await page.fill("#name", "Rack");
  const names = page.locator("input[name=task]");
  for (const [index, name] of ["Order rails", "Mount the UPS", "Label cables"].entries()) await names.nth(index).fill(name);
  await press(page, "Create project");
  await page.locator("#tasks").getByRole("link", { name: "Order rails", exact: true }).click();
  await page.locator("#priority").getByLabel("urgent").check();
  await page.fill("#assignee", "sam");
  await page.fill("#due", "2020-02-29");
  await press(page, "Save");
}

for (const javaScriptEnabled of [true, false]) {
  test(`a list is filtered, sorted, changed, saved and exported ${javaScriptEnabled ? "with" : "without"} scripts`, async () => {
    lab = await startLab();
    const page = await openWindow(browser, lab, { javaScriptEnabled });
    await setUp(page, lab);
    await furnish(page);

    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Tasks" }).click();
    assert.deepEqual((await shown(page)).sort(), ["Label cables", "Mount the UPS", "Order rails"]);
    await page.selectOption("#sort", "name");
    await press(page, "Show");
    assert.deepEqual(await shown(page), ["Label cables", "Mount the UPS", "Order rails"]);
    await page.locator(".task-list thead").getByRole("link", { name: "Name" }).click();
    assert.deepEqual(await shown(page), ["Order rails", "Mount the UPS", "Label cables"]);

    await page.fill("#q", "rail");
    await page.selectOption("#assignee", "me");
    await press(page, "Show");
    assert.deepEqual(await shown(page), ["Order rails"]);
    await page.locator(".list-chips").getByRole("link", { name: "rail" }).click();
    assert.match(page.url(), /assignee=me/);
    assert.doesNotMatch(page.url(), /q=/);

    const row = page.locator("tr[data-task]").first();
    await row.locator("select[name=status]").selectOption("in_progress");
    const isSaved = page.waitForResponse((answer) => answer.request().method() === "POST");
    await row.getByRole("button", { name: "Set" }).click();
    await isSaved;
    await page.goto("/tasks?status=in_progress");
    assert.deepEqual(await shown(page), ["Order rails"]);

    await page.goto("/tasks?due=overdue&assignee=me");
    await page.getByText("Save view").first().click();
    await page.fill("#view-name", "Mine, and late");
    await press(page, "Save view");
    await page.goto("/projects");
    await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: "Mine, and late" }).click();
    assert.deepEqual(await shown(page), ["Order rails"]);

    await page.getByText("Columns").first().click();
    await page.getByRole("checkbox", { name: "made", exact: true }).check();
    await press(page, "Save columns");
    assert.equal(await page.getByRole("columnheader", { name: "Made" }).count(), 1);
    assert.match(page.url(), /due=overdue/);

    await page.getByText("Export").first().click();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "As JSON" }).click()]);
    const tasks = JSON.parse(await readFile(await download.path(), "utf8"));
    assert.deepEqual(tasks.map((task) => task.name), ["Order rails"]);
    assert.deepEqual(page.troubles, []);
    await page.context().close();
  });
}

test("a list shows what somebody else does, and lets no barrier up, wide and narrow, dark and light", async () => {
  lab = await startLab();
  const page = await openWindow(browser, lab);
  await setUp(page, lab);
  await furnish(page);
  for (const [width, colorScheme] of [[1440, "dark"], [390, "dark"], [390, "light"], [1440, "light"]]) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    for (const path of ["/tasks", "/tasks?status=pending&priority=urgent&sort=due", "/views"]) {
      await page.goto(path);
      assert.deepEqual(await barriers(page), [], `${path} at ${width}, ${colorScheme}`);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${path} is wider than ${width}`);
    }
  }
  await page.goto("/tasks?sort=name");
  const other = await page.context().newPage();
  await other.goto("/tasks?q=cables");
  await other.getByRole("link", { name: "Label cables" }).click();
  await other.fill("#name", "Label all cables");
  await press(other, "Save");
  await page.getByRole("link", { name: "Label all cables" }).waitFor({ timeout: 2 * SOON });
  await page.context().close();
});
