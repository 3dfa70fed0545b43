// A nested list with kinds, filled in on a phone's width with nothing but a keyboard.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { activate, fill, focused, leads, reach, until } from "./keyboard.mjs";
import { PASSWORD, openWindow, setUp, startBrowser, startLab } from "./lab.mjs";

const step = (kind, title, properties, required) => ({
  title,
  type: "object",
  required: ["kind", ...required],
  properties: { kind: { const: kind }, ...properties },
});

const MANIFEST = JSON.stringify({
  id: "night-rules",
  name: "Night rules",
  version: "1.0.0",
  type: "integration",
  config_schema: {
    type: "object",
    required: ["rules"],
    properties: {
      rules: {
        type: "array",
        title: "Rules",
        items: {
          type: "object",
          title: "Rule",
          required: ["name"],
          properties: {
            name: { type: "string", title: "Name" },
            steps: {
              type: "array",
              title: "Steps",
              items: {
                oneOf: [
                  step("lamp", "Switch a lamp", { lamp: { type: "string", title: "Lamp", minLength: 1 }, on: { type: "boolean", title: "On" } }, ["lamp"]),
                  step("wait", "Wait", { minutes: { type: "integer", title: "Minutes", minimum: 1 } }, ["minutes"]),
                  step("say", "Say something", { text: { type: "string", title: "Text", minLength: 1 }, loud: { title: "Loudness", enum: ["low", "high"] } }, ["text"]),
                ],
              },
            },
          },
        },
      },
    },
  },
});

let browser;
before(async () => (browser = await startBrowser()));
after(() => browser.close());

let lab;
afterEach(() => lab?.stop());

async function logIn(page) {
  await page.goto("/login");
  await fill(page, "User name", "sam", "Shift+Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => url.pathname === "/");
}

/** Chooses a kind on the select that has the focus, `down` entries below. */
async function choose(page, down, hasScripts) {
  const { name } = await focused(page);
  for (let i = 0; i < down; i++) {
    const turn = () => page.keyboard.press("ArrowDown");
    if (hasScripts) await leads(page, turn, name);
    else await turn();
  }
  if (!hasScripts) await activate(page, /^Use this/, name);
}

/** At no point of the way there is more than fits the screen, nor anything too small for a finger. */
async function isFit(page) {
  const found = await page.evaluate(() => {
    const wide = document.documentElement.scrollWidth - innerWidth;
    const all = [...document.querySelectorAll("#config :is(button, input:not([type=hidden]), select, textarea, summary)")];
    const shown = all.filter((one) => one.tabIndex >= 0 && one.checkVisibility());
    const size = (one) => (one.closest("label.form-check") ?? one).getBoundingClientRect();
    const small = shown.filter((one) => size(one).width < 24 || size(one).height < 24);
    return [...(wide > 0 ? [`${wide} pixels too wide`] : []), ...small.map((one) => one.outerHTML)];
  });
  assert.deepEqual(found, []);
}

async function fillIn(page, hasScripts) {
  await activate(page, "Add to Rules", /^(1|Rule)/);
  await fill(page, /^Name/, "Good night");
  // From the third level on everything is folded.
  await reach(page, "Steps");
  await page.keyboard.press("Enter");
  await activate(page, "Add to Steps", /^Kind/);
  await choose(page, 1, hasScripts);
  await isFit(page);
  await reach(page, "On");
  await page.keyboard.press("Space");
  await activate(page, "Add to Steps", /^Kind/);
  await choose(page, 2, hasScripts);
  await fill(page, /^Minutes/, "0");
  await activate(page, "Add to Steps", /^Kind/);
  await choose(page, 3, hasScripts);
  await fill(page, /^Text/, "Sleep well");
  // One stop for all radio buttons; the arrows lead from one to the next.
  await reach(page, "Not set");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await isFit(page);
}

/** The third step becomes the first, is there twice, and then once again. */
async function rearrange(page) {
  await activate(page, /^Move up: .*3 of Steps/, /^Move up: .*2 of Steps/);
  // Once more on the same spot; at the top only the other way is left.
  await leads(page, () => page.keyboard.press("Enter"), /^Move down: .*1 of Steps/);
  await activate(page, /^Duplicate: .*1 of Steps/, /2$/);
  await activate(page, /^Remove: .*2 of Steps/, /2$/);
  await isFit(page);
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with scripts" : "without scripts";
  test(`a nested list is filled in on a phone by keys alone: ${how}`, async () => {
    lab = await startLab();
    const page = await openWindow(browser, lab, { javaScriptEnabled, viewport: { width: 390, height: 844 } });
    await setUp(page, lab);
    const headers = { Origin: lab.origin };
    await page.request.post("/plugins", { form: { manifest_text: MANIFEST }, headers });
    await page.context().clearCookies();
    await logIn(page);
    // What the page before said when its session was taken away.
    page.troubles.length = 0;
    await page.goto("/plugins/night-rules");
    await reach(page, "Configure");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/config$/);
    await fillIn(page, javaScriptEnabled);
    await rearrange(page);
    // Nothing is said of the lamp, and no waiting is too short: the first of them gets the focus.
    const wrong = await activate(page, "Save", /^Lamp/);
    assert.match(await page.locator(`#${wrong.id}-error`).innerText(), /./);
    await isFit(page);
    // The way by the summary.
    await reach(page, /Minutes/, "Shift+Tab");
    await page.keyboard.press("Enter");
    await until(async () => /^Minutes/.test((await focused(page))?.name ?? ""), "the focus on Minutes");
    await page.keyboard.press("Control+A");
    await page.keyboard.type("5");
    await fill(page, /^Lamp/, "hall", "Shift+Tab");
    // Enter in a box saves, as it does everywhere.
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.pathname === "/plugins/night-rules");
    await page.getByText("Saved.").waitFor();
    await page.goto("/plugins/night-rules/versions/1");
    assert.deepEqual(JSON.parse(await page.locator("pre").innerText()), {
      rules: [
        {
          name: "Good night",
          steps: [
            { kind: "say", text: "Sleep well", loud: "high" },
            { kind: "lamp", lamp: "hall", on: true },
            { kind: "wait", minutes: 5 },
          ],
        },
      ],
    });
    assert.deepEqual(page.troubles.filter((trouble) => !trouble.includes("422")), []);
    await page.context().close();
  });
}
