/** Give the reader a file. */
export function save(name: string, content: Blob) {
  const link = Object.assign(document.createElement("a"), {
    href: URL.createObjectURL(content),
    download: name,
  });
  link.click();
  URL.revokeObjectURL(link.href);
}

type Value = string | number | boolean | null | undefined;

/** A spreadsheet takes what begins with one of these for a formula, and may run it. */
const FORMULA = /^[=+\-@\t\r]/;

function cell(value: Value): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" && FORMULA.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function toCsv(rows: Value[][]): string {
  return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

export const saveCsv = (name: string, rows: Value[][]) =>
  // The mark at the front tells spreadsheets that it is UTF-8.
  save(`${name}.csv`, new Blob([`\ufeff${toCsv(rows)}`], { type: "text/csv" }));

const DRAWN = [
  "fill",
  "stroke",
  "stroke-width",
  "stroke-linejoin",
  "stroke-linecap",
  "opacity",
  "font",
] as const;

/** A chart as it looks now, with no need of the page's styles. */
function picture(chart: SVGSVGElement): { text: string; width: number; height: number } {
  const copy = chart.cloneNode(true) as SVGSVGElement;
  const [, , width = 0, height = 0] = (chart.getAttribute("viewBox") ?? "").split(" ").map(Number);
  const parts = chart.querySelectorAll("*");
  copy.querySelectorAll("*").forEach((part, place) => {
    const look = getComputedStyle(parts[place]!);
    for (const name of DRAWN) part.setAttribute(name, look.getPropertyValue(name));
    part.removeAttribute("class");
  });
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  copy.style.background = getComputedStyle(document.body).getPropertyValue("--surface");
  return { text: new XMLSerializer().serializeToString(copy), width, height };
}

export function saveSvg(name: string, chart: SVGSVGElement) {
  save(`${name}.svg`, new Blob([picture(chart).text], { type: "image/svg+xml" }));
}

export async function savePng(name: string, chart: SVGSVGElement) {
  const { text, width, height } = picture(chart);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: 2 * width, height: 2 * height });
  canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
  canvas.toBlob((blob) => blob && save(`${name}.png`, blob), "image/png");
}
