// The law of the form in a real browser: a form that is saved as it was opened changes nothing. The
// cases are a sample of the generated ones (tests/form/for_chromium.rs).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { logIn, openWindow, press, setUp, startBrowser, startLab } from "./lab.mjs";

const CASES = JSON.parse(readFileSync(process.env.TEST_LAW_SAMPLE, "utf8"));
const CHANGED_EACH = 3;

let browser;
let lab;
before(async () => {
  [browser, lab] = await Promise.all([startBrowser(), startLab()]);
  const page = await openWindow(browser, lab);
  await setUp(page, lab);
  await page.context().close();
});
after(async () => {
  await browser?.close();
  await lab?.stop();
});

/** Sends what a script would send, with the session of that window. */
async function send(page, path, form) {
  const headers = { Origin: lab.origin };
  const answer = await page.request.post(path, { form, headers, maxRedirects: 0 });
  return { status: answer.status(), text: await answer.text() };
}

/** Installs the case's plugin and gives it its value, by the doors that scripts use. */
async function install(page, { id, manifest, document }) {
  const installed = await send(page, "/plugins", { manifest_text: manifest });
  assert.equal(installed.status, 303, `${id} is not installed: ${manifest}`);
  const merged = await send(page, `/plugins/${id}/config/merge`, { document });
  assert.equal(merged.status, 303, `${id} does not take its value: ${document}\n${merged.text}`);
}

const versionOf = async (page, id) => {
  const versions = await page.request.get(`/plugins/${id}/versions`);
  return (await versions.text()).match(/id="version-(\d+)"/)?.[1] ?? "0";
};

/** Presses Save, and says what the next page says. */
async function save(page) {
  const sent = page.waitForRequest((request) => request.method() === "POST");
  await press(page, "Save");
  const text = await page.locator("#messages, .problems").allInnerTexts();
  return { said: text.join(" ").trim(), body: (await sent).postData() };
}

/** With scripts, a part that depends on others is fetched anew before it is saved. */
async function refresh(page) {
  const button = page.locator("button[value^='show ']:visible").first();
  if ((await button.count()) === 0) return;
  const old = await button.elementHandle();
  await button.click();
  const isBack = (old) => !old.isConnected && [...document.querySelectorAll("button")].some((b) => b.value === old.value);
  await page.waitForFunction(isBack, old);
}

/** Types one more letter into a box, or turns a switch; false where there is neither. */
async function change(page) {
  const box = page.locator("#cf-form input[type=text][name^='/']:visible").first();
  const toggle = page.locator("#cf-form input[role=switch]:visible").first();
  if ((await box.count()) > 0) await box.fill(`${await box.inputValue()}x`);
  else if ((await toggle.count()) > 0) await toggle.click();
  else return false;
  return true;
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with scripts" : "without scripts";
  test(`a form saved as it was opened changes nothing: ${how}`, async () => {
    const page = await openWindow(browser, lab, { javaScriptEnabled });
    await logIn(page, "sam");
    const cases = CASES.filter((_, index) => index % 2 === Number(javaScriptEnabled));
    assert.ok(cases.length >= 60, `only ${cases.length}`);
    const broken = [];
    let changed = 0;
    for (const [index, one] of cases.entries()) {
      await install(page, one);
      await page.goto(`/plugins/${one.id}/config`);
      const before = await page.inputValue("input[name=seen]");
      if (javaScriptEnabled) await refresh(page);
      const { said, body } = await save(page);
      const after = await versionOf(page, one.id);
      if (!said.startsWith("Nothing was changed") || after !== before) {
        broken.push(`${one.id}: ${said} (version ${before}, now ${after})\n${one.manifest}\n${one.document}\n${body}`);
      }
      // And what is changed does make a version: so the rest says something.
      if (index % CHANGED_EACH !== 0) continue;
      await page.goto(`/plugins/${one.id}/config`);
      if (!(await change(page))) continue;
      const saved = (await save(page)).said.startsWith("Saved.");
      assert.equal(await versionOf(page, one.id), String(Number(after) + saved), `${one.id}: ${saved}`);
      changed += saved;
    }
    assert.deepEqual(broken, []);
    assert.ok(changed >= 3, `only ${changed} changes were saved`);
    assert.deepEqual(page.troubles.filter((trouble) => !trouble.includes("422")), []);
    await page.context().close();
  });
}
