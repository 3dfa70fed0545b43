// What somebody typed when their session had ended: with scripts it stays where it is, without them it
// travels through the login.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { barriers, logIn, openWindow, PASSWORD, press, setUp, startBrowser, startLab } from "./lab.mjs";

let browser, lab;
before(async () => {
  browser = await startBrowser();
  lab = await startLab();
  const page = await openWindow(browser, lab);
  await setUp(page, lab);
  await page.goto("/projects/new");
  await page.fill("#name", "Rewire the porch");
  await page.locator("input[name=task]").first().fill("Buy cable");
  await press(page, "Create project");
  await page.context().close();
});
after(() => Promise.all([browser.close(), lab.stop()]));

async function atTheTask(options = {}) {
  const page = await openWindow(browser, lab, options);
  await logIn(page, "sam");
  await page.goto("/projects");
  await page.getByRole("link", { name: "Rewire the porch" }).click();
  await page.getByRole("link", { name: /cable/ }).first().waitFor();
  return page;
}

test("with scripts what was typed stays where it is until one is signed in again", async () => {
  const page = await atTheTask();
  await page.locator("details.more summary").first().click();
  await page.locator("form.more-body input[name=name]").fill("Buy red cable");
  await page.context().clearCookies();
  await page.locator("form.more-body").getByRole("button", { name: "Save" }).click();
  await page.locator("#signed-out").waitFor();
  assert.equal(await page.locator("form.more-body input[name=name]").inputValue(), "Buy red cable");
  const [other] = await Promise.all([
    page.context().waitForEvent("page"),
    page.locator("#signed-out").getByRole("link", { name: "log in in a new tab" }).click(),
  ]);
  await other.fill("#username", "sam");
  await other.fill("#password", PASSWORD);
  await press(other, "Log in");
  await page.locator("form.more-body").getByRole("button", { name: "Save" }).click();
  await page.locator("#tasks").getByRole("link", { name: "Buy red cable" }).waitFor();
  assert.equal(await page.locator("#signed-out").isVisible(), false);
  await page.context().close();
});

for (const width of [1440, 390]) {
  test(`without scripts it is shown after the login, and sent: ${width} pixels`, async () => {
    const page = await atTheTask({ javaScriptEnabled: false, viewport: { width, height: 900 } });
    await page.getByRole("link", { name: /cable/ }).first().click();
    await page.fill("#description", "- [ ] two metres\n- [ ] <b>red</b>");
    await page.context().clearCookies();
    await press(page, "Save");
    await page.getByText("it is not lost").waitFor();
    await page.fill("#username", "sam");
    await page.fill("#password", PASSWORD);
    await press(page, "Log in");
    await page.getByText("two metres").waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
    await press(page, "Send it now");
    await page.getByText("Saved.").waitFor();
    assert.equal(await page.inputValue("#description"), "- [ ] two metres\n- [ ] <b>red</b>");
    await page.fill("#description", "");
    await press(page, "Save");
    await page.context().close();
  });
}

test("the pages on the way have no barriers", async () => {
  const page = await atTheTask();
  await page.getByRole("link", { name: /cable/ }).first().click();
  await page.fill("#description", "something");
  await page.context().clearCookies();
  await press(page, "Save");
  assert.deepEqual(await barriers(page), []);
  await page.fill("#username", "sam");
  await page.fill("#password", PASSWORD);
  await press(page, "Log in");
  assert.deepEqual(await barriers(page), []);
  await page.context().close();
});
