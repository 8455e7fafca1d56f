/** In-app surveys for a host page: `Sounding.init({ endpoint, brand, user: { id, signature } })`. No dependency, no inline style. */
interface Options {
  endpoint: string;
  brand?: string;
  language?: string;
  user: { id: string; signature: string } | { token: string };
  delaySeconds?: number;
  on?: (what: "shown" | "opened" | "dismissed" | "none", reason?: string | null) => void;
}
interface Survey {
  show: string;
  metric: string;
  language: string;
  questions: { question: string; low_label: string; high_label: string } | null;
  url: string;
}

const SCALES: Record<string, [number, number]> = {
  nps: [0, 10],
  csat: [1, 5],
  ces: [1, 7],
  five_star: [1, 5],
};
const WORDS: Record<string, [string, string]> = {
  en: ["Close", "How likely are you to recommend us?"],
  de: ["Schließen", "Wie wahrscheinlich ist es, dass Sie uns empfehlen?"],
};
const LOOK = `:host{all:initial}
section{position:fixed;z-index:2147483000;inset-block-end:16px;inset-inline-end:16px;box-sizing:border-box;inline-size:min(440px,calc(100vw - 32px));padding:16px 18px 18px;border:1px solid #c9d2dc;border-radius:14px;background:#fff;color:#16202b;font:15px/1.45 system-ui,sans-serif;box-shadow:0 10px 34px #0003}
header{display:flex;gap:12px;align-items:flex-start;margin:0 0 12px}h2{flex:1;margin:0;font-size:16px;line-height:1.35}
button,a{box-sizing:border-box;font:inherit;cursor:pointer}.x{flex:none;inline-size:32px;block-size:32px;border:0;border-radius:8px;background:none;color:inherit;font-size:20px;line-height:1}
ol{display:grid;grid-template-columns:repeat(auto-fit,minmax(44px,1fr));gap:6px;margin:0;padding:0;list-style:none}
a{display:grid;place-items:center;min-block-size:44px;border:1px solid #84909e;border-radius:8px;color:inherit;text-decoration:none;font-weight:600}
a:hover{background:#eef1f5}:focus-visible{outline:3px solid #1d6fe0;outline-offset:2px}p{display:flex;justify-content:space-between;gap:12px;margin:8px 0 0;font-size:13px;color:#566372}
@media(prefers-color-scheme:dark){section{background:#161d25;color:#e7edf3;border-color:#2a3541}p{color:#9fadbb}a:hover{background:#1e2731}}`;

function made<K extends keyof HTMLElementTagNameMap>(
  name: K,
  text = "",
  attributes: Record<string, string> = {},
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

async function init(options: Options): Promise<() => void> {
  const ask = async (what: string, body: object) => {
    const answer = await fetch(`${options.endpoint.replace(/\/$/, "")}/in-app/v1/${what}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      credentials: "omit",
    });
    if (!answer.ok) throw new Error(`Sounding: ${answer.status}`);
    return answer.json();
  };
  const who =
    "token" in options.user
      ? { token: options.user.token }
      : { user_id: options.user.id, signature: options.user.signature };
  const { survey, reason } = (await ask("survey", {
    ...who,
    brand_id: options.brand ?? "default",
    ...(options.language ? { language: options.language } : {}),
  })) as { survey: Survey | null; reason: string | null };
  if (!survey) {
    options.on?.("none", reason);
    return () => {};
  }
  await new Promise((done) => setTimeout(done, (options.delaySeconds ?? 0) * 1000));
  const [closeWord, fallback] = WORDS[survey.language.split("-")[0]!] ?? WORDS.en!;
  const host = made("sounding-survey" as "div", "", {
    lang: survey.language,
    dir: /^(ar|he|fa|ur)/.test(survey.language) ? "rtl" : "ltr",
  });
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(LOOK);
  root.adoptedStyleSheets = [sheet];
  const box = made("section", "", { role: "dialog", "aria-modal": "false", "aria-labelledby": "q" });
  const head = made("header");
  const shut = made("button", "×", { type: "button", class: "x", "aria-label": closeWord });
  head.append(made("h2", survey.questions?.question || fallback, { id: "q" }), shut);
  const scale = made("ol");
  const [low, high] = SCALES[survey.metric] ?? SCALES.nps!;
  const remove = () => {
    host.remove();
    removeEventListener("keydown", onKey);
  };
  const dismiss = () => {
    remove();
    options.on?.("dismissed");
    void ask("dismissed", { show: survey.show }).catch(() => {});
  };
  const onKey = (event: KeyboardEvent) => event.key === "Escape" && dismiss();
  for (let score = low; score <= high; score++) {
    // The page shows it as chosen; nothing is recorded before the person has seen it there.
    const link = made("a", String(score), {
      href: `${survey.url}${survey.url.includes("?") ? "&" : "?"}score=${score}`,
      target: "_blank",
      rel: "noopener",
    });
    link.addEventListener("click", () => {
      options.on?.("opened");
      remove();
    });
    const item = made("li");
    item.append(link);
    scale.append(item);
  }
  const ends = made("p");
  ends.append(
    made("span", survey.questions?.low_label ?? ""),
    made("span", survey.questions?.high_label ?? ""),
  );
  box.append(head, scale, ends);
  root.append(box);
  shut.addEventListener("click", dismiss);
  addEventListener("keydown", onKey);
  document.body.append(host);
  options.on?.("shown");
  void ask("shown", { show: survey.show }).catch(() => {});
  return remove;
}

(window as unknown as { Sounding: { init: typeof init } }).Sounding = { init };
