// Bundles the web view into dist/: hashed names, compressed once here instead of at every request. `--watch` is for work on it.
import { build, context } from "esbuild";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const OUT = new URL("dist/", import.meta.url);
/** Smaller files gain nothing from being compressed. */
const MIN_COMPRESSED_BYTES = 512;

/** Queries are sent as they are written: without their indentation they are a third shorter. */
const documents = {
  name: "documents",
  setup(build) {
    build.onLoad({ filter: /\.graphql$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const short = text.replace(/#[^\n]*/g, "").replace(/\s+/g, " ").replace(/ ?([{}():,]) ?/g, "$1").trim();
      return { contents: short, loader: "text" };
    });
  },
};

const finish = {
  name: "finish",
  setup(build) {
    build.onStart(empty);
    build.onEnd(async ({ metafile, errors }) => {
      if (errors.length > 0) return;
      const made = Object.entries(metafile.outputs);
      const entry = (ending) => {
        const [path] = made.find(([path, { entryPoint }]) => entryPoint && path.endsWith(ending)) ?? [];
        return path.slice("dist/".length);
      };
      const names = made.map(([path]) => path).sort().join("\n");
      const hash = createHash("sha256").update(names).digest("hex").slice(0, 12);
      const page = (await readFile(new URL("src/index.html", import.meta.url), "utf8"))
        .replaceAll("SCRIPT", entry(".js")).replaceAll("STYLE", entry(".css")).replaceAll("BUILD", hash);
      await writeFile(new URL("index.html", OUT), page);
      await writeFile(new URL("build.txt", OUT), hash);
      for (const name of await readdir(OUT)) {
        const bytes = await readFile(new URL(name, OUT));
        if (bytes.length < MIN_COMPRESSED_BYTES) continue;
        const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
        await writeFile(new URL(`${name}.br`, OUT), brotliCompressSync(bytes, { params }));
        await writeFile(new URL(`${name}.gz`, OUT), gzipSync(bytes, { level: 9 }));
      }
    });
  },
};

/** Takes out what an earlier build left; what git knows stays. */
async function empty() {
  await mkdir(OUT, { recursive: true });
  for (const name of await readdir(OUT)) {
    if (!name.startsWith(".")) await rm(new URL(name, OUT));
  }
}

const options = {
  absWorkingDir: new URL(".", import.meta.url).pathname,
  entryPoints: { app: "src/main.tsx", style: "src/style/main.css" },
  outdir: "dist",
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  minify: true,
  target: ["chrome109", "firefox115", "safari16"],
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  metafile: true,
  plugins: [documents, finish],
  logLevel: "warning",
};

if (process.argv.includes("--watch")) {
  await (await context(options)).watch();
} else {
  await build(options);
}
