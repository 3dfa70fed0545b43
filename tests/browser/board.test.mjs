// Cards moved by hand, by keys and without scripts; by two people at once.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { PASSWORD, SOON, barriers, logIn, openWindow, setUp, startBrowser, startLab } from "./lab.mjs";

let browser;
before(async () => (browser = await startBrowser()));
after(() => browser.close());

let lab;
afterEach(() => lab?.stop());

/** Sam's window on the board of a project with these tasks. */
async function openBoard(tasks, options = {}) {
  lab = await startLab();
  const page = await openWindow(browser, lab, options);
  await setUp(page, lab);
  const form = new URLSearchParams([["name", "Rewire the porch"], ...tasks.map((task) => ["task", task])]);
  const headers = { Origin: lab.origin, "Content-Type": "application/x-www-form-urlencoded" };
  const made = await page.request.post("/projects", { data: form.toString(), headers, maxRedirects: 0 });
  const board = `${made.headers().location}/board`;
  await page.goto(board);
  return { page, board };
}

const names = (page, status) => page.locator(`#cards-${status} [data-open]`).allInnerTexts();
const card = (page, name) => page.locator("[data-task]", { has: page.locator("[data-open]", { hasText: new RegExp(`^${name}$`) }) });
const said = (page) => page.locator("#said").innerText();

