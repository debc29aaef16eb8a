// What only an owner does: settles, accepts, declines, replaces, ends, counts, watches folders, forgets with what follows, erases,
// restores; by keys where there are some. Each says what it did, and what can be taken back is.
import { at, check, play, setting } from "./stage.mjs";

const { waiting, basis, rests, lives, plain, erased, tea, lesson, decision, folder } = setting.more;

await play(async ({ page }) => {
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const still = async (path) => {
    await page.goto(at(path));
    await page.locator("main h1").first().waitFor({ state: "attached" });
    await page.waitForFunction(() => !document.querySelector("main .waiting"));
  };
  /** Waits for what was said, and closes it, so that the next is not taken for it. */
  const said = async (text) => {
    const toast = page.locator(".toast", { hasText: text }).first();
    await toast.waitFor();
    await toast.getByRole("button", { name: "Close this message" }).click();
    await toast.waitFor({ state: "detached" });
  };
  const row = (id) => page.locator(`main [data-row][data-id="${id}"]`).first();
  const onRow = async (id, key) => {
    await row(id).focus();
    await press(key);
  };

  // What waits is put off by its key, and waits again when that is taken back.
  await still("/");
  await press("s");
  await said("Choose a row first");
  await onRow(waiting.accepted, "s");
  await row(waiting.accepted).waitFor({ state: "detached" });
  await said("Put off until");
  await press("u");
  await row(waiting.accepted).waitFor();
  await said("Taken back");

  // What is over is said to be, once, and holds again when that is taken back.
  await onRow(waiting.accepted, ".");
  await said("Choose a row of what changed first");
  await onRow(plain, ".");
  await said("Done: it holds no more");
  await row(plain).locator("a.is-over").waitFor();
  await onRow(plain, ".");
  await said("That is over already");
  await press("u");
  await row(plain).locator("a:not(.is-over)").waitFor();
  await said("Taken back");

  // A conflict is settled by key, taken back, and settled otherwise.
  await still("/conflicts");
  const sides = page.locator("[data-conflict] [data-row]");
  check((await sides.count()) === 2, "a conflict has not two sides");
  await press("a");
  await said("Choose a side first");
  await press("j", "a");
  await page.getByText("None. One comes up when").waitFor();
  await said("Settled; the other side is kept");
  await press("u");
  await sides.nth(1).waitFor();
  await said("Taken back");
  await page.getByRole("button", { name: "Both may be so" }).click();
  await page.getByText("None. One comes up when").waitFor();
  await said("Settled: both stay");

  // Proposals: one accepted and one declined by key; declining is taken back, then done by its button.
  await still("/proposals");
  await onRow(waiting.accepted, "a");
  await row(waiting.accepted).waitFor({ state: "detached" });
  await said("Accepted");
  await onRow(waiting.declined, "d");
  await row(waiting.declined).waitFor({ state: "detached" });
  await said("Declined");
  await press("u");
  await row(waiting.declined).waitFor();
  await said("Taken back");
  await row(waiting.declined).getByRole("button", { name: "Decline" }).click();
  await row(waiting.declined).waitFor({ state: "detached" });
  await said("Declined");

  // A decision is replaced, and what replaced it ends.
  await still("/decisions");
  await onRow(decision, "s");
  await page.waitForFunction(() => document.activeElement?.closest("label")?.textContent.includes("Now decided"));
  await page.keyboard.type("Keep the ledger in RocksDB");
  await press("Enter");
  await said("Decided anew");
  await row(decision).locator(".badge", { hasText: "replaced" }).waitFor();
  check((await row(decision).getByRole("button", { name: "End" }).count()) === 0, "what was replaced can end");
  const anew = page.locator("main [data-row]", { hasText: "in RocksDB" });
  await anew.getByRole("button", { name: "End", exact: true }).click();
  await said("It holds no longer");
  await press("u");
  await said("Taken back");

  // Preferences: what was guessed counts once accepted, is gone once declined; what is in force ends.
  await still("/preferences");
  await row(waiting.tabs).getByText("waits for you").waitFor();
  await onRow(waiting.tabs, "a");
  await said("It counts from now on");
  await page.locator("main [data-row]", { hasText: "tabs" }).getByText("in force").waitFor();
  await onRow(waiting.colours, "d");
  await row(waiting.colours).waitFor({ state: "detached" });
  await said("Forgotten. It is in the trash");
  await onRow(tea, "s");
  await said("It holds no longer");

  // Learnings are counted.
  await still("/learnings");
  await onRow(lesson, "a");
  await row(lesson).getByText("helped 1").waitFor();
  await said("Counted: it helped");
  await onRow(lesson, "d");
  await row(lesson).getByText("hurt 1").waitFor();
  await said("Counted: it hurt");

  // A folder: brought in, left alone, gone on with, and removed with what follows shown before.
  await still("/sources");
  await page.getByRole("textbox", { name: "Folder" }).fill(folder);
  await page.getByRole("button", { name: "Bring in" }).click();
  const card = page.locator("article.card", { hasText: folder });
  await card.getByText("1 file, 1 passage").waitFor();
  await said("The folder is watched");
  await card.getByRole("button", { name: "Pause" }).click();
  await card.getByText("is left alone").waitFor();
  await said("Left alone for now");
  await card.getByRole("button", { name: "Go on" }).click();
  await card.getByText("is known, and watched").waitFor();
  await said("Watched again");
  const removing = card.getByRole("region", { name: "Removing" });
  await card.getByRole("button", { name: "Remove" }).click();
  await removing.getByText("1 file with 1 passage is known from it. The files themselves stay as they are.").waitFor();
  await removing.getByRole("button", { name: "Leave it" }).click();
  await removing.waitFor({ state: "detached" });
  await card.getByRole("button", { name: "Remove" }).click();
  await removing.getByRole("button", { name: "Stop watching, keep what is known" }).click();
  await card.waitFor({ state: "detached" });
  await said("what is known of it stays");
  await press("u");
  await card.waitFor();
  await said("Taken back");
  await card.getByText("is known, and watched").waitFor();
  await card.getByRole("button", { name: "Remove" }).click();
  await removing.getByRole("button", { name: "Stop and forget" }).click();
  await card.waitFor({ state: "detached" });
  await said("its notes are forgotten");

  // Forgetting what something rests on shows that first; the history takes it back.
  await still(`/m/${basis}`);
  await press("Backspace");
  const panel = page.getByRole("region", { name: "If this is forgotten" });
  await panel.getByText("1 that rest on it may be wrong then").waitFor();
  await panel.getByText("The ferry stops in May").waitFor();
  await panel.getByRole("button", { name: "Keep it" }).click();
  await panel.waitFor({ state: "detached" });
  await press("Backspace");
  await page.waitForFunction(() => document.activeElement?.textContent === "Forget" && document.activeElement.closest(".panel"));
  await press("Enter");
  await said("Forgotten. It is in the trash");
  await page.locator(".memory-head .badge", { hasText: "Forgotten: it is never recalled" }).waitFor();
  await still(`/m/${rests}`);
  await page.locator(".memory-head .badge", { hasText: "may be wrong by now" }).waitFor();
  await still(`/m/${basis}/history`);
  const forgetting = page.locator(".history li", { hasText: "forgotten" });
  await forgetting.getByRole("button", { name: "Undo" }).click();
  await said("Taken back");
  await forgetting.getByText("taken back later").waitFor();
  await still(`/m/${rests}`);
  check((await page.locator(".memory-head .badge", { hasText: "may be wrong" }).count()) === 0, "what rests on what stands again may still be wrong");

  // From the trash: one is brought back, another erased for good, after it was said what goes.
  for (const id of [plain, erased]) {
    await still(`/m/${id}`);
    await page.getByRole("button", { name: "Forget", exact: true }).click();
    await said("Forgotten. It is in the trash");
  }
  await still("/trash");
  const kettle = page.locator("section.card", { hasText: "kettle" });
  const lock = page.locator("section.card", { hasText: "bicycle lock" });
  await kettle.getByRole("button", { name: "Bring back" }).click();
  await kettle.waitFor({ state: "detached" });
  await said("It is remembered again");
  await lock.getByRole("button", { name: "Erase…" }).click();
  await lock.getByText("Erasing can't be undone").waitFor();
  await lock.getByRole("button", { name: "Keep it in the trash" }).click();
  await lock.getByText("Erasing can't be undone").waitFor({ state: "detached" });
  await lock.getByRole("button", { name: "Erase…" }).click();
  await lock.getByRole("button", { name: "Erase for good" }).click();
  await page.getByText("Erased for good. Gone from:").waitFor();
  await lock.waitFor({ state: "detached" });

  // What ended stands again.
  await still(`/m/${lives}`);
  await page.getByRole("button", { name: "End", exact: true }).click();
  await said("It holds no longer");
  await page.locator(".memory-head .badge", { hasText: "It held until then" }).waitFor();
  await page.getByRole("button", { name: "Restore" }).click();
  await said("It stands again");
  await page.locator(".memory-head .badge", { hasText: "It held until then" }).waitFor({ state: "detached" });

  // A row opens with its editor by its key.
  await still("/learnings");
  await onRow(lesson, "e");
  await page.waitForURL(`**/m/${lesson}?do=edit`);
  await page.waitForFunction(() => document.activeElement?.closest("form.edit") !== null);

  // Single letters can be switched off, here and on the map; what needs no letter stays.
  await still("/settings");
  const letters = page.getByRole("checkbox", { name: /single letters are commands/ });
  await letters.uncheck();
  await still("/map");
  await page.locator(".map-stage").focus();
  await press("v", "c", "g", "x");
  await press("Control+k");
  await page.getByRole("dialog", { name: "Any command" }).waitFor();
  check(new URL(page.url()).pathname + new URL(page.url()).search === "/map", "a letter did something though letters are off");
  await press("Escape");
  await still("/settings");
  await letters.check();
  await page.locator("h1").focus();
  await press("c");
  await page.getByRole("dialog", { name: "Capture a thought" }).waitFor();
  await press("Escape");

  // Colours: as chosen, also after loading again; as the system, whatever that is.
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const grounds = new Set();
  for (const name of ["light", "dark"]) {
    await page.getByRole("radio", { name, exact: true }).check();
    await page.reload();
    await page.getByRole("radio", { name, exact: true }).waitFor();
    check((await theme()) === name, `${name} was chosen, and ${await theme()} is shown`);
    grounds.add(await ground());
  }
  check(grounds.size === 2, "both themes look the same");
  await page.getByRole("radio", { name: "as the system" }).check();
  for (const colorScheme of ["dark", "light"]) {
    await page.emulateMedia({ colorScheme });
    await page.waitForFunction((wanted) => document.documentElement.dataset.theme === wanted, colorScheme);
  }
  return {};
});
