import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Download, Filter, LayoutDashboard, Printer } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { campaignsQuery } from "../../api/queries";
import { LineChart } from "../../charts/Line";
import { countParts, NOTHING, toTree } from "../../lib/filter";
import { number, percent, shown, signed } from "../../lib/format";
import { saveCsv } from "../../lib/save";
import { range, tone } from "../../lib/score";
import { fieldWord } from "../../lib/words";
import type { DashboardSearch, FeedbackSearch } from "../../router";
import { Button, Card, className3, Empty, PageHead, Panel, Person } from "../../ui/basics";
import { type FieldSpec, FilterBuilder, useCustomerFields } from "../../ui/FilterBuilder";
import { Check, Choice, Text } from "../../ui/fields";
import { AnswerItem } from "../feedback/AnswerItem";
import { answersQuery } from "../feedback/api";
import { useNames } from "../outbox/names";
import {
  type Asked,
  breakdownQuery,
  dimensionsQuery,
  funnelQuery,
  type Score,
  scoresQuery,
  seriesQuery,
} from "./api";

const PRESETS = ["7", "30", "90", "365"];
const METRICS = ["nps", "csat", "ces", "five_star"];
const UNIT: Record<string, string> = { nps: "", csat: " %", ces: "", five_star: "" };
const CLASSES = (metric: string) =>
  metric === "nps" ? ["promoter", "passive", "detractor"] : ["satisfied", "neutral", "unsatisfied"];
const iso = (date: Date) => date.toISOString().slice(0, 10);
const ago = (days: number) => iso(new Date(Date.now() - days * 86_400_000));

