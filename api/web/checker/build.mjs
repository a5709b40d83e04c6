// Builds the page and the checker's core into dist/. Everything is served from there; nothing comes from elsewhere.
import { build } from "esbuild";

await build({
  entryPoints: { core: "src/core.ts" },
  outdir: "dist",
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "linked",
  logLevel: "warning",
});
