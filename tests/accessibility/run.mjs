// Every page of the web view in both themes, by tools that others made: Lighthouse's accessibility score, pa11y (WCAG 2 AA) and
// the Nu HTML checker. Writes what came out into CONFORMANCE.md:
// `node run.mjs --hydra PROGRAM --packages FOLDER --vault FOLDER [--out FILE] [--browser PROGRAM]`.
import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs, promisify } from "node:util";

const HEADING = "## The web view";
/** Lighthouse's score that every page has at least, of 100. */
const LEAST_SCORE = 95;
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"];

const { values: given } = parseArgs({ options: { hydra: { type: "string" }, packages: { type: "string" }, vault: { type: "string" }, out: { type: "string" }, browser: { type: "string", default: "/usr/bin/chromium" } } });
const require = createRequire(join(resolve(given.packages), "node_modules", "x.js"));
const bring = (path) => import(pathToFileURL(join(resolve(given.packages), "node_modules", path)));
const { default: puppeteer } = await bring("puppeteer-core/lib/esm/puppeteer/puppeteer-core.js");
const { snapshot } = await bring("lighthouse/core/index.js");
const pa11y = require("pa11y");
const versionOf = (name) => require(`${name}/package.json`).version;

const folder = await mkdtemp(join(tmpdir(), "hydra-looks-"));
const data = join(folder, "data");
await mkdir(data, { mode: 0o700 });
const environment = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder };
delete environment.HYDRA_DATA_DIR;
const hydra = (...words) => execFileSync(given.hydra, ["--data-dir", data, ...words], { env: environment, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
const told = (...words) => JSON.parse(hydra("--json", ...words));

/** A memory with something on every page. */
function fill() {
  hydra("ingest", "--space", "sample", resolve(given.vault));
  told("remember", "I prefer tea to coffee", "--kind", "preference");
  told("remember", "Mirela lives in Ghent", "--kind", "fact");
  told("learn", "--when", "the linker is killed", "Build with one job");
  told("decide", "Keep it in one store", "--chosen", "RocksDB: crash safe", "--option", "SQLite: one writer");
  const memory = told("remember", "The boiler was serviced in January", "--kind", "fact").id;
  told("forget", told("remember", "Nobody needs this").id);
  // What waits for its owner, and a folder that is watched.
  for (const place of ["Bruges", "Ghent"]) told("remember", "--fact", "Tomas", "lives in", place, "--valid-from", "2025-01-01");
  const seen = told("remember", "We met Ana at the pier and spoke of her work").id;
  const lines = join(folder, "proposals.jsonl");
  writeFileSync(lines, `${JSON.stringify({ kind: "fact", subject: "Ana", predicate: "works for", object: "Acme", evidence: [seen] })}\n`);
  hydra("propose", lines);
  const notes = join(folder, "notes");
  mkdirSync(notes);
  writeFileSync(join(notes, "Garage.md"), "# Garage\n\nThe winter tyres hang on the left wall of the garage.\n");
  hydra("source", "add", notes);
  const trace = told("recall", "why do the taps run cold").trace_id;
  const entity = told("entity", "show", "Boiler").id;
  return [
    "/", "/today", "/start", "/search", "/search?q=why+do+the+taps+run+cold&why=1", "/map", "/map?view=list", "/timeline", "/timeline?of=Boiler", "/recalls", `/recalls/${trace}`,
    "/decisions", "/learnings", "/preferences", "/conflicts", "/proposals", "/sources", "/trash", "/settings", `/m/${memory}`, `/m/${memory}/history`, `/m/${entity}`,
  ];
}

async function serve() {
  const child = spawn(given.hydra, ["--data-dir", data, "serve", "--port", "0"], { env: environment, stdio: "ignore" });
  for (;;) {
    if (child.exitCode !== null) throw new Error("the server did not come up");
    const running = await readFile(join(data, "server.json"), "utf8").then(JSON.parse, () => null);
    if (running?.port && await fetch(`http://127.0.0.1:${running.port}/healthz`).then(() => true, () => false)) return { child, base: `http://127.0.0.1:${running.port}` };
    await new Promise((then) => setTimeout(then, 50));
  }
}

/** Opens a page and waits until it stands still. */
async function open(page, address) {
  await page.goto(address, { waitUntil: "load" });
  await page.waitForSelector("main h1");
  await page.waitForFunction(() => !document.querySelector("main .waiting"));
  await page.waitForNetworkIdle({ idleTime: 400, timeout: 20_000 }).catch(() => {});
}

const rows = [];
const wrong = [];
const saved = [];
const { child, base } = await serve();
let browser;
try {
  const pages = fill();
  browser = await puppeteer.launch({ executablePath: given.browser, args: FLAGS, headless: true });
  for (const theme of ["light", "dark"]) {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    // The tools put scripts of theirs into the page, which its policy forbids.
    await page.setBypassCSP(true);
    await page.setViewport({ width: 1280, height: 900 });
    await page.goto(hydra("open", "--print", "--quiet").trim());
    await page.evaluate((theme) => localStorage.setItem("hydra.theme", theme), theme);
    for (const [index, path] of pages.entries()) {
      const address = base + path;
      await open(page, address);
      if (theme === "light") {
        const file = join(folder, `${index}.html`);
        await writeFile(file, await page.content());
        saved.push({ file, path });
      }
      const { issues } = await pa11y(address, { browser, page, ignoreUrl: true, standard: "WCAG2AA", timeout: 60_000 });
      for (const { code, message, selector } of issues) wrong.push(`pa11y, ${theme} ${path}: ${message} (${code} at \`${selector}\`)`);
      // As it stands, so that what is measured is the page and not its loading.
      const run = await snapshot(page, { flags: { onlyCategories: ["accessibility"], formFactor: "desktop", screenEmulation: { disabled: true }, disableFullPageScreenshot: true, logLevel: "silent" } });
      const score = Math.round((run?.lhr.categories.accessibility.score ?? 0) * 100);
      const failed = Object.values(run?.lhr.audits ?? {}).filter(({ score, scoreDisplayMode }) => scoreDisplayMode === "binary" && score === 0);
      if (score < LEAST_SCORE) wrong.push(`Lighthouse, ${theme} ${path}: ${score}`);
      for (const { id, details } of failed) wrong.push(`Lighthouse, ${theme} ${path}: ${id}${(details?.items ?? []).slice(0, 3).map(({ node }) => ` \`${node?.selector ?? ""}\``).join("")}`);
      rows.push({ theme, path, score, issues: issues.length });
      console.error(`${theme} ${path}: ${score}, ${issues.length}`);
    }
    await context.close();
  }
  const jar = join(resolve(given.packages), "node_modules/vnu-jar/build/dist/vnu.jar");
  const checked = await promisify(execFile)("java", ["-jar", jar, "--format", "json", "--exit-zero-always", ...saved.map(({ file }) => file)], { maxBuffer: 64 << 20 });
  for (const { type, subType, message, url, extract } of JSON.parse(checked.stderr).messages) {
    if (type !== "error" && subType !== "warning") continue;
    const { path } = saved.find(({ file }) => url.endsWith(file)) ?? { path: url };
    wrong.push(`Nu, ${path}: ${message}${extract ? ` (\`${extract.replaceAll("`", "'").replaceAll("\n", " ")}\`)` : ""}`);
  }
} finally {
  await browser?.close();
  child.kill("SIGTERM");
  await new Promise((then) => (child.exitCode === null ? child.on("exit", then) : then()));
  await rm(folder, { recursive: true, force: true });
}

const least = (theme) => Math.min(...rows.filter((row) => row.theme === theme).map(({ score }) => score));
const count = (theme) => rows.filter((row) => row.theme === theme).length;
const issues = (theme) => rows.filter((row) => row.theme === theme).reduce((sum, row) => sum + row.issues, 0);
const text = [
  HEADING, "",
  "Every page with the sample vault, in Chromium, in both themes; `make accessibility` writes this part.",
  `Lighthouse ${versionOf("lighthouse")} (accessibility, of 100), pa11y ${versionOf("pa11y")} (WCAG 2 AA), and the Nu HTML checker (vnu-jar ${versionOf("vnu-jar")}) over the page as the browser has it.`,
  "", "| theme | pages | least score by Lighthouse | found by pa11y |", "|---|---:|---:|---:|",
  ...["light", "dark"].map((theme) => `| ${theme} | ${count(theme)} | ${least(theme)} | ${issues(theme)} |`), "",
  wrong.length === 0 ? "Nothing else was found." : "Found:", ...(wrong.length ? ["", ...wrong.map((line) => `- ${line}`)] : []), "",
].join("\n");
if (given.out) {
  const whole = await readFile(given.out, "utf8").catch(() => "# Conformance\n");
  const [before, after = ""] = whole.split(`\n${HEADING}\n`);
  const rest = after.indexOf("\n## ");
  await writeFile(given.out, `${before.trimEnd()}\n\n${text}${rest < 0 ? "" : after.slice(rest)}`);
} else console.log(text);
process.exit(wrong.length === 0 ? 0 : 1);
