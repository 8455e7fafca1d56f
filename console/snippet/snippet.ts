/** In-app surveys for a host page: `Sounding.init({ endpoint, brand, user: { id, signature } })`. No dependency, no inline style. */
interface Options {
  endpoint: string;
  brand?: string;
  language?: string;
  user: { id: string; signature: string } | { token: string };
  delaySeconds?: number;
  on?: (what: "shown" | "scored" | "answered" | "dismissed" | "none", reason?: string | null) => void;
}
interface Survey {
  show: string;
  metric: string;
  language: string;
  questions: {
    question: string;
    low_label: string;
    high_label: string;
    comment_questions: Record<string, string>;
    thanks: string;
  } | null;
  further_questions: unknown[];
  url: string;
}

const SCALES: Record<string, [number, number]> = {
  nps: [0, 10],
  csat: [1, 5],
  ces: [1, 7],
  five_star: [1, 5],
};
/** Close, question, comment, send, thanks, more questions, not sent. */
const WORDS: Record<string, [string, string, string, string, string, string, string]> = {
  en: [
    "Close",
    "How likely are you to recommend us?",
    "What is the main reason for your score?",
    "Send",
    "Thank you.",
    "Answer a few more questions",
    "It could not be sent. Answer on its own page",
  ],
  de: [
    "Schließen",
    "Wie wahrscheinlich ist es, dass Sie uns empfehlen?",
    "Was ist der wichtigste Grund für Ihre Bewertung?",
    "Senden",
    "Vielen Dank.",
    "Noch ein paar Fragen beantworten",
    "Das ließ sich nicht senden. Auf einer eigenen Seite antworten",
  ],
  fr: [
    "Fermer",
    "Quelle est la probabilité que vous nous recommandiez ?",
    "Quelle est la raison principale de votre note ?",
    "Envoyer",
    "Merci.",
    "Répondre à quelques autres questions",
    "L'envoi a échoué. Répondre sur une page à part",
  ],
  es: [
    "Cerrar",
    "¿Qué probabilidad hay de que nos recomiende?",
    "¿Cuál es el motivo principal de su puntuación?",
    "Enviar",
    "Gracias.",
    "Responder a algunas preguntas más",
    "No se pudo enviar. Responder en su propia página",
  ],
};
const SETTLED_MS = 1500;

