// What texts are reduced to, apart from any page.
import { build } from "esbuild";
import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

/** A module of the view as this program can have it. */
async function load(path) {
  const outfile = join(await mkdtemp(join(tmpdir(), "hydra-ui-")), "module.mjs");
  await build({ entryPoints: [path], outfile, bundle: true, format: "esm", logLevel: "warning" });
  return import(outfile);
}

const { plain } = await load("src/part/plain.ts");

test("signs that only say how to show a text are left out", () => {
  const cases = [
    ["# Title #\n\ntext **bold** and *it* `a*b*` _x_ snake_case_name", "Title · text bold and it a*b* x snake_case_name"],
    ["- [ ] todo\n- [x] done\n1. one", "☐ todo ☑ done one"],
    ["| a | b |\n|---|:-:|\n| 1 | 2 |", "a · b · 1 · 2"],
    ["[[Rainwater tank|cistern]] [[A/B.md#C]] [[D#^e]] ^blk", "cistern B › C D"],
    ["![x](http://a/b.png) ![](http://a/b.png?c) [t](u_(x)) [v](w \"y\")", "x b.png t v"],
    ["> q\n>> r\n---\n***\n```js\ncode\n```\nend ^b-1", "q r code end"],
    ["cut [[Rain", "cut Rain"],
    ["a \\* b 3 * 4 * 5 == x 2 ^10 is", "a * b 3 * 4 * 5 == x 2 ^10 is"],
    ["---\na: 1\n---\nbody ~~d~~ ==h==", "body d h"],
    ["\uE000 `a` b", "a b"],
    ["plain words, nothing else - or so", "plain words, nothing else - or so"],
  ];
  for (const [text, read] of cases) assert.equal(plain(text), read, text);
});

test("no text takes for ever", () => {
  // Where a pattern looks at the same signs again and again one of these takes hours: such a run does not end, which is how it fails.
  for (const sign of ["**a ", "[[", "`", "[a](", "| ", "-|", " ", "_a ", "- ", "==a", "((", "# ", "> ", "\\", "a|"]) {
    plain(`${sign.repeat(20_000 / sign.length)}x`);
    plain(`|${sign.repeat(20_000 / sign.length)}x`);
  }
});

test("a long tree is cut in its words, and nowhere else", async () => {
  const { first } = await load("src/part/cut.ts");
  const text = (value) => ({ type: "text", value });
  const link = { type: "wikiLink", value: "Rainwater tank", alias: "tank" };
  const tree = [{ type: "paragraph", children: [text("12345"), link, text("67890")] }, { type: "paragraph", children: [text("later")] }];
  assert.deepEqual(first(tree, { left: 11 }), [{ type: "paragraph", children: [text("12345"), link, text("67…")] }]);
  assert.deepEqual(first(tree, { left: 7 }), [{ type: "paragraph", children: [text("12345"), link] }]);
  assert.deepEqual(first(tree, { left: 100 }), tree);
});
