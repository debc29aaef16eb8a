// Every page with something on it, in both themes, the map in forced colours too, and what opens above a page: axe-core, valid
// HTML, no sideways scrolling at 320 pixels, a heading and a title.
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import { FileSystemConfigLoader, HtmlValidate } from "html-validate";
import { at, play, setting } from "./stage.mjs";

const { memory, trace, entity, edited } = setting.more;
const PAGES = [
  "/", "/today", "/start", "/search", "/search?q=why+do+the+taps+run+cold&why=1", "/map", "/map?view=list", "/timeline", "/timeline?of=Boiler", "/recalls", `/recalls/${trace}`,
  "/decisions", "/learnings", "/preferences", "/conflicts", "/proposals", "/sources", "/trash", "/settings", `/m/${memory}`, `/m/${memory}/history`,
  `/m/${memory}?do=edit`, `/m/${entity}`, "/nothing/here",
];
/** What would be looked at empty says nothing of what stands on it otherwise. */
const FILLED = ["/decisions", "/learnings", "/preferences", "/conflicts", "/proposals", "/sources", "/trash", "/recalls"];
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const validator = new HtmlValidate(new FileSystemConfigLoader({
  root: true,
  extends: ["html-validate:standard"],
  rules: {
    // What a browser writes out of its tree: no source of ours.
    "no-trailing-whitespace": "off", "attr-quotes": "off", "no-inline-style": "off", "doctype-style": "off", "void-style": "off", "no-implicit-button-type": "off",
    "attribute-boolean-style": "off", "attribute-empty-style": "off", "attr-case": "off", "element-case": "off", "long-title": "off", "require-sri": "off",
  },
}));

await play(async ({ page, context, errors }) => {
  const violations = [];
  const invalid = new Set();
  const overflowing = [];
  const untitled = [];
  const unnamed = [];
  const empty = [];
  const still = async (path) => {
    await page.goto(at(path));
    await page.locator("main h1").first().waitFor({ state: "attached" });
    await page.waitForFunction(() => !document.querySelector("main .waiting"));
    await page.waitForLoadState("networkidle").catch(() => {});
  };
  /** Looks at what is shown now. */
  const look = async (scheme, what) => {
    // The policy of the page forbids scripts of others, also this one: it is put in by the browser's own tool.
    const found = await page.evaluate(`(() => { ${axe}; return axe.run(document, { resultTypes: ["violations"] }); })()`);
    for (const { id, impact, nodes } of found.violations) {
      if (impact === "serious" || impact === "critical") violations.push(`${scheme} ${what}: ${id} at ${nodes.slice(0, 3).map(({ target, failureSummary }) => `${target} (${failureSummary})`).join("; ")}`);
    }
    if (scheme !== "light") return;
    const report = await validator.validateString(await page.content());
    for (const { messages } of report.results) {
      for (const { ruleId, message, selector } of messages) invalid.add(`${what}: ${ruleId}: ${message} at ${selector}`);
    }
  };
  const beginTheme = async (scheme) => {
    await page.emulateMedia({ colorScheme: scheme === "dark" ? "dark" : "light", forcedColors: scheme === "forced" ? "active" : "none", reducedMotion: "reduce" });
    await page.setViewportSize({ width: 1280, height: 900 });
  };

  for (const scheme of ["light", "dark", "forced"]) {
    await beginTheme(scheme);
    for (const path of scheme === "forced" ? ["/map", "/map?view=list", "/"] : PAGES) {
      await still(path);
      if (path === "/map") {
        // What is drawn settles, and has names once they have come.
        await page.waitForFunction(() => document.querySelector(".map")?.dataset.state === "rest");
        const named = await page.waitForFunction(() => {
          const canvas = document.querySelector(".map-words");
          return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((part) => part > 0);
        }).then(() => true, () => false);
        if (!named) unnamed.push(scheme);
      }
      if (path === "/map?view=list") await page.locator(".map-row").first().waitFor();
      if (FILLED.includes(path) && (await page.locator("main .empty").count()) > 0) empty.push(path);
      await look(scheme, path);
      if (scheme === "light") {
        if (!(await page.title()) || (await page.locator("main h1").count()) !== 1) untitled.push(path);
        for (const width of [320, 3840]) {
          await page.setViewportSize({ width, height: 700 });
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
          if (wide > 0) overflowing.push(`${path} at ${width}: ${wide} pixels too wide`);
        }
        await page.setViewportSize({ width: 1280, height: 900 });
      }
    }
  }

  const command = async (name) => {
    await page.keyboard.press("Control+k");
    await page.keyboard.type(name);
    await page.keyboard.press("Enter");
  };

  // What opens above a page, what was just done, and what says that somebody else wrote too.
  for (const [number, scheme] of ["light", "dark"].entries()) {
    await beginTheme(scheme);
    await still("/recalls");
    for (const [key, name] of [["Control+k", "Any command"], ["?", "Keys"], ["c", "Capture a thought"], ["", "Save this view"]]) {
      if (key) await page.keyboard.press(key);
      else await command("save this view");
      await page.getByRole("dialog", { name }).waitFor();
      await look(scheme, `the dialog “${name}”`);
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
    }
    await page.keyboard.press("c");
    await page.keyboard.type(`Something new, said with ${scheme} colours`);
    await page.keyboard.press("Control+Enter");
    await page.locator(".toast").getByRole("button", { name: "Undo" }).waitFor();
    await look(scheme, "a message with its way back");
    await still(`/m/${edited[number]}?do=edit`);
    await page.locator("form.edit textarea").fill(`As this tab has it, with ${scheme} colours`);
    const other = await context.newPage();
    await other.goto(at(`/m/${edited[number]}?do=edit`));
    await other.locator("form.edit textarea").fill(`As the other tab has it, with ${scheme} colours`);
    await other.getByRole("button", { name: /^Save/ }).click();
    await page.getByText("changed somewhere else while you were writing").waitFor();
    await other.close();
    await look(scheme, "an edit that another tab was faster with");
  }

  // The page that GraphQL has runs under its own strict policy.
  await page.goto(at("/graphql"));
  await page.locator("#schema details").first().waitFor();
  await page.locator("#run").click();
  await page.waitForFunction(() => document.querySelector("#answer").textContent.includes("traceId"));
  // The browser itself tells of the address of nothing, once a theme.
  const expected = PAGES.includes("/nothing/here") ? 2 : 0;
  const told = errors.filter((error) => error.includes("404"));
  if (told.length === expected) errors.splice(0, errors.length, ...errors.filter((error) => !told.includes(error)));
  return { violations, invalid: [...invalid], overflowing, untitled, unnamed, empty, pages: PAGES.length };
});
