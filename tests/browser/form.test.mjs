// The pages of a configuration, whole and without barriers: blank, filled in, refused, overtaken, and
// their history. One plugin has a setting of every kind; the demo's have what people have.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { SOON, barriers, logIn, openWindow, press, startBrowser, startLab } from "./lab.mjs";

const MANIFEST = readFileSync(new URL("../fixtures/plugins/kitchen-sink.json", import.meta.url), "utf8");
const DEMO = ["dns-blocker", "media-index", "power-meter", "proxmox-backup", "ups-monitor", "uptime-probe", "wall-display", "zigbee-bridge"];
const LONG = "a-name-that-nobody-would-choose-and-yet-is-there-".repeat(8);
const FULL = {
  name: "Porch", email: "sam@example.org", day: "2026-02-28", moment: "2026-02-28T08:00:00Z", colour: "#204060",
  notes: "One\nTwo", port: 8883, ratio: 1.5, enabled: false, size: "small", level: 2, zone: "Europe/Berlin", days: ["Mon", "Fri"],
  nested: { deeper: { deepest: { word: LONG } } }, hosts: ["a.lab", LONG], spot: [1.5, 2.5],
  labels: { rack: "left", [LONG]: LONG }, source: { url: "https://example.org" }, mode: "timer", minutes: 5, alias: null,
  token: "5ECRET", serial: "SN-1", old: true, extra: { a: [1, 2] }, unknown: { kept: true },
  rooms: { name: "House", inside: [{ name: "Hall", inside: [{ name: "Shelf" }] }] },
};

let browser;
let lab;
before(async () => {
  [browser, lab] = await Promise.all([startBrowser(), startLab("--demo")]);
  const page = await openWindow(browser, lab);
  await signIn(page);
  await send(page, "/plugins", { manifest_text: MANIFEST });
  await send(page, "/plugins/kitchen-sink/config/merge", { document: JSON.stringify(FULL) });
  await send(page, "/plugins/kitchen-sink/config/merge", { document: '{"name": "Back door", "token": "5ECRET2"}' });
  await page.context().close();
});
after(async () => {
  await browser?.close();
  await lab?.stop();
});

/** Signs in with the admin's account, whose password stands in the banner. */
async function signIn(page) {
  const [, username, password] = lab.banner.match(/(\S+) +(\S+)  \(admin\)/);
  await logIn(page, username, password);
}

async function send(page, path, form) {
  const answer = await page.request.post(path, { form, headers: { Origin: lab.origin }, maxRedirects: 0 });
  assert.equal(answer.status(), 303, `${path}: ${await answer.text()}`);
}

const open = (path) => (page) => page.goto(path);
const SINK = "/plugins/kitchen-sink";

/** A form that is refused: at a text, a number, in a fold, in a row, in a list. */
async function refused(page) {
  await page.goto(`${SINK}/config`);
  await page.fill("#cf-email", "nobody");
  await page.fill("#cf-minutes", "0");
  await page.fill("#cf-spot-1", "");
  await page.locator(".cf-key input").first().fill("");
  await press(page, "Save");
  assert.equal(await page.locator(".problems").count(), 1);
}

/** A form that was overtaken by somebody else's save. */
async function overtaken(page) {
  await page.goto(`${SINK}/config`);
  await page.fill("#cf-name", `Mine ${Math.random()}`);
  await send(page, `${SINK}/config/merge`, { document: JSON.stringify({ name: `Theirs ${Math.random()}`, hosts: [LONG] }) });
  await press(page, "Save");
  assert.equal(await page.locator("#h-overtaken").count(), 1);
}

/** A form with one more of everything. */
async function grown(page) {
  await page.goto(`${SINK}/config`);
  for (const action of ["add /hosts", "add-row /labels", "duplicate /hosts/0", "add /rooms/inside"]) {
    const button = page.locator(`button[value="${action}"]`);
    await button.evaluate((node) => node.closest("details")?.setAttribute("open", ""));
    const old = await button.elementHandle();
    await button.click();
    await page.waitForFunction((old) => !old.isConnected, old);
    await page.locator(`button[value="${action}"]`).waitFor({ state: "attached" });
  }
}

