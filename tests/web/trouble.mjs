// What goes wrong: markup in a memory, a title without end, two tabs, a server that stops and returns, an old tab.
import { spawn } from "node:child_process";
import { at, check, play, setting } from "./stage.mjs";

/** Starts the server on the port that it had, as soon as the one before has let go of the memory. */
async function serve() {
  for (;;) {
    const child = spawn(setting.program, ["--data-dir", setting.data, "serve", "--port", new URL(setting.base).port], { stdio: "ignore" });
    while (child.exitCode === null) {
      const health = await fetch(at("/healthz")).then((answer) => answer.json(), () => null);
      if (health?.pid === child.pid) return child;
      await new Promise((then) => setTimeout(then, 50));
    }
  }
}

const { markup, title, mixed, heading, shared, script } = setting.more;
/** Letters that a row, or a name on the map, may have. */
const MAX_ROW_LETTERS = 700;
const MAX_NAME_LETTERS = 34;
/** Pixels of four lines of a heading beside the map, and of two lines of its list. */
const MAX_HEADING_PX = 110;
const MAX_ROW_PX = 80;

await play(async ({ page, context }) => {
  // Markup is shown as the text that it is.
  for (const path of [`/m/${markup}`, "/search?q=script+alert+onerror", "/", "/timeline"]) {
    await page.goto(at(path));
    await page.locator("main h1").first().waitFor({ state: "attached" });
    await page.waitForFunction(() => !document.querySelector("main .waiting"));
  }
  await page.goto(at(`/m/${markup}`));
  check((await page.locator(".said .text").innerText()) === script, "markup is not shown as it was written");
  check((await page.evaluate(() => window.hacked)) === undefined, "a memory ran as script");
  check((await page.locator("main img, main script").count()) === 0, "a memory became markup");

  // A very long one stays readable and breaks no layout.
  await page.setViewportSize({ width: 320, height: 700 });
  await page.goto(at(`/m/${title}`));
  await page.getByRole("button", { name: /Show all/ }).click();
  check(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "a long text is wider than the window");
  await page.goto(at(`/m/${mixed}`));
  check((await page.locator(".said .text").innerText()).includes("👩‍👩‍👧"), "names of several scripts are torn");
  await page.goto(at(`/m/${heading}`));
  await page.getByRole("button", { name: "whole title" }).click();
  check(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "a long heading is wider than the window");

  // Where it is one of many it takes no more room than others, whether it was told or is a heading of a note.
  for (const [path, rows] of [["/search?q=a+title+that+goes+on", ".row"], ["/search?q=the+lantern+of+the+mole", ".row"], ["/", ".line"]]) {
    for (const width of [320, 1280]) {
      await page.setViewportSize({ width, height: 900 });
      await page.goto(at(path));
      await page.locator(`main ${rows}`).first().waitFor();
      const seen = await page.evaluate((rows) => ({
        over: document.documentElement.scrollWidth - window.innerWidth,
        letters: Math.max(...[...document.querySelectorAll(`main ${rows}`)].map((row) => row.textContent.length)),
      }), rows);
      check(seen.over <= 0, `${path} is ${seen.over} pixels too wide at ${width}`);
      check(seen.letters <= MAX_ROW_LETTERS, `a row of ${path} has ${seen.letters} letters`);
    }
  }

  // What is written from right to left is shown so, in rows too, and has its name on the map.
  const direction = (what) => page.locator(what, { hasText: "שלום" }).first().evaluate((element) => getComputedStyle(element).direction);
  for (const [path, what] of [["/search?q=שלום+עולם", "main .row-text"], ["/", "main .line a"], [`/m/${mixed}`, ".said .text"]]) {
    await page.goto(at(path));
    await page.locator(what, { hasText: "שלום" }).first().waitFor();
    check((await direction(what)) === "rtl", `${what} of ${path} goes from left to right`);
  }
  const drawn = await context.newPage();
  // A canvas does not tell what is written on it.
  await drawn.addInitScript(() => {
    window.written = new Set();
    const { fillText } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
      window.written.add(text);
      return fillText.call(this, text, ...place);
    };
  });
  for (const [id, beginning] of [[mixed, "שלום"], [title, "A title that goes on"]]) {
    await drawn.goto(at(`/map?n=${id}`));
    await drawn.waitForFunction((beginning) => [...window.written].some((text) => text.startsWith(beginning)), beginning);
    const longest = await drawn.evaluate(() => Math.max(...[...window.written].map((text) => [...text].length)));
    check(longest <= MAX_NAME_LETTERS, `a name on the map has ${longest} letters`);
    await drawn.locator(".map-panel h2").waitFor();
    const { height } = await drawn.locator(".map-panel h2").boundingBox();
    check(height <= MAX_HEADING_PX, `the name beside the map is ${height} pixels high`);
    await drawn.goto(at(`/map?n=${id}&view=list`));
    const row = drawn.locator(".map-row[aria-current]");
    await row.waitFor();
    check((await row.boundingBox()).height <= MAX_ROW_PX, "a row of the map's list is too high");
  }
  check((await drawn.locator(".map-list .map-row", { hasText: "A title" }).first().locator(".map-name").getAttribute("dir")) === "auto", "a row of the map's list has a direction of its own");
  await drawn.close();
  await page.setViewportSize({ width: 1280, height: 900 });

  // Two tabs edit one memory: the second hears of it and keeps what was written.
  const other = await context.newPage();
  await page.goto(at(`/m/${shared}?do=edit`));
  await page.locator("form.edit textarea").fill("The alarm code is 1 of this tab");
  await other.goto(at(`/m/${shared}?do=edit`));
  await other.locator("form.edit textarea").fill("The alarm code is 2 of the other tab");
  await other.getByRole("button", { name: /^Save/ }).click();
  await other.waitForURL((url) => !url.href.includes(shared));
  await page.getByText("changed somewhere else while you were writing").waitFor();
  await page.getByText("2 of the other tab").first().waitFor();
  check((await page.locator("form.edit textarea").inputValue()) === "The alarm code is 1 of this tab", "what was written is lost");
  await page.waitForTimeout(1_200);
  await page.getByRole("button", { name: /^Save/ }).click();
  await page.locator(".said").getByText("1 of this tab").waitFor();
  await page.getByText("2 of the other tab").first().waitFor();
  await other.close();

  // An id of nothing, and an address of nothing.
  await page.goto(at("/m/038g93r4yp000"));
  await page.getByRole("alert").waitFor();
  await page.goto(at("/m/nonsense"));
  await page.getByRole("alert").waitFor();

  // The server goes away and comes back: what was shown stays, and the page goes on by itself.
  await page.goto(at("/"));
  await page.getByRole("heading", { name: "What changed" }).waitFor();
  process.kill(setting.pid, "SIGTERM");
  await page.locator(".banner").getByText("Hydra does not answer").waitFor();
  await page.getByRole("heading", { name: "What changed" }).waitFor();
  const again = await serve();
  try {
    await page.locator(".banner").getByText("Hydra does not answer").waitFor({ state: "detached" });
    await page.keyboard.press("c");
    await page.keyboard.type("It is back");
    await page.keyboard.press("Control+Enter");
    await page.locator("main").getByText("It is back").waitFor();

    // A tab of another version says so, and loads nothing by itself.
    await page.route("**/assets/build.txt", (route) => route.fulfill({ contentType: "text/plain", body: "another" }));
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await page.locator(".banner").getByText("Hydra was updated").waitFor();
  } finally {
    again.kill("SIGKILL");
  }
  return {};
});
