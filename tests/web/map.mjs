// The map inside the product: from a search to it, along links by keys, more and less of it, pinned, at other moments, as a list,
// tidied, and back through every step.
import { check, play, setting } from "./stage.mjs";

const { ladder, things, links, friends } = setting.more;
/** Neighbours that are shown at first. */
const SHOWN = 40;
const DAY_MS = 86_400_000;

await play(async ({ page }) => {
  const press = (key) => page.keyboard.press(key);
  const rest = () => page.waitForFunction(() => document.querySelector(".map")?.dataset.state === "rest");
  /** Waits until a control of the address is so; null is gone. */
  const control = (name, value) => page.waitForURL((url) => url.pathname === "/map" && url.searchParams.get(name) === value);
  const onStage = () => page.locator(".map-stage").focus();
  const until = async (what, expected) => {
    const place = page.locator(what);
    const isSo = (text) => (expected instanceof RegExp ? expected.test(text) : text === expected);
    for (let looks = 0; looks < 200; looks++) {
      if (isSo((await place.first().textContent().catch(() => "")) ?? "")) return;
      await page.waitForTimeout(50);
    }
    throw new Error(`${what} says “${await place.first().textContent()}”, not ${expected}`);
  };
  const counts = (expected) => until(".map-counts", expected);
  const spoken = (expected) => until(".map [role=status]", expected);
  const back = async (name, value) => {
    await page.goBack();
    await control(name, value);
  };

  // From a search, by its key, to where it lies.
  await page.goto(`${setting.base}/search?q=who+brought+the+ladder+back`);
  await page.locator("main .row").filter({ hasText: "ladder" }).first().waitFor();
  await page.locator("#search").press("Enter");
  await page.waitForFunction(() => document.activeElement?.matches("[data-row]") && document.activeElement.textContent.includes("ladder"));
  await press("o");
  await control("n", ladder);
  await until(".map-panel h2", /ladder/);
  await rest();

  // Walks to what it is about, which is said aloud; far from all of it is shown.
  await onStage();
  for (const key of ["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"]) {
    await page.evaluate(() => (document.querySelector(".map [role=status]").textContent = ""));
    await press(key);
    await page.waitForFunction(() => document.querySelector(".map [role=status]").textContent !== "");
    if (new URL(page.url()).searchParams.get("n") !== ladder) break;
    await spoken("Nothing is linked in that direction");
  }
  await spoken(new RegExp(`^Mirela, [a-z]+, ${friends + 1} links, ${SHOWN} shown$`));
  const mirela = new URL(page.url()).searchParams.get("n");
  await until(".map-panel h2", "Mirela");
  await until(".map-panel", new RegExp(`${SHOWN} of ${friends + 1} are shown`));
  await counts(`${things} things · ${SHOWN} of ${friends + 1} neighbours, ${SHOWN} links among them.`);

  // More of it by the key and by its button, a second step; Back takes each back.
  await press("m");
  await control("more", "1");
  await counts(`${things} things · ${friends + 1} neighbours, ${friends + 1} links among them.`);
  check(!(await page.locator(".map-panel").textContent()).includes("are shown"), "what is left out is still told");
  await back("more", null);
  await until(".map-panel", new RegExp(`${SHOWN} of ${friends + 1} are shown`));
  await page.getByRole("button", { name: "Show more" }).click();
  await control("more", "1");
  await back("more", null);
  await onStage();
  await press("x");
  await control("hops", "2");
  await page.locator(".map-panel [aria-pressed=true]", { hasText: "Two steps" }).waitFor();
  await back("hops", null);
  check(new URL(page.url()).searchParams.get("n") === mirela, "Back left more than one step");

  // Pinned, taken back by the key for that, pinned again and let go.
  await onStage();
  await press("p");
  const letGo = page.getByRole("button", { name: "Let go", exact: true });
  await letGo.waitFor();
  await page.locator(".toast").getByText("Pinned").waitFor();
  await press("u");
  await page.locator(".toast").getByText("Taken back").waitFor();
  await letGo.waitFor({ state: "detached" });
  await rest();
  await onStage();
  await press("p");
  await letGo.waitFor();
  await letGo.click();
  await page.locator(".toast").getByText("Let go").waitFor();
  await letGo.waitFor({ state: "detached" });

  // All of it, counted; without facts their links are gone too, and Back checks the box again.
  await onStage();
  await press("0");
  await control("n", null);
  await counts(`${things} things · ${links} links.`);
  await page.locator("summary", { hasText: "Types" }).click();
  const facts = page.locator(".map-types input[value=fact]");
  await facts.uncheck();
  await page.waitForURL((url) => (url.searchParams.get("type") ?? "").includes("episode") && !url.searchParams.get("type").includes("fact"));
  await counts(`${things - friends} of ${things} things · 1 link.`);
  await back("type", null);
  await counts(`${things} things · ${links} links.`);
  check(await facts.isChecked(), "the box of a type does not say that it is shown again");
  await page.locator("summary", { hasText: "Types" }).click();

  // Both moments by their sliders, each a step to go back by.
  const asOf = page.getByRole("slider", { name: "What was true on" });
  const place = await asOf.boundingBox();
  await page.mouse.click(place.x + place.width / 2, place.y + place.height / 2);
  await page.waitForURL((url) => /^\d{4}-\d\d-\d\d$/.test(url.searchParams.get("as") ?? ""));
  await until(".map-when", /^\d{4}-\d\d-\d\d$/);
  await back("as", null);
  await until(".map-when", "now");
  await page.getByRole("slider", { name: "As it was known on" }).press("Home");
  await page.waitForURL((url) => url.searchParams.has("known"));
  await counts(`0 of ${things} things · 0 links.`);
  await page.getByRole("button", { name: "Now", exact: true }).waitFor();
  await back("known", null);
  await counts(`${things} things · ${links} links.`);

  // By keys a week at a time: quick steps are one to go back by.
  const daysAgo = (days) => new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);
  await onStage();
  // The step that was taken back is still ahead, and the next takes its place.
  const before = await page.evaluate(() => history.length);
  await press("[");
  await press("[");
  await page.waitForURL((url) => (url.searchParams.get("as") ?? "").startsWith(daysAgo(14)));
  await spoken(`True on ${daysAgo(14)}`);
  check((await page.evaluate(() => history.length)) <= before, "each of two quick steps is one to go back by");
  await back("as", null);
  await onStage();
  await press("{");
  await page.waitForURL((url) => (url.searchParams.get("known") ?? "").startsWith(daysAgo(7)));
  await spoken(`As known on ${daysAgo(7)}`);
  await press("}");
  await control("known", null);
  await spoken("As known on now");
  await press("[");
  await page.waitForURL((url) => url.searchParams.has("as"));
  await press("]");
  await control("as", null);
  await spoken("True on now");

  // As a list, with the same keys; no key of it leaves the map.
  await press("v");
  await control("view", "list");
  const row = () => page.evaluate(() => document.activeElement?.closest(".map-row")?.dataset.node ?? "");
  await page.waitForFunction(() => document.activeElement?.matches(".map-row"));
  const first = await row();
  await press("j");
  const second = await row();
  check(second !== "" && second !== first, "j does not go to the next row");
  await press("k");
  check((await row()) === first, "k does not go back");
  await press("ArrowRight");
  await page.waitForURL((url) => url.searchParams.has("n"));
  await page.waitForFunction(() => document.activeElement?.matches(".map-row[aria-current]"));
  await press("ArrowLeft");
  await control("n", null);
  await page.waitForFunction(() => document.querySelector(".map-row") && !document.querySelector(".map-row[aria-current]"));
  await page.locator(".map-row").first().focus();
  await press("Enter");
  await page.waitForURL("**/m/*");
  await page.locator("main h1").waitFor();
  await page.goBack();
  await control("view", "list");
  // What came before this map is not of it.
  await page.locator(".map-row").first().focus();
  await press("ArrowLeft");
  check(new URL(page.url()).pathname === "/map", "ArrowLeft left the map");
  await press("ArrowRight");
  await page.waitForURL((url) => url.searchParams.has("n"));
  await page.goBack();
  await control("n", null);
  await page.locator(".map-row").first().focus();
  await press("ArrowLeft");
  await page.locator(".map-row").first().focus();
  check(new URL(page.url()).pathname === "/map", "ArrowLeft left the map after Back");
  await press("v");
  await control("view", null);

  // Tidied: seen first, left, then kept and taken back.
  await page.waitForFunction(async () => {
    const frame = await (await fetch("/api/map/frame")).arrayBuffer();
    return new DataView(frame).getBigUint64(16, true) > 0n;
  });
  const layout = async (act) => {
    await page.locator("summary", { hasText: "More" }).click();
    await page.getByRole("button", { name: act }).click();
  };
  await layout("Tidy the map…");
  await control("preview", "1");
  await page.getByText("This is how it would look").waitFor();
  await page.getByRole("button", { name: "Leave it as it was" }).click();
  await control("preview", null);
  await layout("Tidy the map…");
  await page.getByRole("button", { name: "Keep this" }).click();
  await page.locator(".toast").getByText(/^Tidied: /).waitFor();
  await control("preview", null);
  await layout("Undo the last tidying");
  await page.locator(".toast").getByText("The map is as it was").waitFor();
  await rest();

  // What is in focus opens on a page of its own.
  await onStage();
  await press("ArrowRight");
  await page.waitForURL((url) => url.searchParams.has("n"));
  await press("Enter");
  await page.waitForURL("**/m/*");
  await page.locator("main h1").waitFor();
  return {};
});