/** Asks until it is so. */
async function until(what, ask) {
  const end = Date.now() + SOON + 10_000;
  for (;;) {
    const seen = await ask();
    if (seen === true) return;
    assert.ok(Date.now() < end, `${what}: ${seen}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const shows = (page, status, wanted) => until(`${wanted} in ${status}`, async () => {
  const seen = (await names(page, status)).join(" ");
  return seen === wanted || seen;
});

/** What the database has, for whoever comes anew. */
async function kept(page, board, status) {
  const fresh = await page.context().newPage();
  await fresh.goto(board);
  const seen = await names(fresh, status);
  await fresh.close();
  return seen.join(" ");
}

async function middle(locator) {
  await locator.scrollIntoViewIfNeeded();
  const box = await locator.boundingBox();
  return { x: box.x + box.width / 2, y: box.y + box.height / 2, box };
}

async function takeUp(page, name) {
  const { box } = await middle(card(page, name));
  // Beside the name, which is a link.
  await page.mouse.move(box.x + 6, box.y + box.height - 6);
  await page.mouse.down();
  await page.mouse.move(box.x + 20, box.y + box.height + 4, { steps: 4 });
}

/** Lets the card that is held go on the upper or lower part of another, or in an empty column. */
async function dropAt(page, { onto, upper = false, column }) {
  const to = await middle(onto ? card(page, onto) : page.locator(`#cards-${column}`));
  const y = onto ? to.box.y + to.box.height * (upper ? 0.15 : 0.85) : to.box.y + 30;
  await page.mouse.move(to.x, to.y, { steps: 12 });
  await page.mouse.move(to.x, y, { steps: 6 });
  await page.mouse.up();
}

async function drag(page, name, to) {
  await takeUp(page, name);
  await dropAt(page, to);
}

/** Each person has a card in hand before the first lets go, as nothing moves under a held card. */
async function dragAtOnce(...moves) {
  for (const [page, name] of moves) await takeUp(page, name);
  await Promise.all(moves.map(([page, , to]) => dropAt(page, to)));
}

async function friend(page, role = "maintainer") {
  const headers = { Origin: lab.origin };
  const made = await page.request.post("/users", { form: { username: "robin", role, password: PASSWORD }, headers, maxRedirects: 0 });
  assert.equal(made.status(), 303, await made.text());
  const robin = await openWindow(browser, lab);
  await logIn(robin, "robin");
  return robin;
}

test("two people drag cards at once, and both see the one order that is kept", async () => {
  const { page: sam, board } = await openBoard(["A", "B", "C", "D", "E", "F"]);
  const robin = await friend(sam);
  await robin.goto(board);
  await drag(sam, "A", { onto: "C" });
  await shows(robin, "pending", "B C A D E F");
  await drag(robin, "B", { column: "in_progress" });
  await shows(sam, "in_progress", "B");
  await shows(robin, "in_progress", "B");
  await dragAtOnce([sam, "C", { column: "blocked" }], [robin, "F", { onto: "D", upper: true }]);
  for (const page of [sam, robin]) await shows(page, "pending", "A F D E");
  await dragAtOnce([sam, "E", { column: "done" }], [robin, "D", { column: "in_progress" }]);
  for (const status of ["pending", "in_progress", "blocked", "done"]) {
    await until(`one order in ${status}`, async () => {
      const seen = [await names(sam, status), await names(robin, status)].map((some) => some.join(" "));
      seen.push(await kept(sam, board, status));
      return (seen[0] === seen[1] && seen[1] === seen[2]) || seen;
    });
  }
  const all = (await Promise.all(["pending", "in_progress", "blocked", "done"].map((status) => names(sam, status)))).flat();
  assert.deepEqual(all.sort(), ["A", "B", "C", "D", "E", "F"]);
  assert.deepEqual(await names(sam, "blocked"), ["C"]);
  assert.deepEqual(await names(sam, "done"), ["E"]);
  assert.deepEqual([sam.troubles, robin.troubles], [[], []]);
  for (const page of [sam, robin]) await page.context().close();
});

test("what somebody else moves waits while a card is held, and comes when it is let go", async () => {
  const { page: sam, board } = await openBoard(["A", "B", "C"]);
  const robin = await friend(sam);
  await robin.goto(board);
  await takeUp(sam, "A");
  await card(robin, "C").locator("summary").click();
  await card(robin, "C").getByRole("button", { name: "To done" }).click();
  await shows(robin, "done", "C");
  // Long enough for the news to come, which is not shown yet.
  await sam.waitForTimeout(3500);
  assert.deepEqual(await names(sam, "done"), []);
  const home = await middle(card(sam, "A").first());
  await sam.mouse.move(home.x, home.y, { steps: 4 });
  await sam.mouse.up();
  await shows(sam, "done", "C");
  assert.equal(await sam.locator("#board.is-dragging").count(), 0);
  for (const page of [sam, robin]) await page.context().close();
});

test("a card that may not be done goes back, and it is said why", async () => {
  const { page, board } = await openBoard(["Build", "Order"]);
  await card(page, "Build").locator("[data-open]").click();
  await page.fill("#blocker", "Order");
  await page.locator("#blocker").press("Enter");
  await page.locator("#blockers").getByRole("link", { name: "Order" }).waitFor();
  await page.goto(board);
  await drag(page, "Build", { column: "done" });
  await until("why not", async () => /It waits for “Order”/.test(await said(page)) || said(page));
  await shows(page, "pending", "Build Order");
  assert.deepEqual(await names(page, "done"), []);
  assert.match(await page.locator("#said").getAttribute("class"), /notice-danger/);
  await drag(page, "Order", { column: "done" });
  await until("where it is", async () => (await said(page)) === "“Order” is number 1 in done now." || said(page));
  assert.deepEqual(await names(page, "done"), ["Order"]);
  assert.doesNotMatch(await page.locator("#said").getAttribute("class"), /notice-danger/);
  assert.deepEqual(page.troubles.filter((trouble) => !trouble.includes("422")), []);
  await page.context().close();
});

test("cards are moved by keys alone, the focus stays with them, and it is said where they are", async () => {
  const { page } = await openBoard(["A", "B", "C"]);
  const isOn = (name) => until(`the focus on ${name}`, () =>
    page.evaluate((wanted) => document.activeElement?.getAttribute("aria-label") === `Move ${wanted}`, name));
  await card(page, "A").locator("summary").focus();
  await page.keyboard.press("ArrowDown");
  await shows(page, "pending", "B A C");
  await isOn("A");
  assert.equal(await said(page), "“A” is number 2 in pending now.");
  await page.keyboard.press("ArrowRight");
  await shows(page, "in_progress", "A");
  await isOn("A");
  await until("it is said", async () => (await said(page)) === "“A” is number 1 in in progress now." || said(page));
  await page.keyboard.press("ArrowLeft");
  await shows(page, "pending", "A B C");
  await isOn("A");
  // By the buttons of the menu.
  await page.keyboard.press("Enter");
  for (let step = 0; step < 4; step++) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await shows(page, "pending", "B C A");
  await isOn("A");
  assert.equal(await page.locator("details[open]").count(), 0);
  assert.equal(await page.locator("#said").getAttribute("role"), "status");
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("cards are moved without scripts", async () => {
  const { page } = await openBoard(["A", "B", "C"], { javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
  await card(page, "C").locator("summary").click();
  await Promise.all([page.waitForNavigation(), card(page, "C").getByRole("button", { name: "First" }).click()]);
  assert.deepEqual(await names(page, "pending"), ["C", "A", "B"]);
  assert.equal(await said(page), "“C” is number 1 in pending now.");
  await card(page, "A").locator("summary").click();
  await Promise.all([page.waitForNavigation(), card(page, "A").getByRole("button", { name: "To done" }).click()]);
  assert.deepEqual(await names(page, "done"), ["A"]);
  await page.context().close();
});

test("a long column loads as one scrolls, and stays when a card of it is moved", async () => {
  const tasks = Array.from({ length: 130 }, (_, number) => `T${String(number).padStart(3, "0")}`);
  const { page } = await openBoard(tasks);
  assert.equal((await names(page, "pending")).length, 50);
  for (const count of [100, 130]) {
    await page.locator("#cards-pending > :last-child").scrollIntoViewIfNeeded();
    await until(`${count} cards`, async () => {
      const seen = (await names(page, "pending")).length;
      return seen >= count || seen;
    });
  }
  assert.deepEqual(await names(page, "pending"), tasks);
  await drag(page, "T120", { onto: "T118", upper: true });
  tasks.splice(118, 0, ...tasks.splice(120, 1));
  await shows(page, "pending", tasks.join(" "));
  await until("it is said", async () => (await said(page)) === "“T120” is number 119 in pending now." || said(page));
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("a board has no barriers, in both themes, on a desk and on a phone", async () => {
  const { page, board } = await openBoard(["A", "B"]);
  for (const path of [board, "/board"]) {
    for (const colorScheme of ["dark", "light"]) {
      for (const viewport of [{ width: 1440, height: 900 }, { width: 390, height: 844 }]) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme });
        await page.goto(path);
        await card(page, "A").locator("summary").click();
        assert.deepEqual(await barriers(page), [], `${path} ${colorScheme} ${viewport.width}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${path} is ${wide} pixels too wide`);
      }
    }
  }
  await page.context().close();
});