export function Dashboard() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const search = useSearch({ from: "/shell/" });
  const campaigns = useQuery(campaignsQuery);
  const [open, setOpen] = useState(false);
  const metric = search.metric ?? "nps";
  const period = search.period ?? "90";
  const change = (next: { [K in keyof DashboardSearch]?: DashboardSearch[K] | undefined }) =>
    void navigate({
      to: "/",
      search: (before) => ({ ...before, ...next }) as DashboardSearch,
      replace: true,
    });
  const built = search.filter ?? NOTHING;
  const first = period === "own" ? (search.from ?? ago(29)) : ago(Number(period) - 1);
  const last = period === "own" ? (search.to ?? iso(new Date())) : iso(new Date());
  const asked: Asked = useMemo(
    () => ({
      first_day: first,
      last_day: last,
      zone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC",
      filter: toTree(built),
      answers: search.every ? "every" : "last",
      attributes: search.now ? "now" : "then",
      ...(search.campaign ? { campaign_id: search.campaign } : {}),
    }),
    [first, last, built, search.every, search.now, search.campaign],
  );
  const days = (Date.parse(last) - Date.parse(first)) / 86_400_000;
  const scores = useQuery({ ...scoresQuery(asked), placeholderData: keepPreviousData });
  const score = scores.data?.scores.find((one) => one.metric === metric);
  const others = scores.data?.scores.filter((one) => one.metric !== metric && one.count) ?? [];
  const customers = useCustomerFields("list");
  const fields: FieldSpec[] = customers.filter(
    (one) =>
      one.name.startsWith("properties.") ||
      ["tags", "company", "city", "state", "country"].includes(one.name),
  );
  const drill = (more: FeedbackSearch): FeedbackSearch => ({
    metric,
    since: `${first}T00:00:00Z`,
    until: new Date(Date.parse(last) + 86_400_000).toISOString(),
    ...(search.campaign ? { campaign: search.campaign } : {}),
    ...(countParts(built) ? { filter: toTree(built) } : {}),
    ...more,
  });
  return (
    <>
      <PageHead title={t("Dashboard")}>
        <Button icon={Printer} onClick={() => print()}>
          {t("Print")}
        </Button>
      </PageHead>
      <div className="stack">
        <div className="bar">
          <Choice
            label={t("Metric")}
            value={metric}
            onChange={(event) =>
              change({ metric: event.target.value === "nps" ? undefined : event.target.value })
            }
            options={METRICS.map((one) => ({ value: one, label: range(one).name }))}
          />
          <Choice
            label={t("Period")}
            value={period}
            onChange={(event) => change({ period: event.target.value })}
            options={[
              ...PRESETS.map((one) => ({
                value: one,
                label: t("Last {{count}} days", { count: Number(one) }),
              })),
              { value: "own", label: t("Own period") },
            ]}
          />
          {period === "own" && (
            <>
              <Text
                label={t("From")}
                type="date"
                value={first}
                max={last}
                onChange={(event) => event.target.value && change({ from: event.target.value })}
              />
              <Text
                label={t("To")}
                type="date"
                value={last}
                min={first}
                onChange={(event) => event.target.value && change({ to: event.target.value })}
              />
            </>
          )}
          <Choice
            label={t("Campaign")}
            value={search.campaign ?? ""}
            onChange={(event) => change({ campaign: event.target.value || undefined })}
            options={[
              { value: "", label: t("All campaigns") },
              ...(campaigns.data?.items ?? []).map((one) => ({ value: one.id, label: one.name })),
            ]}
          />
          <Button icon={Filter} aria-expanded={open} onClick={() => setOpen(!open)}>
            {countParts(built) ? t("Filter ({{count}})", { count: countParts(built) }) : t("Filter")}
          </Button>
        </div>
        {open && (
          <Card>
            <div className="stack">
              <FilterBuilder
                value={built}
                fields={fields}
                onChange={(filter) => change({ filter: filter.parts.length ? filter : undefined })}
              />
              <div className="row" style={{ gap: 20 }}>
                <Check
                  label={t("Every answer")}
                  hint={t("Otherwise each customer's last one counts.")}
                  checked={search.every ?? false}
                  onChange={(event) => change({ every: event.target.checked || undefined })}
                />
                <Check
                  label={t("Attributes as they are now")}
                  hint={t("Otherwise as they were when the customer answered.")}
                  checked={search.now ?? false}
                  onChange={(event) => change({ now: event.target.checked || undefined })}
                />
              </div>
            </div>
          </Card>
        )}
        <Panel query={scores} lines={6}>
          {() =>
            score?.count ? (
              <>
                <div className="halves">
                  <Hero score={score} drill={drill} />
                  <Series
                    asked={asked}
                    metric={metric}
                    unit={days > 400 ? "month" : days > 62 ? "week" : "day"}
                  />
                </div>
                <div className="halves">
                  <Histogram score={score} drill={drill} />
                  <Funnel asked={asked} />
                </div>
                <Breakdown
                  asked={asked}
                  metric={metric}
                  by={search.by ?? "campaign_id"}
                  choose={(by) => change({ by })}
                />
                {others.length > 0 && (
                  <dl className="tiles">
                    {others.map((one) => (
                      <div className="tile" key={one.metric}>
                        <dt>{range(one.metric).name}</dt>
                        <dd>
                          {one.score}
                          {UNIT[one.metric]}
                          <small>{t("{{count}} answers", { count: one.count })}</small>
                        </dd>
                      </div>
                    ))}
                  </dl>
                )}
                <Latest wanted={drill({ comment: true })} />
              </>
            ) : (
              <Card>
                <Empty
                  icon={LayoutDashboard}
                  title={t("No answers in this period")}
                  actions={
                    <>
                      <Link className="btn primary" to="/campaigns">
                        {t("To the campaigns")}
                      </Link>
                      <Link className="btn" to="/imports">
                        {t("Import CSV")}
                      </Link>
                    </>
                  }
                >
                  {t(
                    "Once customers answer, their scores appear here at once. First time here? Import customers, then activate a campaign; its dry run shows what would be sent.",
                  )}
                </Empty>
              </Card>
            )
          }
        </Panel>
      </div>
    </>
  );
}

function Hero({ score, drill }: { score: Score; drill: (more: FeedbackSearch) => FeedbackSearch }) {
  const { t } = useTranslation();
  const { change } = score;
  const names = CLASSES(score.metric);
  return (
    <Card title={range(score.metric).name}>
      <div className="stack">
        <p className="hero">
          <b>
            {score.score}
            {UNIT[score.metric]}
          </b>
          <span className="muted">
            {score.margin !== null && `± ${number(score.margin, { maximumFractionDigits: 1 })} · `}
            {t("{{count}} answers", { count: score.count })}
          </span>
        </p>
        <p>
          {change ? (
            <>
              <span className="strong">{signed(change.difference)}</span> ±{" "}
              {number(change.margin, { maximumFractionDigits: 0 })} {t("against the period before")}
              {": "}
              {change.clear ? (change.difference > 0 ? t("better") : t("worse")) : t("no clear change")}
            </>
          ) : (
            <span className="muted">{t("Nothing to compare with in the period before.")}</span>
          )}
        </p>
        <div className="stackbar" aria-hidden>
          <Shares classes={score.classes} names={names} />
        </div>
        <ul className="legend">
          {names.map((name) => (
            <li key={name}>
              <span className={`dot ${tone(name)}`} aria-hidden />
              <Link to="/feedback" search={drill({ score_class: name })}>
                {className3(name, t)}
              </Link>
              <span className="num strong">{percent(score.classes[name]?.percent)}</span>
              <span className="muted num">{number(score.classes[name]?.count ?? 0)}</span>
            </li>
          ))}
        </ul>
        {score.left_out.provisional + score.left_out.suspected_automatic > 0 && (
          <p className="small muted">
            {t("Left out: {{provisional}} unconfirmed, {{automatic}} suspected automatic.", {
              provisional: score.left_out.provisional,
              automatic: score.left_out.suspected_automatic,
            })}
          </p>
        )}
      </div>
    </Card>
  );
}

