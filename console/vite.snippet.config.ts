import { defineConfig } from "vite";

/** The snippet is one file without a hash, beside the console's own. */
export default defineConfig({
  publicDir: false,
  build: {
    outDir: "../services/console/static",
    emptyOutDir: false,
    target: "es2022",
    lib: {
      entry: "snippet/snippet.ts",
      name: "SoundingSnippet",
      formats: ["iife"],
      fileName: () => "snippet.js",
    },
  },
});
