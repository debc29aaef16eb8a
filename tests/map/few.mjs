// A map of nothing, and of one thing, as JSON: `node few.mjs PORT TOKEN UI`.
import { rest, start } from "./browser.mjs";

const [port, token, ui] = process.argv.slice(2);
const { browser, open, errors } = await start(port, token, ui);
const out = {};
const tell = (text) =>
  fetch(`http://127.0.0.1:${port}/v1/remember`, { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: JSON.stringify({ text }) });

/** What is said to whoever looks, and to whoever listens after an arrow. */
async function look(query, key) {
  const page = await open(query, { reducedMotion: "reduce" });
  await rest(page);
  await page.waitForFunction(() => document.querySelector(".map-counts").textContent !== "");
  const few = page.locator(".map-few");
  const seen = { isSaid: await few.isVisible(), said: await few.innerText(), counts: await page.locator(".map-counts").textContent() };
  if (key) {
    await page.locator(".map-stage").focus();
    await page.keyboard.press(key);
    await page.waitForFunction(() => document.querySelector(".map [role=status]").textContent !== "");
    seen.spoken = await page.locator(".map [role=status]").textContent();
    await rest(page);
    seen.nodes = await page.evaluate(() => window.map.stats().nodes);
  }
  await page.context().close();
  return seen;
}

out.none = await look("", "ArrowRight");
out.noneInList = await look("?view=list");
out.elsewhere = await look("?p=work");
{
  // What comes onto a map of nothing is looked at.
  const page = await open("", { reducedMotion: "reduce" });
  await rest(page);
  await tell("The spare key hangs in the hall");
  await page.evaluate(() => window.map.refresh());
  await rest(page);
  out.arrived = await page.evaluate(() => {
    const { frame, camera } = window.map.scene;
    const [x, y] = camera.screen(frame.positions[0], frame.positions[1]);
    return { nodes: frame.count, away: Math.hypot(x - camera.width / 2, y - camera.height / 2) };
  });
  await page.context().close();
}
out.one = await look("", "ArrowRight");
await tell("The ladder stands in the shed");
out.two = await look("");
out.errors = errors;
await browser.close();
console.log(JSON.stringify(out));
