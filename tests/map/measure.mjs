// What the map costs a browser, in CPU milliseconds of its renderer, as JSON: `node measure.mjs PORT TOKEN UI`.
import { rest, start } from "./browser.mjs";

const STEPS = 30;
const [port, token, ui] = process.argv.slice(2);
const { browser, open, errors } = await start(port, token, ui, { width: 1280, height: 800 });
// Once before, so that what is measured is not the first start of a browser.
await (await open()).context().close();

let devtools;
const ready = async (page) => {
  devtools = await page.context().newCDPSession(page);
  // Of the thread, so that a busy machine does not count.
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
};
const page = await open("", { reducedMotion: "reduce", ready });
const metrics = async () => Object.fromEntries((await devtools.send("Performance.getMetrics")).metrics.map(({ name, value }) => [name, value]));
await rest(page);
await page.waitForFunction(() => document.querySelector(".map-counts").textContent !== "");
await rest(page);
const usable = await metrics();
const out = { stats: await page.evaluate(() => window.map.stats()), scriptMs: usable.ScriptDuration * 1000, taskMs: usable.TaskDuration * 1000, processMs: usable.ProcessTime * 1000 };
out.counts = await page.locator(".map-counts").textContent();

/** Script of one step, of which so many are done. */
async function each(steps, step) {
  await page.waitForTimeout(800);
  const before = await metrics();
  for (let n = 0; n < steps; n++) await step(n);
  const after = await metrics();
  return ((after.ScriptDuration - before.ScriptDuration) * 1000) / steps;
}

out.scrubMs = await each(STEPS, (n) =>
  page.evaluate(async (n) => {
    const slider = document.querySelector(".map-time input");
    slider.value = String(Math.round((Number(slider.max) * (30 + n)) / 100));
    slider.dispatchEvent(new Event("input"));
    await new Promise((done) => requestAnimationFrame(done));
  }, n));
await page.evaluate(() => {
  const slider = document.querySelector(".map-time input");
  slider.value = slider.max;
  slider.dispatchEvent(new Event("change"));
});
await rest(page);
out.typeMs = await each(8, async (n) => {
  await page.evaluate((n) => {
    document.querySelector(".map-menu").open = true;
    document.querySelectorAll(".map-types input")[n % 2].click();
  }, n);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
});
await page.evaluate(() => (document.querySelector(".map-menu").open = false));
await rest(page);
await page.locator(".map-stage").focus();
await page.keyboard.press("ArrowRight");
await rest(page);
const keys = ["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"];
out.focusMs = await each(12, async (n) => {
  await page.keyboard.press(keys[n % 4]);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
});
await page.keyboard.press("0");
await rest(page);
const box = await page.locator(".map-stage").boundingBox();
out.panMs = await each(1, async () => {
  await page.mouse.move(box.x + 500, box.y + 300);
  await page.mouse.down();
  for (let n = 0; n < STEPS; n++) {
    await page.mouse.move(box.x + 500 + 4 * n, box.y + 300);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
  }
  await page.mouse.up();
}) / STEPS;
await rest(page);
await devtools.send("HeapProfiler.collectGarbage");
const heap = await devtools.send("Runtime.getHeapUsage");
out.heapMb = (heap.usedSize + (heap.backingStorageSize ?? 0)) / 1e6;
out.errors = errors;
await browser.close();
console.log(JSON.stringify(out));