const LOOK = `:host{all:initial}
section{position:fixed;z-index:2147483000;inset-block-end:16px;inset-inline-end:16px;box-sizing:border-box;inline-size:min(440px,calc(100vw - 32px));padding:16px 18px 18px;border:1px solid #c9d2dc;border-radius:14px;background:#fff;color:#16202b;font:15px/1.45 system-ui,sans-serif;box-shadow:0 10px 34px #0003}
header{display:flex;gap:12px;align-items:flex-start;margin:0 0 12px}h2{flex:1;margin:0;font-size:16px;line-height:1.35}
button{box-sizing:border-box;font:inherit;cursor:pointer}.x{flex:none;inline-size:32px;block-size:32px;border:0;border-radius:8px;background:none;color:inherit;font-size:20px;line-height:1}
ol{display:grid;grid-auto-flow:column;grid-auto-columns:minmax(0,1fr);gap:4px;margin:0;padding:0;list-style:none}
@media(max-width:460px){.l{grid-auto-flow:row;grid-template-columns:repeat(6,minmax(0,1fr))}}
.n{inline-size:100%;min-block-size:44px;padding:0;border:1px solid #84909e;border-radius:8px;background:none;color:inherit;font-weight:600}
.n:hover{background:#eef1f5}.n[aria-pressed=true]{background:#1d4f91;border-color:#1d4f91;color:#fff}:focus-visible{outline:3px solid #1d6fe0;outline-offset:2px}
p{display:flex;justify-content:space-between;gap:12px;margin:8px 0 0;font-size:13px;color:#566372}form{display:grid;gap:8px;margin-block-start:14px}
textarea{box-sizing:border-box;inline-size:100%;min-block-size:72px;padding:8px 10px;border:1px solid #84909e;border-radius:8px;background:none;color:inherit;font:inherit;resize:vertical}
.s{justify-self:end;min-block-size:44px;padding:0 18px;border:0;border-radius:8px;background:#1d4f91;color:#fff;font-weight:600}a{color:#1d4f91}
@media(prefers-color-scheme:dark){section{background:#161d25;color:#e7edf3;border-color:#2a3541}p{color:#9fadbb}.n:hover{background:#1e2731}.n[aria-pressed=true],.s{background:#8cb8ff;border-color:#8cb8ff;color:#0c1a2d}a{color:#8cb8ff}}`;

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
  const [closeWord, fallback, reasonWord, sendWord, thanksWord, moreWord, failedWord] =
    WORDS[survey.language.split("-")[0]!] ?? WORDS.en!;
  const own = survey.questions;
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
  const title = made("h2", own?.question || fallback, { id: "q" });
  const shut = made("button", "×", { type: "button", class: "x", "aria-label": closeWord });
  head.append(title, shut);
  const ends = made("p");
  ends.append(made("span", own?.low_label ?? ""), made("span", own?.high_label ?? ""));
  const [low, high] = SCALES[survey.metric] ?? SCALES.nps!;
  // Eleven stand in one row, on a phone in two: six and five, as in the mails.
  const scale = made("ol", "", high - low > 6 ? { class: "l" } : {});
  let chosen: number | null = null;
  let settling: ReturnType<typeof setTimeout> | undefined;

  /** As the survey's own page sends it: a form, which needs no leave of the host page's but to connect. */
  const post = async (more: Record<string, string>) => {
    const fields = new URLSearchParams({ score: String(chosen), language: survey.language, ...more });
    // Right after it was shown the survey may not be known yet where it is answered.
    for (const wait of [0, 800, 2500]) {
      await new Promise((done) => setTimeout(done, wait));
      const answer = await fetch(survey.url, { method: "POST", body: fields, credentials: "omit" });
      if (answer.ok) return;
      if (answer.status !== 503) break;
    }
    throw new Error("Sounding");
  };
  const page = (words: string, score: boolean) => {
    const link = made("a", words, {
      href: score ? `${survey.url}${survey.url.includes("?") ? "&" : "?"}score=${chosen}` : survey.url,
      target: "_blank",
      rel: "noopener",
    });
    const line = made("p", "", { role: "status" });
    line.append(link);
    return line;
  };
  const remove = () => {
    clearTimeout(settling);
    host.remove();
    removeEventListener("keydown", onKey);
  };
  const dismiss = () => {
    remove();
    if (chosen !== null) return;
    options.on?.("dismissed");
    void ask("dismissed", { show: survey.show }).catch(() => {});
  };
  const onKey = (event: KeyboardEvent) => event.key === "Escape" && dismiss();
  const form = made("form");
  const label = made("label", reasonWord, { for: "c" });
  const text = made("textarea", "", { id: "c", maxlength: "5000" });
  form.append(label, text, made("button", sendWord, { class: "s" }));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearTimeout(settling);
    try {
      await post({ comment: text.value });
      title.textContent = own?.thanks || thanksWord;
      box.replaceChildren(head, ...(survey.further_questions.length ? [page(moreWord, false)] : []));
      shut.focus();
      options.on?.("answered");
    } catch {
      form.querySelector("p")?.remove();
      form.append(page(failedWord, true));
    }
  });
  const middle = (low + high) / 2;
  const classOf = (score: number) =>
    survey.metric === "nps"
      ? score >= 9
        ? "promoter"
        : score >= 7
          ? "passive"
          : "detractor"
      : score > middle
        ? "satisfied"
        : score === middle
          ? "neutral"
          : "unsatisfied";
  for (let score = low; score <= high; score++) {
    const button = made("button", String(score), { type: "button", class: "n", "aria-pressed": "false" });
    button.addEventListener("click", () => {
      chosen = score;
      for (const one of scale.querySelectorAll("button"))
        one.setAttribute("aria-pressed", String(one === button));
      const words = own?.comment_questions ?? {};
      label.textContent = words[classOf(score)] || words.default || reasonWord;
      if (!form.isConnected) box.append(form);
      // Whoever goes on without a word has answered all the same, once the choice has settled.
      clearTimeout(settling);
      settling = setTimeout(() => void post({ provisional: "1" }).catch(() => {}), SETTLED_MS);
      options.on?.("scored");
    });
    const item = made("li");
    item.append(button);
    scale.append(item);
  }
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
