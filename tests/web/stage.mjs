// A browser that was let in, and what every script of the view looks at: errors in the console, requests to elsewhere.
import { chromium } from "playwright-core";

export const setting = JSON.parse(process.argv[2]);

// Without these, Chromium calls its maker's hosts at every start.
const FLAGS = [
  "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
  "--disable-sync", "--disable-default-apps", "--disable-extensions", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
];

/** Plays `act` in a browser and prints what came of it. */
export async function play(act) {
  const browser = await chromium.launch({ executablePath: setting.browser, args: FLAGS });
  const errors = [];
  const pageErrors = [];
  const elsewhere = new Set();
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce", locale: "en-GB", timezoneId: "Europe/Brussels" });
  // A busy machine takes its time.
  context.setDefaultTimeout(60_000);
  context.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  context.on("weberror", (error) => pageErrors.push(String(error.error())));
  context.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== setting.base && protocol !== "data:" && protocol !== "blob:") elsewhere.add(request.url());
  });
  const page = await context.newPage();
  await page.goto(setting.link);
  try {
    const played = await act({ page, context, errors });
    console.log(JSON.stringify({ ...played, errors, pageErrors, elsewhere: [...elsewhere] }));
  } catch (error) {
    console.error(`at ${page.url()}: ${await page.locator("body").innerText().catch(() => "")}`);
    throw error;
  } finally {
    await browser.close();
  }
}

/** Fails with what was seen. */
export function check(is, what) {
  if (!is) throw new Error(what);
}

export const at = (path) => setting.base + path;
