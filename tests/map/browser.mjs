// Opens the map module of the web view in a real browser, on a page of its own at the server's address, without the shell
// around it: what is tested and measured is the module.
import { build } from "esbuild";
import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox", "--no-first-run", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync",
  "--disable-features=Translate,MediaRouter", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
];
const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Map</title>
<link rel="stylesheet" href="/test/map.css"><style>body { margin: 0 } #map { height: 100vh }</style></head>
<body><div id="map"></div><script type="module" src="/test/map.js"></script></body></html>`;
const SCRIPT = `import { mountMap } from "MODULE";
const told = { opened: [], said: [] };
const map = mountMap(document.getElementById("map"), {
  query: new URLSearchParams(location.search),
  navigate: (query, isReplaced) => history[isReplaced ? "replaceState" : "pushState"](null, "", "?" + query),
  open: (id) => told.opened.push(id),
  back: () => history.back(),
  told: (text) => told.said.push(text),
});
addEventListener("popstate", () => map.update(new URLSearchParams(location.search)));
Object.assign(window, { map, told });`;

/** Starts a browser and says how to open the map in it. `ui` is the folder of the web view. */
export async function start(port, token, ui, { width = 1000, height = 700 } = {}) {
  const bundle = (contents, loader) =>
    build({ stdin: { contents, loader, resolveDir: ui }, bundle: true, minify: true, write: false, format: "esm", target: "chrome109" });
  const [script, style] = await Promise.all([
    bundle(SCRIPT.replace("MODULE", `${ui}/src/map/index.ts`), "ts"),
    bundle(`@import "${ui}/src/map/map.css";`, "css"),
  ]);
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
  const origin = `http://127.0.0.1:${port}`;
  const errors = [];
  const open = async (query = "", options = {}) => {
    const { before, ready, ...how } = options;
    const context = await browser.newContext({ viewport: { width, height }, extraHTTPHeaders: { authorization: `Bearer ${token}` }, acceptDownloads: true, ...how });
    const page = await context.newPage();
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("request", (request) => !request.url().startsWith(origin) && !/^(blob|data):/.test(request.url()) && errors.push(`asked ${request.url()}`));
    await page.route(`${origin}/test/**`, (route) => {
      const path = new URL(route.request().url()).pathname;
      const [body, contentType] = path.endsWith(".js") ? [script.outputFiles[0].text, "text/javascript"]
        : path.endsWith(".css") ? [style.outputFiles[0].text, "text/css"] : [PAGE, "text/html"];
      return route.fulfill({ body, contentType });
    });
    if (before) await page.addInitScript(before);
    await ready?.(page);
    await page.goto(`${origin}/test/map${query}`);
    return page;
  };
  return { browser, open, errors };
}

/** Waits until nothing moves and everything is drawn. */
export const rest = (page) =>
  page.waitForFunction(() => document.querySelector(".map")?.dataset.state === "rest" && window.map.stats().isAtRest, null, { timeout: 120_000 });
