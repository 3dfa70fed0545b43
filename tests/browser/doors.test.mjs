// Coming in and going out, as a browser remembers it.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { openWindow, press, setUp, startBrowser, startLab } from "./lab.mjs";

let browser;
before(async () => (browser = await startBrowser()));
after(() => browser.close());

let lab;
afterEach(() => lab?.stop());

/** What the pages left in the browser, the cookie aside. */
const kept = (page) =>
  page.evaluate(async () => [
    ...Object.entries(localStorage),
    ...Object.entries(sessionStorage),
    ...(await indexedDB.databases()).map((database) => database.name),
    ...(await caches.keys()),
    ...(await navigator.serviceWorker.getRegistrations()).map((worker) => worker.scope),
    document.cookie,
  ]);

test("nothing of a page stays in a browser that logged out", async () => {
  for (const javaScriptEnabled of [true, false]) {
    lab = await startLab();
    const page = await openWindow(browser, lab, { javaScriptEnabled });
    await setUp(page, lab);
    await page.goto("/projects/new");
    await page.fill("#name", "Secret garden");
    await press(page, "Create project");
    await page.goto("/tasks");
    await page.goto("/account");
    if (javaScriptEnabled) assert.deepEqual((await kept(page)).flat().filter(Boolean), []);
    await page.goto("/projects");
    assert.match(await page.textContent("main"), /Secret garden/);
    // As a person does it: the menu first, where there is one.
    await Promise.all([page.waitForURL(/\/login/), page.locator("form[action='/logout'] button").first().dispatchEvent("click")]);
    if (javaScriptEnabled) assert.deepEqual((await kept(page)).flat().filter(Boolean), []);
    for (let steps = 0; steps < 4; steps += 1) {
      await page.goBack();
      await page.waitForLoadState("load");
      assert.doesNotMatch(await page.content(), /Secret garden/);
    }
    await page.context().close();
    await lab.stop();
  }
});

test("the token of the setup link is sent in the form alone, and stays in no address", async () => {
  for (const javaScriptEnabled of [true, false]) {
    lab = await startLab();
    const token = new URL(lab.setup).hash.slice(1);
    const page = await openWindow(browser, lab, { javaScriptEnabled });
    const sent = [];
    page.on("request", (request) => sent.push(request.url(), request.headers().referer ?? ""));
    await page.goto(lab.setup);
    assert.equal(await page.isVisible("#token"), !javaScriptEnabled);
    if (javaScriptEnabled) {
      assert.equal(page.url(), `${lab.origin}/setup`);
      assert.equal(await page.inputValue("#token"), token);
      // The link of another start, opened in the same window.
      const other = "0".repeat(64);
      await page.evaluate((other) => (location.hash = other), other);
      await page.waitForFunction((other) => document.querySelector("#token").value === other, other);
    }
    await setUp(page, lab);
    await page.getByRole("heading", { level: 1 }).waitFor();
    assert.ok(sent.length > 4);
    // What stands behind the # goes nowhere.
    for (const address of sent) assert.ok(!address.split("#")[0].includes(token), address);
    await page.context().close();
    await lab.stop();
  }
});
