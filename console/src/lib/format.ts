import i18n from "i18next";

const cache = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat | Intl.RelativeTimeFormat>();

function kept<T extends Intl.DateTimeFormat | Intl.NumberFormat | Intl.RelativeTimeFormat>(
  key: string,
  make: (locale: string) => T,
): T {
  const locale =
    i18n.resolvedLanguage === "pseudo"
      ? "en-GB"
      : (i18n.resolvedLanguage ?? "en-GB") === "en"
        ? "en-GB"
        : i18n.resolvedLanguage!;
  const name = `${locale} ${key}`;
  let found = cache.get(name) as T | undefined;
  if (!found) {
    found = make(locale);
    cache.set(name, found);
  }
  return found;
}

export function number(value: number, options: Intl.NumberFormatOptions = {}): string {
  return kept(`n${JSON.stringify(options)}`, (locale) => new Intl.NumberFormat(locale, options)).format(
    value,
  );
}

export function percent(value: number | null | undefined, digits = 0): string {
  return value === null || value === undefined
    ? "–"
    : `${number(value, { maximumFractionDigits: digits })} %`;
}

/** A part of one, such as a response rate, in percent. */
export function share(value: number | null | undefined): string {
  return percent(value === null || value === undefined ? value : 100 * value);
}

export function signed(value: number): string {
  return number(value, { signDisplay: "exceptZero", maximumFractionDigits: 0 });
}

export function day(moment: string | Date): string {
  const format = kept(
    "d",
    (locale) => new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" }),
  );
  return format.format(new Date(moment));
}

export function dayAndTime(moment: string | Date): string {
  const format = kept(
    "dt",
    (locale) => new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }),
  );
  return format.format(new Date(moment));
}

/** Local and UTC, for whoever wants to know exactly. */
export function exactly(moment: string | Date): string {
  const date = new Date(moment);
  const local = kept(
    "x",
    (locale) => new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "long" }),
  ).format(date);
  return `${local} · ${date.toISOString().replace(/\.\d+Z$/, "Z")}`;
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

const DAY_MS = 86_400_000;

/** The day's number, as days begin where the reader is: yesterday is the day before, not 24 hours ago. */
const dayNumber = (moment: Date) =>
  Math.round(Date.UTC(moment.getFullYear(), moment.getMonth(), moment.getDate()) / DAY_MS);

/** "3 days ago", "in 3 months", to the nearest; within a minute: "now". */
export function relative(moment: string | Date, now: Date = new Date()): string {
  const date = new Date(moment);
  const seconds = (date.getTime() - now.getTime()) / 1000;
  const format = kept("r", (locale) => new Intl.RelativeTimeFormat(locale, { numeric: "auto" }));
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) < size) continue;
    const many = unit === "day" ? dayNumber(date) - dayNumber(now) : Math.round(seconds / size);
    return format.format(many, unit);
  }
  return format.format(0, "second");
}

/** A property's value as people read it. */
export function shown(value: unknown, type?: string): string {
  if (value === null || value === undefined) return "–";
  if (Array.isArray(value)) return value.map((one) => shown(one)).join(", ");
  if (typeof value === "boolean") return value ? i18n.t("Yes") : i18n.t("No");
  if (typeof value === "number") return number(value, { maximumFractionDigits: 6 });
  if (type === "date" && typeof value === "string" && !Number.isNaN(Date.parse(value))) return day(value);
  return String(value);
}

export function fullName(one: {
  first_name?: string | null;
  last_name?: string | null;
  email?: string | null;
  id?: string;
}): string {
  return [one.first_name, one.last_name].filter(Boolean).join(" ") || one.email || one.id || "";
}
