// The user guide in docs/guide/user, as pages under /help; after vite, which empties the folder.
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { marked } from "marked";

const source = new URL("../../docs/guide/user/", import.meta.url);
const target = new URL("../../services/console/static/help/", import.meta.url);
const ORDER = [
  "index",
  "dashboard",
  "customers",
  "profile",
  "feedback",
  "campaigns",
  "templates",
  "outbox",
  "imports",
  "settings",
];
const escaped = (text) =>
  text.replace(/[&<>"]/g, (one) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[one]);
const place = (name) => (name === "index" ? "/help/" : `/help/${name}/`);

const names = (await readdir(source)).filter((one) => one.endsWith(".md")).map((one) => one.slice(0, -3));
names.sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
const pages = await Promise.all(
  names.map(async (name) => {
    const text = await readFile(new URL(`${name}.md`, source), "utf8");
    return { name, text, title: /^# (.+)$/m.exec(text)[1] };
  }),
);
for (const { name, text, title } of pages) {
  const body = marked
    .parse(text)
    .replace(/href="([a-z-]+)\.md(#[^"]*)?"/g, (_, other, part) => `href="${place(other)}${part ?? ""}"`)
    .replace(/src="pictures\//g, 'loading="lazy" src="/help/pictures/')
    .replace(
      /<h2>(.+?)<\/h2>/g,
      (_, words) => `<h2 id="${words.toLowerCase().replace(/[^a-z0-9]+/g, "-")}">${words}</h2>`,
    )
    // Wider than a phone they move sideways, by keys too; each has the name of what it stands under.
    .replace(/<table>/g, (_, at, all) => {
      const above = [...all.slice(0, at).matchAll(/<h[12][^>]*>(.+?)<\/h[12]>/g)].at(-1)[1];
      return `<div class="scroll" role="region" aria-label="Table: ${above}" tabindex="0"><table>`;
    })
    .replace(/<\/table>/g, "</table></div>");
  const links = pages.map(
    (one) =>
      `<li><a href="${place(one.name)}"${one.name === name ? ' aria-current="page"' : ""}>${escaped(one.title)}</a></li>`,
  );
  const folder = name === "index" ? target : new URL(`${name}/`, target);
  await mkdir(folder, { recursive: true });
  await writeFile(
    new URL("index.html", folder),
    `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<script src="/theme.js"></script>
<link rel="stylesheet" href="/help/help.css">
<title>${escaped(title)} · Help · Sounding</title>
</head>
<body>
<a class="skip" href="#main">Skip to the page</a>
<header><a href="/"><img src="/favicon.svg" alt="" width="28" height="28">Sounding</a> <span>Help</span></header>
<div class="cols">
<nav aria-label="Help"><ul>${links.join("")}</ul></nav>
<main id="main" tabindex="-1">
${body}</main>
</div>
</body>
</html>
`,
  );
}
const pictures = new URL("pictures/", source);
if (existsSync(pictures)) await cp(pictures, new URL("pictures/", target), { recursive: true });
await cp(new URL("../help/help.css", import.meta.url), new URL("help.css", target));
