// Which names are written on the map from how far, as JSON: `node distances.mjs PORT TOKEN UI`.
import { rest, start } from "./browser.mjs";

/** Pixels a unit of the map, below, between and above the two bounds in `labels.ts`. */
const ZOOMS = { far: 0.8, between: 2, near: 5 };
const [port, token, ui] = process.argv.slice(2);
const { browser, open, errors } = await start(port, token, ui);
const out = {};

/** Notes what is written, since a canvas does not tell. */
const listen = () => {
  window.written = [];
  const { fillText, clearRect } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.clearRect = function (...box) {
    if (this.canvas.className === "map-words") window.written = [];
    return clearRect.apply(this, box);
  };
  CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
    if (this.canvas.className === "map-words") window.written.push(text);
    return fillText.call(this, text, ...place);
  };
};

// Until it is laid out.
for (;;) {
  const frame = await fetch(`http://127.0.0.1:${port}/api/map/frame`, { headers: { authorization: `Bearer ${token}` } });
  if (new DataView(await frame.arrayBuffer()).getBigUint64(16, true) > 0n) break;
  await new Promise((then) => setTimeout(then, 100));
}
const first = await open();
await rest(first);
const at = await first.evaluate(() => {
  const { x, y } = window.map.scene.frame.largest[0];
  return [x, y].join();
});
await first.context().close();
for (const [name, zoom] of Object.entries(ZOOMS)) {
  const page = await open(`?cam=${at},${zoom}`, { before: listen, reducedMotion: "reduce" });
  await rest(page);
  // Names come from the server once they are missed.
  await page.waitForFunction(() => window.written.length > 0, null, { timeout: 60_000 });
  await rest(page);
  out[name] = await page.evaluate(() => window.written);
  await page.context().close();
}
out.errors = errors;
await browser.close();
console.log(JSON.stringify(out));
