// A configuration as a form whose settings depend on each other, and as text.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { SOON, barriers, openWindow, press, setUp, startBrowser, startLab } from "./lab.mjs";

const MANIFEST = JSON.stringify({
  id: "porch-light",
  name: "Porch light",
  version: "1.2.0",
  type: "integration",
  config_schema: {
    type: "object",
    properties: {
      name: { type: "string", title: "Name", minLength: 2, maxLength: 20 },
      mode: { title: "Mode", enum: ["off", "timer", "sun", "motion", "manual"] },
      link: { type: "object", title: "Link", properties: { kind: { type: "string", title: "Kind" } } },
      token: { type: "string", title: "Token", writeOnly: true },
    },
    allOf: [
      {
        if: { properties: { mode: { const: "timer" } }, required: ["mode"] },
        then: { required: ["minutes"], properties: { minutes: { type: "integer", title: "Minutes" } } },
      },
      {
        if: { properties: { link: { properties: { kind: { const: "radio" } }, required: ["kind"] } }, required: ["link"] },
        then: { properties: { channel: { type: "integer", title: "Channel" } } },
      },
    ],
  },
});

let browser;
before(async () => (browser = await startBrowser()));
after(() => browser.close());

let lab;
afterEach(() => lab?.stop());

async function openForm(options = {}) {
  lab = await startLab();
  const page = await openWindow(browser, lab, options);
  await setUp(page, lab);
  await page.goto("/plugins/new");
  await page.fill("#manifest_text", MANIFEST);
  await press(page, "Install");
  await page.goto("/plugins/porch-light/config");
  return page;
}

/** The id of what has the focus. */
const focused = (page) => page.evaluate(() => document.activeElement?.id);

test("a setting shows what applies with it, and takes neither the focus nor what was typed", async () => {
  const page = await openForm();
  await page.fill("#cf-name", "Front door");
  await page.fill("#cf-token", "s3cret");
  assert.equal(await page.locator("#cf-minutes").count(), 0);
  await page.focus("#cf-mode");
  await page.keyboard.type("timer");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Shift+Tab");
  await page.waitForSelector("#cf-minutes", { timeout: SOON });
  assert.equal(await focused(page), "cf-mode");
  assert.equal(await page.inputValue("#cf-name"), "Front door");
  assert.equal(await page.inputValue("#cf-token"), "s3cret");
  assert.ok(!(await page.locator("#cf-token-secret").innerText()).includes("type it again"));
  await page.fill("#cf-minutes", "5");
  // What lies deeper can decide, too; who types on meanwhile is not disturbed.
  await page.fill("#cf-link-kind", "radio");
  await page.focus("#cf-name");
  await page.keyboard.press("End");
  await page.keyboard.type(" light");
  await page.waitForSelector("#cf-channel", { timeout: SOON });
  await page.keyboard.type("s");
  assert.equal(await focused(page), "cf-name");
  assert.equal(await page.inputValue("#cf-name"), "Front door lights");
  assert.equal(await page.inputValue("#cf-minutes"), "5");
  await page.selectOption("#cf-mode", { label: "sun" });
  await page.waitForSelector("#cf-minutes", { state: "detached", timeout: SOON });
  await page.selectOption("#cf-mode", { label: "timer" });
  await page.waitForSelector("#cf-minutes", { timeout: SOON });
  assert.equal(await page.inputValue("#cf-minutes"), "5");
  await press(page, "Save");
  await page.goto("/plugins/porch-light/config/json");
  assert.deepEqual(JSON.parse(await page.inputValue("#document")), {
    name: "Front door lights",
    mode: "timer",
    link: { kind: "radio" },
    token: { $secret: "/token" },
    minutes: 5,
  });
  assert.deepEqual(page.troubles, []);
});

test("without scripts a button shows what applies", async () => {
  const page = await openForm({ javaScriptEnabled: false });
  await page.fill("#cf-name", "Front door");
  await page.selectOption("#cf-mode", { label: "timer" });
  await press(page, "Show what applies now");
  assert.equal(await page.inputValue("#cf-name"), "Front door");
  await page.fill("#cf-minutes", "5");
  await press(page, "Save");
  assert.match(await page.locator("#main").innerText(), /Saved/);
});

test("a button in one part of a form loses nothing that was typed in another", async () => {
  const page = await openForm();
  await page.fill("#cf-name", "Front door");
  await page.fill("#cf-token", "s3cret");
  await page.getByRole("button", { name: "Set empty: Link" }).click();
  await page.waitForSelector("button[aria-label='Unset: Link']", { timeout: SOON });
  assert.equal(await page.inputValue("#cf-name"), "Front door");
  assert.equal(await page.inputValue("#cf-token"), "s3cret");
});

test("a mistake in the text leads to its place, on a phone and with the keyboard alone", async () => {
  const page = await openForm({ viewport: { width: 390, height: 844 } });
  await page.getByRole("link", { name: "JSON" }).click();
  await page.fill("#document", '{\n  "name": "Front door",\n  "mode": oops\n}');
  await press(page, "Save");
  assert.ok(await page.evaluate(() => document.activeElement.matches(".problems")), "what is wrong has the focus");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  const chosen = await page.evaluate(() => {
    const text = document.activeElement;
    return [text.id, text.value.slice(text.selectionStart, text.selectionEnd)];
  });
  assert.deepEqual(chosen, ["document", "o"]);
  assert.deepEqual(await barriers(page), []);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 390, `the page is ${width} pixels wide`);
  await page.fill("#document", '{\n  "name": "Front door",\n  "mode": "sun"\n}');
  await press(page, "Save");
  assert.deepEqual(page.troubles.filter((trouble) => !trouble.includes("422")), []);
});

test("who saves second sees both, in the text as in the form, and no barrier stands there", async () => {
  const page = await openForm();
  for (const tab of ["JSON", "Form"]) {
    await page.goto("/plugins/porch-light/config");
    await page.getByRole("link", { name: tab }).click();
    await page.waitForSelector("#config", { timeout: SOON });
    const answer = await page.request.post("/plugins/porch-light/config/json", {
      form: { document: JSON.stringify({ name: `Theirs ${tab}` }) },
      headers: { origin: lab.origin },
      maxRedirects: 0,
    });
    assert.equal(answer.status(), 303);
    if (tab === "JSON") await page.fill("#document", '{"name": "Mine, as text"}');
    else await page.fill("#cf-name", "Mine");
    await press(page, "Save");
    assert.match(await page.locator("#h-overtaken").innerText(), /sam saved/);
    assert.match(await page.locator("section[role=alert]").innerText(), /Theirs/);
    assert.deepEqual(await barriers(page), []);
    await press(page, "Save");
    assert.match(await page.locator("#main").innerText(), /Saved/);
  }
});
