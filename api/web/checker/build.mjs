// Builds the page and the checker's core into dist/. Everything is served from there; nothing comes from elsewhere.
import { copyFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const shared = { outdir: "dist", bundle: true, target: "es2022", minify: true, legalComments: "linked", logLevel: "warning" };
const page = ["app", "client", "engine"].map((name) => [name, `src/page/${name}.ts`]);

await rm("dist", { recursive: true, force: true });
await build({
  ...shared,
  entryPoints: { core: "src/core.ts", ...Object.fromEntries(page) },
  format: "esm",
  splitting: true,
  chunkNames: "part-[hash]",
});
await build({ ...shared, entryPoints: { sw: "src/page/sw.ts" }, format: "iife" });
await copyFile("node_modules/zxing-wasm/dist/reader/zxing_reader.wasm", "dist/zxing_reader.wasm");
for (const name of await readdir("static")) await copyFile(`static/${name}`, `dist/${name}`);

// The tokens of the one look: colours, light and dark, and type.
const look = await readFile("../static/look.css", "utf8");
const tokens = look.slice(look.indexOf(":root {"), look.indexOf("*, ::before"));
await writeFile("dist/scan.css", tokens + (await readFile("static/scan.css", "utf8")));

// A phone on a slow network gets every file packed; the service worker's script is completed when it is served.
for (const name of await readdir("dist")) {
  if (!/\.(js|css|html|svg|wasm|webmanifest)$/.test(name) || name === "sw.js") continue;
  const packed = gzipSync(await readFile(`dist/${name}`), { level: 9 });
  await writeFile(`dist/${name}.gz`, packed);
}
