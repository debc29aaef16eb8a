// The first minute, then search, why, edit, forget and undo; the second half without a mouse.
import { at, check, play, setting } from "./stage.mjs";

await play(async ({ page }) => {
  const { folder } = setting.more;

  // An empty memory says what it is and how to begin.
  await page.waitForURL("**/start");
  await page.getByRole("heading", { name: "Your memory, on your machine" }).waitFor();
  await page.getByText("hydra install claude-code").waitFor();

  // A wrong folder is refused in words; the right one is read, and seen to be.
  await page.getByRole("textbox", { name: "Folder" }).fill("/no/such/folder");
  await page.getByRole("button", { name: "Bring in" }).click();
  await page.getByRole("alert").filter({ hasText: "/no/such/folder" }).waitFor();
  await page.getByRole("textbox", { name: "Folder" }).fill(folder);
  await page.getByRole("button", { name: "Bring in" }).click();
  await page.getByText("1 file, 1 passage").waitFor();

  // The sample is in a space of its own.
  await page.getByRole("button", { name: "Show me the sample" }).click();
  await page.getByText("12 notes are there").waitFor();

  // The first question is answered with where the answer stands.
  await page.getByRole("searchbox", { name: "Your first question" }).fill("where do the winter tyres hang");
  await page.locator("main .row").filter({ hasText: "left wall of the garage" }).filter({ hasText: "Garage.md" }).first().waitFor();
  // It is in the address, as everything is that was chosen.
  await page.waitForURL((url) => url.pathname === "/start" && url.searchParams.get("q") === "where do the winter tyres hang");
  await page.reload();
  await page.locator("main .row").filter({ hasText: "left wall of the garage" }).first().waitFor();
  check((await page.getByRole("searchbox", { name: "Your first question" }).inputValue()) === "where do the winter tyres hang", "the question is lost");
  await page.getByRole("searchbox", { name: "Your first question" }).press("Enter");
  await page.waitForURL("**/search?q=*");

  // Every control is in the address, and Back takes it back.
  await page.getByRole("checkbox", { name: "personal" }).check();
  await page.waitForURL(/spaces=personal/);
  await page.goBack();
  await page.waitForURL((url) => !url.search.includes("spaces"));

  // From here on by keyboard alone.
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  await press("Escape", "Escape", "c");
  await page.keyboard.type("The spare key hangs behind the water meter");
  await press("Control+Enter");
  await page.getByRole("status").getByText("Remembered").waitFor();
  await press("/");
  await page.keyboard.type("where is the spare key");
  await press("Enter");
  await page.waitForFunction(() => document.activeElement?.matches("[data-row]") && document.activeElement.textContent?.includes("water meter"));
  await press("w");
  await page.getByText("of the best there could be").first().waitFor();
  check(page.url().includes("why=1"), "why is not in the address");
  await press("Enter");
  await page.waitForURL("**/m/*");
  const memory = page.url();
  await page.locator(".said").waitFor();

  // Edit: the version before is kept; then it is undone.
  await press("e");
  await page.locator("form.edit textarea").waitFor();
  await press("Control+a");
  await page.keyboard.type("The spare key lies under the mat");
  await press("Control+Enter");
  await page.getByText("Changed; the version before is kept").waitFor();
  await page.waitForURL((url) => url.href !== memory);
  await page.locator(".said").getByText("under the mat").waitFor();
  await page.getByRole("heading", { name: "It took the place of" }).waitFor();
  await press("u");
  await page.getByText("Taken back").waitFor();
  await page.goto(memory);
  await page.locator(".said:not(.is-over)").getByText("water meter").waitFor();

  // Forget, from a row; undo brings it back.
  await press("/");
  await page.keyboard.type("spare key water meter");
  await press("Enter");
  await page.waitForURL("**/search?q=*");
  await page.locator("main .row").filter({ hasText: "water meter" }).first().waitFor();
  await page.locator("#search").press("Enter");
  await page.waitForFunction(() => document.activeElement?.textContent?.includes("water meter"));
  await press("Backspace");
  await page.getByText("Forgotten. It is in the trash").waitFor();
  await page.waitForFunction(() => ![...document.querySelectorAll("main .row")].some((row) => row.textContent?.includes("water meter")));
  await press("g", "x");
  await page.waitForURL("**/trash");
  await page.locator("main").getByText("water meter").waitFor();
  await press("u");
  await page.getByText("Taken back").waitFor();
  await page.getByText("Empty. What you forget").waitFor();

  // The palette goes anywhere, and the keys are told.
  await press("Control+k");
  await page.keyboard.type("go to recalls");
  await press("Enter");
  await page.waitForURL("**/recalls");
  await page.locator("main [data-row]").first().waitFor();
  await press("j", "Enter");
  await page.waitForURL("**/recalls/*");
  await page.getByRole("heading", { name: /^Left out/ }).waitFor();
  await press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await press("Escape");
  await press("g", "t");
  await page.waitForURL(at("/"));
  await page.getByRole("heading", { name: "What changed" }).waitFor();
  return {};
});
