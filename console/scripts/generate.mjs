// The services' OpenAPI snapshots in openapi/, as TypeScript types in src/api/generated/.
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const target = new URL("../src/api/generated/", import.meta.url);
const source = new URL("../openapi/", import.meta.url);
await mkdir(target, { recursive: true });
for (const name of (await readdir(source)).filter((one) => one.endsWith(".json"))) {
  const types = astToString(await openapiTS(JSON.parse(await readFile(new URL(name, source), "utf8"))));
  await writeFile(new URL(name.replace(".json", ".d.ts"), target), types);
}
