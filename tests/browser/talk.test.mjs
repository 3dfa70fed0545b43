// Labels, what people say about a task, and the same change of many tasks: with scripts and without.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { PASSWORD, barriers, logIn, openWindow, press, setUp, startBrowser, startLab } from "./lab.mjs";

let browser;
let lab;
before(async () => {
  [browser, lab] = await Promise.all([startBrowser(), startLab()]);
  const page = await openWindow(browser, lab);
  await setUp(page, lab);
  await page.goto("/users/new");
  await page.fill("#username", "kim");
  await page.fill("#password", PASSWORD);
  await page.check("input[name=role][value=maintainer]");
  await page.check("input[name=one_time][value=false]");
  await press(page, "Create user");
  await page.context().close();
});
after(async () => {
  await browser?.close();
  await lab?.stop();
});

/** A window of somebody who is signed in. */
async function windowOf(username, options = {}) {
  const page = await openWindow(browser, lab, options);
  await logIn(page, username);
  return page;
}

async function makeProject(page, name, tasks) {
  await page.goto("/projects/new");
  await page.fill("#name", name);
  for (const [index, task] of tasks.entries()) await page.fill(`#task-${index + 1}`, task);
  await press(page, "Create project");
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with scripts" : "without scripts";

  test(`a label is made, given to a task and found in its history, ${how}`, async () => {
    const page = await windowOf("sam", { javaScriptEnabled });
    const name = `hardware ${how}`;
    await page.goto("/labels");
    await page.fill("#new-label #name", name);
    await page.check("#new-label input[value=teal]");
    await press(page, "Create label");
    await makeProject(page, `Rack ${how}`, ["Buy rails"]);
    await page.getByRole("link", { name: "Buy rails" }).first().click();
    await page.locator("#labels").getByLabel(name, { exact: true }).check();
    await press(page, "Save");
    assert.equal(await page.locator("ul.chips .label").innerText(), name);
    assert.match(await page.locator("#history").innerText(), new RegExp(`nothing.*${name}`, "s"));
    assert.deepEqual(page.troubles, []);
    await page.context().close();
  });

  test(`something is said, edited and taken back, ${how}`, async () => {
    const page = await windowOf("sam", { javaScriptEnabled });
    await makeProject(page, `Power ${how}`, ["Measure"]);
    await page.getByRole("link", { name: "Measure" }).first().click();
    await page.fill("#new-comment textarea", "**12 V**, says @kim");
    await page.getByRole("button", { name: "Comment", exact: true }).click();
    const said = page.locator("#comments li");
    await said.locator(".text").getByText("12 V").waitFor();
    assert.equal(await said.getByRole("link", { name: "@kim" }).getAttribute("href"), "/tasks?assignee=kim");
    assert.equal(await page.inputValue("#new-comment textarea"), "");
    if (javaScriptEnabled) assert.deepEqual(await barriers(page), []);
    await said.locator("summary").click();
    await said.locator("textarea").fill("11 V");
    await said.getByRole("button", { name: "Save" }).click();
    await said.locator(".text").getByText("11 V").waitFor();
    await said.getByText("edited").waitFor();
    if (!(await said.locator("details").evaluate((more) => more.open))) await said.locator("summary").click();
    await said.getByRole("button", { name: "Delete comment" }).click();
    await said.waitFor({ state: "detached" });
    assert.match(await page.locator("#history").innerText(), /deleted a comment/);
    assert.deepEqual(page.troubles, []);
    await page.context().close();
  });

  test(`many tasks are changed at once, and refused together, ${how}`, async () => {
    const page = await windowOf("sam", { javaScriptEnabled });
    await makeProject(page, `Boxes ${how}`, ["One", "Two", "Three"]);
    const list = `${page.url().split("#")[0]}/tasks`;
    await page.goto(list);
    const boxes = page.locator("input[name=task]");
    if (javaScriptEnabled) {
      assert.deepEqual(await barriers(page), []);
      await page.getByLabel("All of this page").check();
      await page.getByText("3 tasks are checked").waitFor();
    } else {
      assert.equal(await page.getByLabel("All of this page").isVisible(), false);
      for (const box of await boxes.all()) await box.check();
    }
    await page.locator(".bulk-more > summary").click();
    await press(page, "Change them");
    await page.getByRole("alert").getByText("Choose what is to change").waitFor();
    assert.equal(await page.locator("input[name=task]:checked").count(), 3);
    await page.getByRole("checkbox", { name: /^Two/ }).uncheck();
    await page.selectOption("#status", "in_progress");
    await page.selectOption("#assignee", "kim");
    page.troubles.length = 0;
    await press(page, "Change them");
    assert.equal(page.url(), list);
    assert.equal(await page.locator("tr", { hasText: "kim" }).count(), 2);
    await boxes.nth(0).check();
    await boxes.nth(1).check();
    await page.locator(".bulk-more > summary").click();
    await press(page, "Delete them");
    assert.equal(await boxes.count(), 1);
    assert.deepEqual(page.troubles, []);
    await page.context().close();
  });
}

test("what one says the other sees, and what they are typing stays", async () => {
  const sam = await windowOf("sam");
  await makeProject(sam, "Hall", ["Hang the tablet"]);
  await sam.getByRole("link", { name: "Hang the tablet" }).first().click();
  const kim = await windowOf("kim");
  await kim.goto(sam.url());
  await kim.fill("#new-comment textarea", "I am still typing");
  await sam.fill("#new-comment textarea", "Two screws are missing");
  await sam.getByRole("button", { name: "Comment", exact: true }).click();
  await kim.locator("#comments li .text").getByText("Two screws are missing").waitFor();
  assert.equal(await kim.inputValue("#new-comment textarea"), "I am still typing");
  await sam.goto("/labels");
  await sam.fill("#new-label #name", "tools");
  await press(sam, "Create label");
  await kim.locator("#labels").getByText("tools").waitFor();
  await kim.getByRole("button", { name: "Comment", exact: true }).click();
  await kim.locator("#comments li .text").getByText("I am still typing").waitFor();
  assert.deepEqual([...sam.troubles, ...kim.troubles], []);
  await Promise.all([sam.context().close(), kim.context().close()]);
});
