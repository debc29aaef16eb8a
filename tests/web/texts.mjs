// Texts as they are meant to be read: links lead to what they name, what only note programs need is not shown, nothing becomes
// markup, and the text as it is written is one click away. Then what the owner decides of a memory and of what waits.
import { at, check, play, setting } from "./stage.mjs";

const { note, drawn, secret, proposal } = setting.more;

await play(async ({ page, errors }) => {
  const still = async (path) => {
    await page.goto(at(path));
    await page.locator("main h1").first().waitFor({ state: "attached" });
    await page.waitForFunction(() => !document.querySelector("main .waiting"));
  };
  // No page shows the signs of a note program, in rows or in full.
  for (const path of ["/", "/search?q=tomatoes+cistern&kinds=PASSAGE", "/search?q=expansion+vessel", "/timeline", "/recalls"]) {
    await still(path);
    const shown = await page.locator("main").innerText();
    for (const sign of ["[[", "]]", "^vessel", "## "]) check(!shown.includes(sign), `${path} shows ${sign}: ${shown.slice(Math.max(0, shown.indexOf(sign) - 40)).slice(0, 120)}`);
  }

  await still(`/m/${note}`);
  const said = page.locator(".said .text");
  check((await said.innerText()).includes("ask the cistern, not the tap"), `a link does not read as its words: ${await said.innerText()}`);
  check((await said.locator("strong").innerText()) === "never", "what is bold is not");
  check((await said.locator(".tag").innerText()) === "#garden/todo", "a tag is no tag");
  check((await said.locator("li").count()) === 2, "a list is no list");
  check((await said.locator("b, script, img").count()) === 0, "a text became markup");
  check((await said.innerText()).includes("<b>plain</b>"), "markup is not shown as it was written");
  check((await said.locator('a[href^="javascript"]').count()) === 0, "a script became a link");
  await page.getByRole("button", { name: "As it is written" }).click();
  check((await said.innerText()).includes("[[Rainwater tank|cistern]]"), "the text as it is written is not there");
  await page.getByRole("button", { name: "As it is written" }).click();

  check((await said.getByRole("link", { name: "#garden/todo" }).getAttribute("href")) === "/search?q=%23garden%2Ftodo", "a tag leads nowhere");

  // Everything that Markdown has is drawn, and nothing of it is fetched.
  await still(`/m/${drawn}`);
  const texts = async (what) => (await said.locator(what).allInnerTexts()).join("|").replace(/\s+/g, " ");
  const shown = { ".text-heading": "Beds", th: "a|b", td: "1|c", "li.is-task": "☑ dug", "pre code": "let a; ", "blockquote strong": "Note", sup: "1|1", img: "" };
  for (const [what, expected] of Object.entries(shown)) {
    const read = await texts(what);
    check(read.trim() === expected.trim(), `${what} is ${read}, not ${expected}`);
  }
  check((await said.getByRole("link", { name: "c", exact: true }).getAttribute("href")) === "https://c.example/d", "a link leads elsewhere");
  await still(`/m/${note}`);

  // A link leads to what it names, also to what has only a name, and says so where it leads nowhere.
  await said.getByRole("link", { name: "cistern" }).click();
  await page.waitForURL("**/m/*");
  await page.getByRole("heading", { name: "Rainwater tank" }).waitFor();
  await still("/entity/Nobody%20is%20called%20so");
  await page.getByText("Nothing is known by this name yet").waitFor();
  // The browser itself tells of an address of nothing.
  const told = errors.findIndex((error) => error.includes("404"));
  if (told >= 0) errors.splice(told, 1);

  // Never recalled: found no more, shown as before, and taken back.
  await still(`/m/${secret}`);
  await page.keyboard.press("n");
  await page.getByText("Kept, and never recalled from now on").waitFor();
  await page.locator(".memory-head .badge").getByText("never recalled").waitFor();
  await still("/search?q=where+is+the+safe");
  check(!(await page.locator("main").innerText()).includes("behind the painting"), "what is never recalled was found");
  await page.getByRole("link", { name: "what was left out" }).click();
  await page.getByText("the owner wants it never recalled").waitFor();
  await still(`/m/${secret}`);
  await page.getByRole("button", { name: "Recall again" }).click();
  await page.getByText("It may be recalled again").waitFor();

  // What waits is put off, and says until when.
  await still("/");
  const line = page.locator(`[data-id="${proposal}"]`);
  await line.getByRole("combobox").selectOption({ label: "for a week" });
  await page.getByText(/^Put off until/).first().waitFor();
  await line.waitFor({ state: "detached" });
  await page.getByText("1 put off").waitFor();
  await still("/proposals");
  await page.locator(".badge").getByText(/put off until/).waitFor();

  // A view is kept by a name, and its address leads back to it.
  await still("/search?q=tomatoes&kinds=PASSAGE");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await page.keyboard.type("save this view");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "Save this view" }).waitFor();
  await page.keyboard.type("Plants \"and\" more");
  await page.keyboard.press("Enter");
  await page.getByText("Saved as").waitFor();
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: 'Plants "and" more' }).waitFor();
  await page.goto(at("/v/Plants%20%22and%22%20more"));
  await page.waitForURL("**/search?q=tomatoes&kinds=PASSAGE");

  // Days are drawn over on the timeline, and are in the address.
  await still("/timeline");
  const bars = await page.locator(".bars svg").first().boundingBox();
  const y = bars.y + bars.height / 2;
  await page.mouse.move(bars.x + bars.width * 0.8, y);
  await page.mouse.down();
  await page.mouse.move(bars.x + bars.width - 2, y, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/from=\d{4}-\d\d-\d\d&to=\d{4}-\d\d-\d\d/);
  await page.locator("main .row").first().waitFor();
  return {};
});
