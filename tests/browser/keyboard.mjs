// Somebody without a mouse: the only way to an element is the Tab key, the only way in are keys.

import assert from "node:assert/strict";

import { SOON } from "./lab.mjs";

const TABS_MAX = 150;

/** Asks until `ask` answers with something; a page on its way to the next answers nothing. */
export async function until(ask, what) {
  const end = Date.now() + 2 * SOON;
  for (;;) {
    const answer = await Promise.resolve(ask()).catch(() => null);
    if (answer) return answer;
    assert.ok(Date.now() < end, `it never came: ${typeof what === "function" ? await what() : what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What the focus is on: its name as a screen reader would say it, and whether a person sees it. */
export function focused(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const words = (node) => {
      const copy = node?.cloneNode(true);
      for (const hidden of copy?.querySelectorAll("[aria-hidden=true]") ?? []) hidden.remove();
      return copy?.textContent.replace(/\s+/g, " ").trim() ?? "";
    };
    const group = element.tagName === "FIELDSET" ? words(element.querySelector(":scope > legend")) : "";
    const label = [...(element.labels ?? [])].map(words).join(" ");
    const box = element.getBoundingClientRect();
    // Something hidden but for a screen reader (a box in a switch) shows itself by its label.
    const [x, y] = [box.left + Math.min(box.width, 60) / 2, box.top + Math.min(box.height, 24) / 2];
    const there = document.elementFromPoint(x, y);
    const isMine = there && (element.contains(there) || there.contains(element) || element.closest("label")?.contains(there));
    return {
      id: element.id,
      tag: element.tagName.toLowerCase(),
      name: element.getAttribute("aria-label") ?? (group || label || words(element)),
      isSeen: Boolean(isMine) && box.left >= -1 && Math.min(box.right, box.left + 24) <= innerWidth + 1,
      where: JSON.stringify(box),
    };
  });
}

/** The page may still be on its way there. */
async function seen(page) {
  const where = async () => `what has the focus where one sees it: ${JSON.stringify(await focused(page))}`;
  await until(async () => (await focused(page))?.isSeen, where);
}

/** Presses Tab (or Shift+Tab) until the focus is on what is called `name`. */
export async function reach(page, name, key = "Tab") {
  const passed = [];
  for (let step = 0; step < TABS_MAX; step++) {
    await page.keyboard.press(key);
    const now = await focused(page);
    if (!now) continue;
    passed.push(now.name);
    const isIt = name instanceof RegExp ? name.test(now.name) : now.name === name;
    if (!isIt) continue;
    await seen(page);
    return now;
  }
  assert.fail(`the keyboard does not reach ${name}, only ${[...new Set(passed)].join(" | ")}`);
}

/** Goes to a box and types. */
export async function fill(page, name, text, key) {
  await reach(page, name, key);
  await page.keyboard.type(text);
}

/** Does `act`, which shows the form or the page anew, and waits for the focus to be on `name`. */
export async function leads(page, act, name) {
  const old = await page.evaluateHandle(() => document.activeElement);
  await act();
  await until(() => old.evaluate((node) => !node.isConnected).catch(() => true), "the old page went");
  await page.waitForLoadState("load");
  const isThere = async () => {
    const now = await focused(page);
    return now?.name && (name instanceof RegExp ? name.test(now.name) : now.name === name) ? now : null;
  };
  const now = await until(isThere, async () => `the focus on ${name}, it is on ${JSON.stringify(await focused(page))}`);
  await seen(page);
  return now;
}

/** Goes to a button, presses it, and waits for the focus to be on `name`. */
export async function activate(page, button, name, key) {
  await reach(page, button, key);
  return leads(page, () => page.keyboard.press("Enter"), name);
}
