// Texts as they are meant to be read: links lead to what they name, what only note programs need is not shown, nothing becomes
// markup, and the text as it is written is one click away.
import { at, check, play, setting } from "./stage.mjs";

const { note } = setting.more;

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

  // A link leads to what it names, also to what has only a name, and says so where it leads nowhere.
  await said.getByRole("link", { name: "cistern" }).click();
  await page.waitForURL("**/m/*");
  await page.getByRole("heading", { name: "Rainwater tank" }).waitFor();
  await still("/entity/Nobody%20is%20called%20so");
  await page.getByText("Nothing is known by this name yet").waitFor();
  // The browser itself tells of an address of nothing.
  const told = errors.findIndex((error) => error.includes("404"));
  if (told >= 0) errors.splice(told, 1);
  return {};
});
