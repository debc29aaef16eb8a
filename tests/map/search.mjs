// A search as somebody types it: from the key that asks to the hits on the page, in milliseconds, as JSON:
// `node search.mjs PORT TOKEN UI`.
import { chromium } from "playwright-core";

const SEARCHES = 200;
/** Not counted: the first of a browser are no others'. */
const BEFORE = 10;
const WORDS = "anchor harbour lamp river stone window garden letter winter market bridge kettle ladder orchard ferry lantern saddle thunder copper willow".split(" ");
const [port, token] = process.argv.slice(2);
const base = `http://127.0.0.1:${port}`;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--no-first-run", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
const page = await (await browser.newContext({ extraHTTPHeaders: { authorization: `Bearer ${token}` }, reducedMotion: "reduce" })).newPage();
const errors = [];
page.on("pageerror", (error) => errors.push(error.message));
await page.goto(`${base}/search?q=begin`);
await page.waitForSelector(".hits[aria-busy=false]");

let seed = 7;
/** Of numbers that look like chance and are the same each time (a linear congruence). */
const below = (bound) => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff) % bound;
const times = [];
let found = 0;
for (let n = 0; n < SEARCHES + BEFORE; n++) {
  const question = `${n} ${[1, 2, 3, 4].map(() => WORDS[below(WORDS.length)]).join(" ")}`;
  const took = await page.evaluate(async (question) => {
    const field = document.querySelector("#search");
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, question);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise((done) => requestAnimationFrame(done));
    const begun = performance.now();
    const shown = new Promise((done) => {
      let wasBusy = false;
      const look = () => {
        const isBusy = document.querySelector(".hits")?.ariaBusy === "true";
        if (wasBusy && !isBusy) {
          watch.disconnect();
          // Drawn too.
          requestAnimationFrame(() => done(performance.now() - begun));
        }
        wasBusy ||= isBusy;
      };
      const watch = new MutationObserver(look);
      watch.observe(document.querySelector("main"), { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-busy"] });
    });
    field.form.requestSubmit();
    return shown;
  }, question);
  if (n >= BEFORE) times.push(took);
  found += await page.locator(".hits .row").count();
}
await browser.close();
times.sort((one, other) => one - other);
const percentile = (percent) => times[Math.min(times.length - 1, Math.ceil((times.length * percent) / 100) - 1)];
console.log(JSON.stringify({ p50: percentile(50), p95: percentile(95), searches: times.length, found, errors }));
