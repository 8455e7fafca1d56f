import { Link } from "@tanstack/react-router";
import { AlertTriangle, CheckCircle2, CircleSlash, Info, type LucideIcon } from "lucide-react";
import {
  type ButtonHTMLAttributes,
  Fragment,
  type ReactNode,
  useEffect,
  useId,
  useRef,
  useState,
} from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../api/problem";
import { dayAndTime, exactly, relative } from "../lib/format";
import { range, tone } from "../lib/score";

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  look?: "primary" | "danger" | "quiet" | "icon";
  small?: boolean;
  icon?: LucideIcon;
  busy?: boolean;
  /** Why it cannot be pressed; it stays focusable, so that the reason can be read. */
  reason?: string | undefined;
};

export function Button({
  look,
  small,
  icon: Icon,
  busy,
  reason,
  className,
  children,
  onClick,
  ...rest
}: ButtonProps) {
  const id = useId();
  const { t } = useTranslation();
  const classes = ["btn", look, small && "small", className].filter(Boolean).join(" ");
  return (
    <>
      <button
        type="button"
        {...rest}
        className={classes}
        aria-disabled={reason || busy ? true : undefined}
        aria-describedby={reason ? id : rest["aria-describedby"]}
        title={reason ?? rest.title}
        onClick={reason || busy ? (event) => event.preventDefault() : onClick}
      >
        {Icon && <Icon size={16} aria-hidden />}
        {busy ? t("Saving …") : children}
      </button>
      {reason && (
        <span id={id} hidden>
          {reason}
        </span>
      )}
    </>
  );
}

export function Card({
  title,
  actions,
  children,
  flush,
  as = "h2",
  className,
}: {
  title?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  flush?: boolean;
  as?: "h2" | "h3";
  className?: string;
}) {
  const id = useId();
  const Title = as;
  return (
    <section className={`card ${className ?? ""}`} aria-labelledby={title ? id : undefined}>
      {title && (
        <div className="head">
          <Title id={id}>{title}</Title>
          {actions}
        </div>
      )}
      <div className={flush ? "body flush" : "body"}>{children}</div>
    </section>
  );
}

export function PageHead({
  title,
  about,
  children,
}: {
  title: string;
  about?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <header className="page-head">
      <div className="grow">
        <Title>{title}</Title>
        {about && <p>{about}</p>}
      </div>
      {children && <div className="row">{children}</div>}
    </header>
  );
}

const TAKEN_WITHIN_MS = 5000;
let arrivedAt = Number.NEGATIVE_INFINITY;

/** Another page was gone to: its heading takes the focus, also one that comes once its data are there. */
export function arrive() {
  arrivedAt = performance.now();
  document.getElementById("page-title")?.focus({ preventScroll: true });
}

/** The page's one heading; it names the document and takes the focus after a navigation. */
export function Title({ children, document: name }: { children: ReactNode; document?: string }) {
  const ref = useRef<HTMLHeadingElement>(null);
  const text = name ?? (typeof children === "string" ? children : "");
  useEffect(() => {
    document.title = `${text} · Sounding`;
  }, [text]);
  useEffect(() => {
    // Where somebody has gone on by now the focus stays.
    const free = !document.activeElement || document.activeElement === document.body;
    if (free && performance.now() - arrivedAt < TAKEN_WITHIN_MS) ref.current?.focus({ preventScroll: true });
  }, []);
  return (
    <h1 ref={ref} tabIndex={-1} id="page-title">
      {children}
    </h1>
  );
}

export function Badge({
  tone: colour,
  children,
  title,
}: {
  tone?: "good" | "mid" | "bad" | "info";
  children: ReactNode;
  title?: string;
}) {
  return (
    <span className={`badge ${colour ?? ""}`} title={title}>
      {children}
    </span>
  );
}

/** Relative, with the exact moment on hover and for screen readers on demand. */
export function When({ at, exact }: { at: string | null | undefined; exact?: boolean }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 30_000);
    return () => clearInterval(timer);
  }, []);
  if (!at) return <span className="muted">–</span>;
  return (
    <time dateTime={at} title={exactly(at)}>
      {exact ? dayAndTime(at) : relative(at)}
    </time>
  );
}

export function className3(scoreClass: string, t: (key: string) => string): string {
  const words: Record<string, string> = {
    promoter: t("Promoter"),
    passive: t("Passive"),
    detractor: t("Detractor"),
    satisfied: t("Satisfied"),
    neutral: t("Neutral"),
    unsatisfied: t("Unsatisfied"),
    dissatisfied: t("Dissatisfied"),
    positive: t("Positive"),
    negative: t("Negative"),
    easy: t("Easy"),
    difficult: t("Difficult"),
  };
  return words[scoreClass] ?? scoreClass;
}

export function Score({
  score,
  scoreClass,
  metric,
  big,
}: {
  score: number;
  scoreClass: string;
  metric?: string;
  big?: boolean;
}) {
  const { t } = useTranslation();
  return (
    <span
      className={`score ${tone(scoreClass)} ${big ? "big" : ""}`}
      title={`${metric ? `${range(metric).name}: ` : ""}${className3(scoreClass, t)}`}
    >
      {score}
    </span>
  );
}

