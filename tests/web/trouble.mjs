// What goes wrong: markup in a memory, a title without end, two tabs, a server that stops and returns, an old tab.
import { spawn } from "node:child_process";
import { at, check, play, setting } from "./stage.mjs";

/** Starts the server on the port that it had, as soon as the one before has let go of the memory. */
async function serve() {
  for (;;) {
    const child = spawn(setting.program, ["--data-dir", setting.data, "serve", "--port", new URL(setting.base).port], { stdio: "ignore" });
    while (child.exitCode === null) {
      const health = await fetch(at("/healthz")).then((answer) => answer.json(), () => null);
      if (health?.pid === child.pid) return child;
      await new Promise((then) => setTimeout(then, 50));
    }
  }
}

const { markup, title, mixed, shared, script } = setting.more;

await play(async ({ page, context }) => {
  // Markup is shown as the text that it is.
  for (const path of [`/m/${markup}`, "/search?q=script+alert+onerror", "/", "/timeline"]) {
    await page.goto(at(path));
    await page.locator("main h1").first().waitFor({ state: "attached" });
    await page.waitForFunction(() => !document.querySelector("main .waiting"));
  }
  await page.goto(at(`/m/${markup}`));
  check((await page.locator(".said .text").innerText()) === script, "markup is not shown as it was written");
  check((await page.evaluate(() => window.hacked)) === undefined, "a memory ran as script");
  check((await page.locator("main img, main script").count()) === 0, "a memory became markup");

  // A very long one stays readable and breaks no layout.
  await page.setViewportSize({ width: 320, height: 700 });
  await page.goto(at(`/m/${title}`));
  await page.getByRole("button", { name: /Show all/ }).click();
  check(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "a long text is wider than the window");
  await page.goto(at(`/m/${mixed}`));
  check((await page.locator(".said .text").innerText()).includes("👩‍👩‍👧"), "names of several scripts are torn");
  await page.setViewportSize({ width: 1280, height: 900 });

  // Two tabs edit one memory: the second hears of it and keeps what was written.
  const other = await context.newPage();
  await page.goto(at(`/m/${shared}?do=edit`));
  await page.locator("form.edit textarea").fill("The alarm code is 1 of this tab");
  await other.goto(at(`/m/${shared}?do=edit`));
  await other.locator("form.edit textarea").fill("The alarm code is 2 of the other tab");
  await other.getByRole("button", { name: /^Save/ }).click();
  await other.waitForURL((url) => !url.href.includes(shared));
  await page.getByText("changed somewhere else while you were writing").waitFor();
  await page.getByText("2 of the other tab").first().waitFor();
  check((await page.locator("form.edit textarea").inputValue()) === "The alarm code is 1 of this tab", "what was written is lost");
  await page.waitForTimeout(1_200);
  await page.getByRole("button", { name: /^Save/ }).click();
  await page.locator(".said").getByText("1 of this tab").waitFor();
  await page.getByText("2 of the other tab").first().waitFor();
  await other.close();

  // An id of nothing, and an address of nothing.
  await page.goto(at("/m/038g93r4yp000"));
  await page.getByRole("alert").waitFor();
  await page.goto(at("/m/nonsense"));
  await page.getByRole("alert").waitFor();

  // The server goes away and comes back: what was shown stays, and the page goes on by itself.
  await page.goto(at("/"));
  await page.getByRole("heading", { name: "What changed" }).waitFor();
  process.kill(setting.pid, "SIGTERM");
  await page.locator(".banner").getByText("Hydra does not answer").waitFor();
  await page.getByRole("heading", { name: "What changed" }).waitFor();
  const again = await serve();
  try {
    await page.locator(".banner").getByText("Hydra does not answer").waitFor({ state: "detached" });
    await page.keyboard.press("c");
    await page.keyboard.type("It is back");
    await page.keyboard.press("Control+Enter");
    await page.locator("main").getByText("It is back").waitFor();

    // A tab of another version says so, and loads nothing by itself.
    await page.route("**/assets/build.txt", (route) => route.fulfill({ contentType: "text/plain", body: "another" }));
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await page.locator(".banner").getByText("Hydra was updated").waitFor();
  } finally {
    again.kill("SIGKILL");
  }
  return {};
});