/** The parts of a bar; whoever has none has no gap either. */
function Shares({ classes, names }: { classes: Score["classes"]; names: string[] }) {
  return names
    .filter((name) => classes[name]?.count)
    .map((name) => (
      <i key={name} className={tone(name)} style={{ width: `${classes[name]?.percent ?? 0}%` }} />
    ));
}

function Series({ asked, metric, unit }: { asked: Asked; metric: string; unit: "day" | "week" | "month" }) {
  const { t } = useTranslation();
  const query = useQuery({ ...seriesQuery(asked, metric, unit), placeholderData: keepPreviousData });
  const { low, high, name } = range(metric);
  return (
    <Card title={t("{{name}} over time", { name })}>
      <Panel query={query}>
        {({ buckets }) => (
          <LineChart
            buckets={buckets}
            name={name}
            unit={UNIT[metric] ?? ""}
            domain={metric === "nps" ? [-100, 100] : metric === "csat" ? [0, 100] : [low, high]}
          />
        )}
      </Panel>
    </Card>
  );
}

function Histogram({ score, drill }: { score: Score; drill: (more: FeedbackSearch) => FeedbackSearch }) {
  const { t } = useTranslation();
  const { low, high } = range(score.metric);
  const all = Array.from({ length: high - low + 1 }, (_, place) => low + place);
  const most = Math.max(1, ...Object.values(score.distribution));
  const named = (one: number) =>
    score.metric === "nps"
      ? one >= 9
        ? "good"
        : one >= 7
          ? "mid"
          : "bad"
      : one > (low + high) / 2
        ? "good"
        : one === (low + high) / 2
          ? "mid"
          : "bad";
  return (
    <Card title={t("Scores given")}>
      <ol
        style={{
          display: "grid",
          gridTemplateColumns: `repeat(${all.length}, minmax(0, 1fr))`,
          gap: 4,
          alignItems: "end",
        }}
      >
        {all.map((one) => {
          const count = score.distribution[one] ?? 0;
          return (
            <li key={one} style={{ textAlign: "center" }}>
              <Link
                to="/feedback"
                search={drill({ score: one })}
                style={{ textDecoration: "none", color: "inherit", display: "block" }}
                aria-label={t("Score {{score}}: {{count}} answers", { score: one, count })}
              >
                <span className="small muted num" style={{ display: "block" }}>
                  {number(count)}
                </span>
                <span style={{ display: "block", height: 110, position: "relative" }}>
                  <span
                    style={{
                      position: "absolute",
                      inset: "auto 0 0",
                      height: `${count && Math.max(2, (100 * count) / most)}%`,
                      borderRadius: "4px 4px 0 0",
                      background: `var(--${named(one)}-fill)`,
                    }}
                  />
                </span>
                <span className="num strong">{one}</span>
              </Link>
            </li>
          );
        })}
      </ol>
    </Card>
  );
}

function Funnel({ asked }: { asked: Asked }) {
  const { t } = useTranslation();
  const query = useQuery({ ...funnelQuery(asked), placeholderData: keepPreviousData });
  const words: Record<string, string> = {
    sent: t("Sent"),
    delivered: t("Delivered"),
    opened: t("Opened"),
    scored: t("Scored"),
    answered: t("Answered"),
    responded: t("Responded"),
    commented: t("With a comment"),
  };
  return (
    <Card title={t("From survey to comment")}>
      <Panel query={query}>
        {({ steps }) => (
          <ol className="stack tight">
            {steps.map((one) => (
              <li key={one.name}>
                <p className="row">
                  <span className="grow">{words[one.name] ?? one.name.replaceAll("_", " ")}</span>
                  {one.known ? (
                    <>
                      <span className="num strong">{number(one.count)}</span>
                      <span className="num muted" style={{ width: 52, textAlign: "end" }}>
                        {percent(one.percent_of_sent)}
                      </span>
                    </>
                  ) : (
                    <span className="muted">{t("not known")}</span>
                  )}
                </p>
                {one.known && (
                  <div className="progress" aria-hidden>
                    <i style={{ width: `${one.percent_of_sent ?? 0}%` }} />
                  </div>
                )}
              </li>
            ))}
          </ol>
        )}
      </Panel>
    </Card>
  );
}

