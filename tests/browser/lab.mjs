// A TaylorDash of its own for each file of journeys, and a Chromium to look at it.

import { execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium } from "playwright-core";

export const PASSWORD = "correct horse battery";
// Longer than anything takes that comes at all.
export const SOON = 15_000;

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Starts the program on an empty folder; `arguments_` such as --demo. */
export async function startLab(...arguments_) {
  const folder = await mkdtemp(join(tmpdir(), "taylordash-journey-"));
  const env = {
    PATH: process.env.PATH,
    TAYLORDASH_DATA_DIR: join(folder, "data"),
    TAYLORDASH_LISTEN: "127.0.0.1:0",
    TAYLORDASH_BROKER_LISTEN: "127.0.0.1:0",
    TAYLORDASH_LOG: "warn",
  };
  if (process.env.TEST_LAB_POSTGRES_URL) env.DATABASE_URL = freshDatabase(process.env.TEST_LAB_POSTGRES_URL);
  if (process.env.TEST_LAB_MQTT_URL) env.MQTT_URL = process.env.TEST_LAB_MQTT_URL;
  const program = spawn(process.env.TEST_PROGRAM ?? "target/debug/taylordash", arguments_, { env });
  let printed = "";
  let logged = "";
  program.stderr.on("data", (data) => (logged += data));
  const ended = new Promise((resolve) => program.once("exit", resolve));
  const banner = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no banner: ${logged}`)), 60_000);
    ended.then((code) => reject(new Error(`it ended with ${code}: ${logged}`)));
    program.stdout.on("data", (data) => {
      printed += data;
      // The banner is printed in one piece, and an empty line ends it.
      if (!/web +http.*\n[^]*\n\n/.test(printed)) return;
      clearTimeout(timer);
      resolve(printed);
    });
  });
  return {
    banner,
    origin: banner.match(/web +(http\S+)/)[1],
    setup: banner.match(/http\S+\/setup#\S+/)?.[0],
    async stop() {
      program.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A database for one lab, on the throwaway server that `server` leads to. */
function freshDatabase(server) {
  const name = `lab_${randomUUID().replaceAll("-", "")}`;
  execFileSync("psql", ["-qXd", server, "-c", `create database ${name}`]);
  return new URL(name, server).href;
}

/** As root Chromium only runs without its sandbox. */
export function startBrowser() {
  const args = process.getuid() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: process.env.TEST_CHROMIUM ?? "/usr/bin/chromium", args });
}

/** A window of somebody; what went wrong in it is in `window.troubles`. */
export async function openWindow(browser, lab, options = {}) {
  const context = await browser.newContext({ baseURL: lab.origin, ...options });
  context.setDefaultTimeout(SOON);
  const page = await context.newPage();
  page.troubles = [];
  page.on("pageerror", (error) => page.troubles.push(String(error)));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) page.troubles.push(message.text());
  });
  page.on("requestfailed", (request) => {
    // What was still on its way when its page was left.
    const why = request.failure().errorText;
    if (why !== "net::ERR_ABORTED") page.troubles.push(`${request.url()}: ${why}`);
  });
  return page;
}

export async function setUp(page, lab) {
  await page.goto(lab.setup);
  // Without scripts people copy the end of the link.
  if (await page.isVisible("#token")) await page.fill("#token", new URL(lab.setup).hash.slice(1));
  await page.fill("#username", "sam");
  await page.fill("#password", PASSWORD);
  await page.fill("#password_again", PASSWORD);
  await press(page, "Create account");
}

export async function logIn(page, username, password = PASSWORD) {
  await page.goto("/login");
  await page.fill("#username", username);
  await page.fill("#password", password);
  await press(page, "Log in");
}

/** Presses a button and waits for the page it leads to. */
export async function press(page, name) {
  const button = page.getByRole("button", { name, exact: true }).first();
  await Promise.all([page.waitForLoadState("load"), page.waitForNavigation(), button.click()]);
}

/** What axe-core finds against WCAG 2.2 AA, in words. */
export async function barriers(page) {
  // Not a script tag: the policy of the pages would refuse it, as it should.
  await page.evaluate(axe);
  const found = await page.evaluate(() => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    return globalThis.axe.run(document, { runOnly: { type: "tag", values: tags } });
  });
  return found.violations.flatMap((violation) =>
    violation.nodes.map((node) => `${violation.id}: ${node.html.slice(0, 200)} ${node.any[0]?.message ?? ""}`),
  );
}
