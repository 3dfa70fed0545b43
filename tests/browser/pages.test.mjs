// Every page of a furnished lab, in both themes, on a desk and on a phone.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { barriers, logIn, openWindow, startBrowser, startLab } from "./lab.mjs";

const WIDTHS = [1440, 390];
const THEMES = ["dark", "light"];

let browser;
let lab;
before(async () => {
  [browser, lab] = await Promise.all([startBrowser(), startLab("--demo")]);
});
after(async () => {
  await browser?.close();
  await lab?.stop();
});

// Rooms with pages of names, not of things.
const NAMED = ["account", "audit", "events", "system"];

/** One address for each kind of page: /projects/0190… and /projects/0191… are one kind. */
function kind(address) {
  const { pathname, searchParams } = new URL(address, "http://lab");
  const [room, thing, ...rest] = pathname.split("/").slice(1);
  const isNamed = thing === "new" || NAMED.includes(room);
  const which = thing && !isNamed ? "{id}" : thing;
  return [room, which, ...rest, [...searchParams.keys()]].join("/");
}

/** Follows every link from the dashboard, but those to the same list in another order or with less in it. */
async function everyPage(page) {
  const waiting = ["/"];
  const addresses = new Map([[kind("/"), "/"]]);
  while (waiting.length > 0) {
    await page.goto(waiting.shift());
    const links = await page.locator("a[href^='/']:not([rel=nofollow])").evaluateAll((all) => all.map((link) => link.getAttribute("href")));
    for (const link of links) {
      const address = link.split("#")[0];
      // A file to keep is no page.
      if (addresses.has(kind(address)) || address.includes("/export?")) continue;
      addresses.set(kind(address), address);
      waiting.push(address);
    }
  }
  return [...addresses.values()];
}

/** Signs in with the account of that role, whose password stands in the banner. */
async function signIn(page, role) {
  const [, username, password] = lab.banner.match(new RegExp(`(\\S+) +(\\S+)  \\(${role}\\)`));
  await logIn(page, username, password);
}

for (const colorScheme of THEMES) {
  for (const width of WIDTHS) {
    test(`every page is whole and without barriers: ${colorScheme}, ${width} pixels`, async () => {
      const viewport = { width, height: 900 };
      const page = await openWindow(browser, lab, { colorScheme, viewport, reducedMotion: "reduce" });
      await page.goto("/login");
      const found = (await barriers(page)).map((barrier) => `/login: ${barrier}`);
      await signIn(page, "admin");
      const pages = await everyPage(page);
      assert.ok(pages.length >= 15, `only ${pages}`);
      for (const path of [...pages, "/nothing-here"]) {
        page.troubles.length = 0;
        const answer = await page.goto(path);
        assert.ok(answer.status() < 500, `${path}: ${answer.status()}`);
        found.push(...(await barriers(page)).map((barrier) => `${path}: ${barrier}`));
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (overflow > 0) found.push(`${path}: ${overflow} pixels too wide`);
        if (path !== "/nothing-here") found.push(...page.troubles.map((trouble) => `${path}: ${trouble}`));
      }
      assert.deepEqual(found, []);
      await page.context().close();
    });
  }
}
