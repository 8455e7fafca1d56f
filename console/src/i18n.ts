import i18n, { type FormatterModule, type PostProcessorModule } from "i18next";
import { initReactI18next } from "react-i18next";
import { number } from "./lib/format";
import en from "./locales/en.json";

const ACCENTS: Record<string, string> = {
  a: "á",
  e: "é",
  i: "í",
  o: "ó",
  u: "ú",
  n: "ñ",
  c: "ç",
  s: "š",
  A: "Á",
  E: "É",
  I: "Í",
  O: "Ó",
  U: "Ú",
  S: "Š",
};

/** Texts that are longer and foreign, to see what was forgotten and what does not fit: ?lang=pseudo. */
const pseudo: PostProcessorModule = {
  type: "postProcessor",
  name: "pseudo",
  process(value) {
    if (i18n.language !== "pseudo") return value;
    const foreign = value.replace(/[aeiouncsAEIOUS]/g, (letter) => ACCENTS[letter] ?? letter);
    return `[${foreign}${"~".repeat(Math.ceil(value.length * 0.3))}]`;
  },
};

/** Numbers in texts as everywhere else. An option for it would be overwritten by i18next's own formatter. */
const numbers = {
  type: "formatter",
  init() {},
  add() {},
  addCached() {},
  format: (value: unknown) => (typeof value === "number" ? number(value) : value),
} as unknown as FormatterModule;

export const LANGUAGES: Record<string, string> = { en: "English" };

function chosen(): string {
  const asked = new URLSearchParams(location.search).get("lang") ?? localStorage.getItem("sounding.language");
  if (asked && (asked in LANGUAGES || asked === "pseudo")) {
    localStorage.setItem("sounding.language", asked);
    return asked;
  }
  return navigator.languages.map((one) => one.split("-")[0]!).find((one) => one in LANGUAGES) ?? "en";
}

i18n
  .use(pseudo)
  .use(numbers)
  .use(initReactI18next)
  .init({
    resources: { en: { translation: en } },
    lng: chosen(),
    supportedLngs: [...Object.keys(LANGUAGES), "pseudo"],
    fallbackLng: "en",
    keySeparator: false,
    nsSeparator: false,
    returnEmptyString: false,
    postProcess: ["pseudo"],
    interpolation: { escapeValue: false, alwaysFormat: true },
    showSupportNotice: false,
  } as Parameters<typeof i18n.init>[0]);
document.documentElement.lang = i18n.language === "pseudo" ? "en" : i18n.language;

export default i18n;
