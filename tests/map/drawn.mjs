// What a browser draws of the map, and what it says, as JSON: `node drawn.mjs PORT TOKEN UI`.
import { readFile } from "node:fs/promises";
import { rest, start } from "./browser.mjs";

const [port, token, ui] = process.argv.slice(2);
const { browser, open, errors } = await start(port, token, ui);
const out = {};
const text = (page, what) => page.locator(what).first().textContent();
const query = (page) => Object.fromEntries(new URL(page.url()).searchParams);

/** Counts what is drawn: pixels that are not the ground, in all and along the edge, without names. */
async function pixels(page) {
  await rest(page);
  await page.evaluate(() => (document.querySelector(".map-words").style.visibility = "hidden"));
  const picture = await page.locator(".map-stage").screenshot();
  await page.evaluate(() => (document.querySelector(".map-words").style.visibility = ""));
  return page.evaluate(async (bytes) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${bytes}`)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    const at = (x, y) => [0, 1, 2].map((part) => data[4 * (y * image.width + x) + part]);
    // Inside the border and its corners.
    const ground = at(20, 20);
    const isDrawn = (x, y) => at(x, y).some((part, n) => Math.abs(part - ground[n]) > 6);
    let drawn = 0, edge = 0;
    for (let y = 12; y < image.height - 12; y++) {
      for (let x = 12; x < image.width - 12; x++) {
        if (!isDrawn(x, y)) continue;
        drawn++;
        if (x < 20 || y < 20 || x >= image.width - 20 || y >= image.height - 20) edge++;
      }
    }
    return { drawn, edge };
  }, picture.toString("base64"));
}

{
  const page = await open();
  await page.waitForFunction(() => window.map.stats().nodes > 0);
  await page.waitForFunction(() => /links?\.$/.test(document.querySelector(".map-counts").textContent), null, { timeout: 60_000 });
  out.whole = await pixels(page);
  out.counts = await text(page, ".map-counts");
  out.labels = await page.evaluate(() => window.map.stats().labels);
  await page.context().close();
}
for (const [name, controls] of [["names", "?type=entity"], ["facts", "?type=fact"], ["before", "?as=2019-06-01"], ["then", "?as=2021-06-01"], ["unknown", "?known=2019-06-01"]]) {
  const page = await open(controls);
  out[name] = await pixels(page);
  await page.waitForTimeout(300);
  out[name].counts = await text(page, ".map-counts");
  await page.context().close();
}
{
  // The keyboard alone.
  const page = await open("", { reducedMotion: "reduce" });
  await rest(page);
  await page.locator(".map-stage").focus();
  const said = async () => {
    await page.waitForTimeout(250);
    return text(page, ".map [role=status]");
  };
  await page.keyboard.press("ArrowRight");
  out.first = { said: await said(), query: query(page) };
  await rest(page);
  await page.keyboard.press("x");
  await rest(page);
  out.second = { query: query(page) };
  const walked = [];
  for (const key of ["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"]) {
    await page.keyboard.press(key);
    walked.push(await said());
    await rest(page);
  }
  out.walked = walked;
  await page.keyboard.press("Enter");
  out.opened = await page.evaluate(() => window.told.opened.length);
  const before = query(page).n;
  await page.keyboard.press("v");
  await page.waitForSelector(".map-row");
  out.list = { rows: await page.locator(".map-row").count(), view: query(page).view, held: await page.evaluate(() => document.activeElement?.className) };
  await page.keyboard.press("v");
  await page.locator(".map-stage").focus();
  await page.keyboard.press("[");
  out.earlier = { query: query(page), said: await said() };
  await page.keyboard.press("p");
  await page.waitForFunction(() => document.querySelector(".map-panel")?.textContent.includes("Let go"));
  out.pinned = true;
  await page.keyboard.press("0");
  await rest(page);
  out.all = { query: query(page), was: before };
  await page.goBack();
  await rest(page);
  out.back = query(page);
  await page.context().close();
}
{
  const page = await open();
  await rest(page);
  await page.locator(".map-find input").fill("Mirela");
  await page.waitForSelector(".map-found button");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => new URL(location.href).searchParams.has("n"));
  await rest(page);
  out.flown = await text(page, ".map-panel h2");
  const save = async (kind) => {
    await page.locator("summary", { hasText: "More" }).click();
    const [download] = await Promise.all([page.waitForEvent("download"), page.locator(".map-saves button", { hasText: kind }).click()]);
    await page.locator("summary", { hasText: "More" }).click();
    return readFile(await download.path());
  };
  out.csv = (await save("CSV")).toString();
  out.graphml = (await save("GraphML")).toString();
  out.png = (await save("PNG")).subarray(1, 4).toString();
  // A context that is lost and comes back; meanwhile the list is there, and the keyboard in it.
  await page.locator(".map-stage").focus();
  await page.evaluate(() => {
    const gl = document.querySelector(".map-dots").getContext("webgl2");
    window.lost = gl.getExtension("WEBGL_lose_context");
    window.lost.loseContext();
  });
  await page.waitForSelector(".map.is-list .map-row");
  await page.waitForFunction(() => document.activeElement?.className === "map-row");
  await page.evaluate(() => window.map.refresh());
  out.lost = { said: await text(page, ".map-notice"), rows: await page.locator(".map-row").count(), isStageSeen: await page.locator(".map-stage").isVisible() };
  await page.keyboard.press("v");
  out.lost.isListStill = await page.locator(".map-list").isVisible();
  await page.evaluate(() => window.lost.restoreContext());
  await page.waitForSelector(".map:not(.is-list)");
  await page.waitForFunction(() => document.activeElement?.className.startsWith("map-stage"));
  out.restored = await pixels(page);
  out.restored.isNoticeSeen = await page.locator(".map-notice").isVisible();
  await page.context().close();
}
{
  const page = await open("", { before: () => { HTMLCanvasElement.prototype.getContext = ((real) => function (kind, ...more) { return kind === "webgl2" ? null : real.call(this, kind, ...more); })(HTMLCanvasElement.prototype.getContext); } });
  await page.waitForSelector(".map-row");
  out.flat = { rows: await page.locator(".map-row").count(), hasWebGl: await page.evaluate(() => window.map.stats().hasWebGl) };
  await page.context().close();
}
out.errors = errors;
await browser.close();
console.log(JSON.stringify(out));
