// What people do with events and with who hears them: send again what was missed or refused, and give
// devices their accounts. With scripts and without them.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";

import { SOON, barriers, openWindow, press, setUp, startBrowser, startLab } from "./lab.mjs";

let browser;
before(async () => (browser = await startBrowser()));
after(() => browser.close());

let lab;
let broker;
afterEach(async () => {
  await lab?.stop();
  await broker?.stop();
  lab = broker = undefined;
});

const WAYS = [
  ["with scripts", true],
  ["without scripts", false],
];

/** Waits until `css` shows `text`: by itself, or without scripts by looking again. */
async function shows(page, css, text, isLive) {
  const found = page.locator(css, { hasText: text }).first();
  if (isLive) return found.waitFor({ timeout: SOON });
  const end = Date.now() + SOON;
  while ((await found.count()) === 0) {
    assert.ok(Date.now() < end, `${css} never shows ${text}`);
    await page.waitForTimeout(200);
    await page.reload();
  }
}

/** axe needs scripts: where there are none, nothing is said. */
async function isWhole(page, isLive) {
  if (isLive) assert.deepEqual(await barriers(page), []);
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A Mosquitto with these rules, which can be changed. */
async function startMosquitto(rules) {
  const folder = await mkdtemp(join(tmpdir(), "taylordash-mosquitto-"));
  const port = await freePort();
  const acl = join(folder, "rules");
  await writeFile(acl, rules);
  const settings = join(folder, "mosquitto.conf");
  const user = process.getuid() === 0 ? "user root\n" : "";
  await writeFile(settings, `${user}listener ${port} 127.0.0.1\nallow_anonymous true\nacl_file ${acl}\n`);
  const program = spawn("mosquitto", ["-c", settings], { stdio: "ignore" });
  const ended = new Promise((resolve) => program.once("exit", resolve));
  const end = Date.now() + SOON;
  while (!(await answers(port))) assert.ok(Date.now() < end, "Mosquitto does not start");
  return {
    url: `mqtt://127.0.0.1:${port}`,
    async change(anew) {
      await writeFile(acl, anew);
      program.kill("SIGHUP");
    },
    async stop() {
      program.kill("SIGKILL");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const answer = (is) => () => {
      socket.destroy();
      setTimeout(() => resolve(is), is ? 0 : 50);
    };
    socket.once("connect", answer(true));
    socket.once("error", answer(false));
  });
}

for (const [how, javaScriptEnabled] of WAYS) {
  test(`events that somebody missed are sent again, ${how}`, async () => {
    lab = await startLab();
    const page = await openWindow(browser, lab, { javaScriptEnabled });
    await setUp(page, lab);
    await page.goto("/events");
    await page.getByRole("link", { name: "Send again" }).click();
    await page.fill("#from", "yesterday");
    await press(page, "Send again");
    assert.match(await page.locator("#from-error").innerText(), /Give a position/);
    assert.equal(await page.inputValue("#from"), "yesterday");
    await isWhole(page, javaScriptEnabled);
    await page.fill("#from", "1");
    await page.selectOption("#domain", "system");
    await press(page, "Send again");
    await shows(page, "#replays td .state", "sent", javaScriptEnabled);
    await isWhole(page, javaScriptEnabled);
    assert.deepEqual(page.troubles.filter((trouble) => !trouble.includes("422")), []);
    await page.context().close();
  });

  test(`an event that the broker refused is sent again once its rules are mended, ${how}`, async () => {
    broker = await startMosquitto("topic readwrite #\ntopic deny tracker/events/project/#\n");
    const before = process.env.TEST_LAB_MQTT_URL;
    process.env.TEST_LAB_MQTT_URL = broker.url;
    lab = await startLab();
    if (before === undefined) delete process.env.TEST_LAB_MQTT_URL;
    else process.env.TEST_LAB_MQTT_URL = before;
    const page = await openWindow(browser, lab, { javaScriptEnabled });
    await setUp(page, lab);
    await page.goto("/projects/new");
    await page.fill("#name", "Rack");
    await press(page, "Create project");
    await page.goto("/events/refused");
    await shows(page, "#refused .letters li", "Rack", javaScriptEnabled);
    assert.match(await page.locator("#refused .reason").innerText(), /not authorized/);
    await isWhole(page, javaScriptEnabled);
    await page.goto("/system");
    assert.equal(await page.getByRole("link", { name: "1", exact: true }).getAttribute("href"), "/events/refused");
    await page.goto("/events/refused");
    await broker.change("topic readwrite #\n");
    await press(page, "Send again");
    await shows(page, "#refused", "The broker has refused nothing", javaScriptEnabled);
    await page.goto("/events?domain=project");
    await shows(page, "#events .state", "delivered", javaScriptEnabled);
    await page.context().close();
  });

  test(`a device gets an account, another password, and is removed, ${how}`, async () => {
    lab = await startLab();
    const page = await openWindow(browser, lab, { javaScriptEnabled });
    await setUp(page, lab);
    await page.goto("/system");
    await page.getByRole("link", { name: "of plugins and devices" }).click();
    await page.getByRole("link", { name: "New account" }).click();
    await page.fill("#name", "porch light");
    await page.fill("#reads", "home/porch/#");
    await press(page, "Create account");
    assert.match(await page.locator("#name-error").innerText(), /Use letters/);
    assert.equal(await page.inputValue("#reads"), "home/porch/#");
    await page.fill("#name", "porch-light");
    await press(page, "Create account");
    const first = await page.locator("#mqtt-password").innerText();
    await isWhole(page, javaScriptEnabled);
    await page.getByRole("link", { name: "I have kept it" }).click();
    await page.getByRole("link", { name: "porch-light" }).click();
    assert.ok(!(await page.content()).includes(first), "a password is shown once");
    await press(page, "New password");
    assert.notEqual(await page.locator("#mqtt-password").innerText(), first);
    await page.getByRole("link", { name: "I have kept it" }).click();
    await page.getByRole("link", { name: "porch-light" }).click();
    await page.getByRole("link", { name: "Remove" }).click();
    await press(page, "Remove porch-light");
    assert.deepEqual(await page.locator("#mqtt-accounts tbody th a").allInnerTexts(), ["reader"]);
    await page.context().close();
  });
}