/** Up to five scores, oldest first; hollow where there are fewer. */
export function Trend({
  scores,
  classes,
  big,
  hrefs,
}: {
  scores: number[];
  /** What each means, as `classesOf` says. */
  classes: string[];
  big?: boolean;
  hrefs?: (string | undefined)[];
}) {
  const { t } = useTranslation();
  const [first, last] = [classes[0] ?? "", classes.at(-1) ?? ""];
  const label = !scores.length
    ? t("No scores yet")
    : scores.length > 1
      ? `${scores.join(", ")}: ${t("{{from}} to {{to}}", { from: className3(first, t), to: className3(last, t) }).toLowerCase()}`
      : `${scores[0]}: ${className3(first, t).toLowerCase()}`;
  const empty = Array.from({ length: Math.max(0, 5 - scores.length) });
  return (
    <span
      className={`trend ${big ? "big" : ""}`}
      role={big && hrefs ? "group" : "img"}
      aria-label={`${t("Score trend")}: ${label}`}
      title={label}
    >
      {scores.map((score, place) => {
        const href = hrefs?.[place];
        const colour = tone(classes[place] ?? "");
        return href ? (
          <Link
            key={place}
            to={href}
            className={colour}
            aria-label={t("Score {{score}}, open the answer", { score })}
          >
            {score}
          </Link>
        ) : (
          <i key={place} className={colour} aria-hidden={!(big && hrefs)}>
            {big ? score : null}
          </i>
        );
      })}
      {empty.map((_, place) => (
        <i key={`none${place}`} className="none" aria-hidden />
      ))}
    </span>
  );
}

export function Avatar({ name, big }: { name: string; big?: boolean }) {
  const letters = name
    .split(/[\s@.]+/)
    .filter(Boolean)
    .slice(0, 2)
    .map((part) => part[0]!.toUpperCase())
    .join("");
  return (
    <span className={`avatar ${big ? "big" : ""}`} aria-hidden>
      {letters}
    </span>
  );
}

const NOTE_ICONS = { info: Info, mid: AlertTriangle, bad: CircleSlash, good: CheckCircle2 };
export function Note({
  tone: colour = "info",
  children,
  role,
}: {
  tone?: "info" | "mid" | "bad" | "good";
  children: ReactNode;
  role?: "alert" | "status";
}) {
  const Icon = NOTE_ICONS[colour];
  return (
    <div className={`note ${colour}`} role={role}>
      <Icon size={17} aria-hidden />
      <div className="grow">{children}</div>
    </div>
  );
}

export function Empty({
  icon: Icon,
  title,
  children,
  actions,
  as: Heading = "h2",
}: {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  as?: "h2" | "h3";
}) {
  return (
    <div className="empty">
      <Icon size={34} strokeWidth={1.4} aria-hidden />
      <Heading>{title}</Heading>
      {children && <p>{children}</p>}
      {actions && <div className="row">{actions}</div>}
    </div>
  );
}

/** The shape of what is to come, shown once it takes longer than a moment. */
export function Loading({ lines = 4, label }: { lines?: number; label?: string }) {
  const { t } = useTranslation();
  const widths = ["72%", "55%", "88%", "40%", "63%", "78%"];
  return (
    <div className="stack tight" aria-busy="true" role="status">
      <span className="sr">{label ?? t("Loading …")}</span>
      {Array.from({ length: lines }, (_, place) => (
        <div key={place} className="bone" style={{ width: widths[place % widths.length] }} />
      ))}
    </div>
  );
}

const SERVICE_NAMES: Record<string, string> = {
  profile: "Customers",
  scheduler: "Campaigns",
  outbox: "Outbox",
  feedback: "Feedback",
  console: "Console",
};

/** What failed, the request's id, and a way to try again. */
export function Failed({ error, retry, what }: { error: unknown; retry?: () => void; what?: string }) {
  const { t } = useTranslation();
  const problem = asProblem(error);
  const service = typeof problem.body.service === "string" ? problem.body.service : null;
  const head = problem.away
    ? service
      ? t("The service “{{service}}” does not answer", { service: t(SERVICE_NAMES[service] ?? service) })
      : t("No answer from the server")
    : problem.status === 403
      ? t("Your role does not allow this")
      : problem.status === 404
        ? t("Not found")
        : (what ?? t("That did not work"));
  const again = problem.away
    ? t("Nothing is lost. Everything else on this page can be used.")
    : problem.message;
  return (
    <Note tone={problem.away ? "mid" : "bad"} role="alert">
      <p className="strong">{head}</p>
      <p>{again}</p>
      {problem.requestId && (
        <p className="small muted">
          {t("Request")} <code>{problem.requestId}</code>
        </p>
      )}
      {retry && (
        <div className="row">
          <Button small onClick={retry}>
            {t("Try again")}
          </Button>
        </div>
      )}
    </Note>
  );
}

interface Asked<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  refetch: () => unknown;
  dataUpdatedAt?: number;
}

/** One panel's query in its four states; stale data stays, with a line that says since when. */
export function Panel<T>({
  query,
  children,
  lines,
  what,
}: {
  query: Asked<T>;
  children: (data: T) => ReactNode;
  lines?: number;
  what?: string;
}) {
  const { t } = useTranslation();
  if (query.data !== undefined) {
    return (
      <Fragment>
        {query.error ? (
          <div style={{ marginBottom: 12 }}>
            <Note tone="mid" role="status">
              {t("As of {{time}}; trying to reconnect.", {
                time: dayAndTime(new Date(query.dataUpdatedAt ?? 0)),
              })}
            </Note>
          </div>
        ) : null}
        {children(query.data)}
      </Fragment>
    );
  }
  if (query.error)
    return <Failed error={query.error} retry={() => void query.refetch()} {...(what ? { what } : {})} />;
  return <Loading lines={lines ?? 4} />;
}

export function Person({ id, name, sub }: { id: string | null; name: string; sub?: ReactNode }) {
  return (
    <span>
      {id ? (
        <Link className="name" to="/customers/$id" params={{ id }}>
          {name}
        </Link>
      ) : (
        <span className="strong">{name}</span>
      )}
      {sub && <span className="muted small"> {sub}</span>}
    </span>
  );
}
