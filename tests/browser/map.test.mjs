// The map of a project: what waits for what is drawn, followed, and finished; with scripts and without.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { barriers, openWindow, press, setUp, startBrowser, startLab } from "./lab.mjs";

let browser;
let lab;
before(async () => (browser = await startBrowser()));
after(() => browser.close());

/** A task of the project that is open waits for another from now on. */
async function letWait(page, task, other) {
  await page.locator("#tasks").getByRole("link", { name: task, exact: true }).click();
  await page.fill("#blocker", other);
  await press(page, "Add");
  await page.locator(".back a").click();
}

async function drawn(page) {
  const titles = await page.locator(".map-card title").allTextContents();
  return titles.map((title) => title.split(/[,.:(]/)[0].trim()).sort();
}

for (const javaScriptEnabled of [true, false]) {
  test(`what waits is seen on the map, and goes on when it may: ${javaScriptEnabled ? "with" : "without"} scripts`, async () => {
    lab = await startLab();
    try {
      const page = await openWindow(browser, lab, { javaScriptEnabled, viewport: { width: 390, height: 844 } });
      await setUp(page, lab);
      await page.goto("/projects/new");
      await page.fill("#name", "Rack");
      const fields = page.locator("input[name=task]");
      for (const [index, name] of ["Rails", "Mount", "Switch on"].entries()) await fields.nth(index).fill(name);
      await press(page, "Create project");
      await letWait(page, "Mount", "Rails");
      await letWait(page, "Switch on", "Mount");
      await page.getByRole("navigation", { name: "Ways to see tasks" }).getByRole("link", { name: "Map" }).click();
      await page.getByText("The longest way, 3 tasks").waitFor();
      assert.deepEqual(await page.locator(".map-chain li").allTextContents(), ["Rails", "Mount", "Switch on"]);
      assert.deepEqual(await drawn(page), ["Mount", "Rails", "Switch on"]);
      assert.equal(await page.locator("svg.map path.map-longest").count(), 2);
      const before = Number(await page.locator("svg.map").first().getAttribute("width"));
      assert.equal(await page.locator("[data-map-tools]").isVisible(), javaScriptEnabled);
      if (javaScriptEnabled) {
        await page.getByRole("button", { name: "Larger" }).click();
        assert.ok(Number(await page.locator("svg.map").first().getAttribute("width")) > before);
        await page.getByRole("button", { name: "Fit" }).click();
        assert.ok(Number(await page.locator("svg.map").first().getAttribute("width")) <= 390);
      }
      if (javaScriptEnabled) assert.deepEqual(await barriers(page), []);
      await page.locator(".map-card").first().focus();
      await page.locator(".map-chain").getByRole("link", { name: "Rails" }).click();
      await page.locator("input[name=status][value=done]").check();
      await press(page, "Save");
      await page.goto("/map");
      await page.getByText("The longest way, 2 tasks").waitFor();
      assert.deepEqual(await drawn(page), ["Mount", "Switch on"]);
      assert.deepEqual(page.troubles, []);
      await page.context().close();
    } finally {
      await lab.stop();
    }
  });
}
