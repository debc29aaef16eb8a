// A folder that takes a while is seen to be read, from the page that brought it in.
import { check, play, setting } from "./stage.mjs";

const { folder, files } = setting.more;

await play(async ({ page }) => {
  await page.waitForURL("**/start");
  await page.getByRole("textbox", { name: "Folder" }).waitFor();
  // Whatever the bar shows, however short: between two looks from here it may be gone.
  await page.evaluate(() => {
    window.bars = [];
    const look = () => {
      for (const bar of document.querySelectorAll('main progress[aria-label^="Reading "]')) if (bar.hasAttribute("value")) window.bars.push([bar.value, bar.max]);
    };
    new MutationObserver(look).observe(document.querySelector("main"), { subtree: true, childList: true, attributes: true });
  });
  await page.getByRole("textbox", { name: "Folder" }).fill(folder);
  await page.getByRole("button", { name: "Bring in" }).click();
  await page.locator(".folder-state .badge", { hasText: "is known, and watched" }).waitFor();
  await page.getByText(`${files.toLocaleString("en-GB")} files, `).waitFor();
  const bars = await page.evaluate(() => window.bars);
  check(bars.some(([done, all]) => done > 0 && done < all && all === files), `the bar never stood between nothing and all: ${JSON.stringify(bars)}`);
  check(bars.every(([done], at) => at === 0 || done >= bars[at - 1][0]), `the bar went back: ${JSON.stringify(bars)}`);
  return {};
});