const OWN = new Map([
  ["filled in", open(`${SINK}/config`)],
  ["refused", refused],
  ["overtaken", overtaken],
]);
const ALL = new Map([
  ...DEMO.map((id) => [id, open(`/plugins/${id}/config`)]),
  ...OWN,
  ["grown", grown],
  ["as JSON", open(`${SINK}/config/json`)],
  ["the schema", open(`${SINK}/config/schema`)],
  ["versions", open(`${SINK}/versions`)],
  ["a version", open(`${SINK}/versions/1`)],
  ["two versions", open(`${SINK}/versions/compare?from=1&to=2`)],
  ["from the defaults", open(`${SINK}/versions/compare?from=defaults&to=1`)],
]);

/** All folds open: what is in them counts too. */
const unfold = (page) =>
  page.evaluate(() => document.querySelectorAll("#config details").forEach((fold) => fold.setAttribute("open", "")));

const LOOKS = [
  { colorScheme: "dark", width: 1440, hasScripts: true, pages: ALL },
  { colorScheme: "light", width: 1440, hasScripts: true, pages: OWN },
  { colorScheme: "dark", width: 390, hasScripts: true, pages: OWN },
  { colorScheme: "light", width: 390, hasScripts: true, pages: ALL },
  { colorScheme: "dark", width: 390, hasScripts: false, pages: OWN },
  { colorScheme: "light", width: 1440, hasScripts: false, pages: OWN },
];

for (const { colorScheme, width, hasScripts, pages } of LOOKS) {
  const how = hasScripts ? "" : ", without scripts";
  test(`the pages of a configuration are without barriers: ${colorScheme}, ${width} pixels${how}`, async () => {
    const viewport = { width, height: 900 };
    const page = await openWindow(browser, lab, { colorScheme, viewport, reducedMotion: "reduce" });
    // axe-core itself needs scripts: here it is the pages' own that never come.
    if (!hasScripts) await page.route(/\.js(\?|$)/, (route) => route.abort("aborted"));
    await signIn(page);
    const found = [];
    for (const [name, lead] of pages) {
      await lead(page);
      await unfold(page);
      found.push(...(await barriers(page)).map((barrier) => `${name}: ${barrier}`));
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (overflow > 0) found.push(`${name}: ${overflow} pixels too wide`);
      assert.ok(!(await page.content()).includes("5ECRET"), `${name}: a secret stands in the page`);
    }
    assert.deepEqual(found, []);
    assert.deepEqual(page.troubles.filter((trouble) => !/422|ERR_ABORTED/.test(trouble)), []);
    await page.context().close();
  });
}

test("a long list stays where it is when one of its items goes", async () => {
  const page = await openWindow(browser, lab, { viewport: { width: 390, height: 844 } });
  await signIn(page);
  const manifest = JSON.parse(MANIFEST);
  delete manifest.config_schema.properties.hosts.maxItems;
  await send(page, "/plugins", { manifest_text: JSON.stringify({ ...manifest, id: "long-list" }) });
  const hosts = Array.from({ length: 200 }, (_, index) => `host-${index}`);
  await send(page, "/plugins/long-list/config/merge", { document: JSON.stringify({ ...FULL, hosts }) });
  await page.goto("/plugins/long-list/config");
  const button = page.locator('button[value="remove /hosts/150"]');
  await button.scrollIntoViewIfNeeded();
  const box = page.locator("#cf-hosts-150");
  // Where the page is scrolled to, frame by frame, from the press on.
  await page.evaluate(() => {
    globalThis.seen = [];
    const look = () => (globalThis.seen.push(scrollY), requestAnimationFrame(look));
    document.querySelector('button[value="remove /hosts/150"]').addEventListener("click", look);
  });
  await button.click();
  await page.waitForFunction(() => document.activeElement?.value === "host-151", null, { timeout: 2 * SOON });
  await page.waitForTimeout(500);
  const seen = await page.evaluate(() => globalThis.seen);
  assert.ok(Math.max(...seen) - Math.min(...seen) < 844, `the page jumps: ${Math.min(...seen)} to ${Math.max(...seen)}`);
  const { y } = await box.boundingBox();
  assert.ok(y > 0 && y < 844, `what has the focus is out of sight: ${y}`);
  await page.context().close();
});