function Breakdown({
  asked,
  metric,
  by,
  choose,
}: {
  asked: Asked;
  metric: string;
  by: string;
  choose: (by: string) => void;
}) {
  const { t } = useTranslation();
  const dimensions = useQuery(dimensionsQuery(metric));
  const query = useQuery({ ...breakdownQuery(asked, metric, by), placeholderData: keepPreviousData });
  const word = (name: string) =>
    ({
      campaign_id: t("Campaign"),
      channel: t("Channel"),
      tags: t("Tag"),
      template_version: t("Template version"),
      customer_language: t("Language of the customer"),
    })[name] ?? fieldWord(name);
  const names = [...new Set([by, ...(dimensions.data?.items.map((one) => one.name) ?? [])])];
  return (
    <Card
      title={t("By {{what}}", { what: word(by).toLowerCase() })}
      actions={
        <>
          <Choice
            hideLabel
            label={t("Split by")}
            value={by}
            onChange={(event) => choose(event.target.value)}
            options={names.map((one) => ({ value: one, label: word(one) }))}
          />
          <Button
            icon={Download}
            look="icon"
            aria-label={t("Save this table (CSV)")}
            onClick={() =>
              saveCsv(word(by), [
                [
                  word(by),
                  range(metric).name,
                  "±",
                  t("Answers"),
                  ...CLASSES(metric).map((one) => className3(one, t)),
                ],
                ...(query.data?.items ?? []).map((one) => [
                  one.label ?? (one.value === null ? t("none") : shown(one.value)),
                  one.score,
                  one.margin,
                  one.count,
                  ...CLASSES(metric).map((name) => one.classes[name]?.count ?? 0),
                ]),
              ])
            }
          />
        </>
      }
      flush
    >
      <div style={{ padding: query.data ? 0 : 16 }}>
        <Panel query={query}>
          {({ items }) => (
            <div className="scroll" role="region" aria-label={t("Split by")} tabIndex={0}>
              <table>
                <thead>
                  <tr>
                    <th scope="col">{word(by)}</th>
                    <th scope="col" className="num">
                      {range(metric).name}
                    </th>
                    <th scope="col" className="num">
                      ±
                    </th>
                    <th scope="col" className="num">
                      {t("Answers")}
                    </th>
                    <th scope="col">{t("Classes")}</th>
                  </tr>
                </thead>
                <tbody>
                  {items.map((one) => (
                    <tr key={String(one.value)} className={one.few ? "muted" : undefined}>
                      <td>
                        {one.label ?? (one.value === null ? t("none") : shown(one.value))}{" "}
                        {one.few && <span className="small">({t("few answers")})</span>}
                      </td>
                      <td className="num strong">
                        {one.score ?? "–"}
                        {UNIT[metric]}
                      </td>
                      <td className="num">
                        {one.margin === null ? "–" : number(one.margin, { maximumFractionDigits: 0 })}
                      </td>
                      <td className="num">{number(one.count)}</td>
                      <td style={{ minWidth: 120 }}>
                        <div
                          className="stackbar"
                          role="img"
                          aria-label={CLASSES(metric)
                            .map((name) => `${className3(name, t)} ${percent(one.classes[name]?.percent)}`)
                            .join(", ")}
                        >
                          <Shares classes={one.classes} names={CLASSES(metric)} />
                        </div>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
        </Panel>
      </div>
    </Card>
  );
}

function Latest({ wanted }: { wanted: FeedbackSearch }) {
  const { t } = useTranslation();
  const asked = useMemo(
    () => ({
      metric: wanted.metric!,
      has_comment: true,
      ...(wanted.since ? { since: wanted.since } : {}),
      ...(wanted.campaign ? { campaign_id: wanted.campaign } : {}),
    }),
    [wanted.metric, wanted.since, wanted.campaign],
  );
  const query = useInfiniteQuery(answersQuery(asked));
  const rows = query.data?.pages[0]?.items.slice(0, 5);
  const names = useNames((rows ?? []).map((one) => one.customer_id));
  return (
    <Card
      title={t("Latest comments")}
      flush
      actions={
        <Link to="/feedback" search={wanted} className="small">
          {t("All of them")}
        </Link>
      }
    >
      <Panel query={{ ...query, data: rows, isPending: query.isPending, refetch: query.refetch }}>
        {(items) => (
          <div className="divided">
            {items.map((one) => (
              <AnswerItem
                key={one.id}
                answer={one}
                who={
                  <Person
                    id={one.customer_id}
                    name={one.customer_id ? (names.get(one.customer_id) ?? t("Customer")) : t("Anonymous")}
                  />
                }
              />
            ))}
            {!items.length && <p className="item muted">{t("No comments in this period.")}</p>}
          </div>
        )}
      </Panel>
    </Card>
  );
}
