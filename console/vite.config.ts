import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where the console service listens; it fronts all APIs on one origin. */
const front = process.env.SOUNDING_CONSOLE_URL ?? "http://127.0.0.1:8405";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    outDir: "../services/console/static",
    emptyOutDir: true,
    manifest: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { assetFileNames: "assets/[name]-[hash][extname]" } },
  },
  worker: { format: "es" },
  server: {
    port: 5173,
    proxy: { "/api": { target: front }, "/auth": { target: front }, "/help": { target: front } },
  },
});
