import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { History } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { auditQuery, customerAnswersQuery, customerTimelineQuery, historyQuery } from "../../api/queries";
import type { Customer } from "../../api/types";
import { dayAndTime, relative, shown } from "../../lib/format";
import { actionWord, fieldWord, happenedWord } from "../../lib/words";
import { Button, Card, className3, Empty, Failed, Loading } from "../../ui/basics";
import { Segmented } from "../../ui/fields";

interface Entry {
  key: string;
  at: string;
  kind: "survey" | "answer" | "change";
  title: string;
  by?: string;
  lines: string[];
  raw: unknown;
  tone: "info" | "good" | "bad" | "";
}

/** Every event of the customer: what people and integrations did, what was sent, what was answered. */
export function ActivityTab({ customer }: { customer: Customer }) {
  const { t } = useTranslation();
  const [kind, setKind] = useState<"all" | Entry["kind"]>("all");
  const audit = useInfiniteQuery(auditQuery(customer.id));
  const mails = useQuery(customerTimelineQuery(customer.id));
  const answers = useQuery(customerAnswersQuery(customer.id));
  const history = useQuery(historyQuery(customer.id));
  const entries: Entry[] = [
    ...(audit.data?.pages.flatMap((page) => page.items) ?? []).map(
      (one): Entry => ({
        key: `a${one.id}`,
        at: one.at,
        kind: "change",
        by: one.by,
        raw: one,
        tone: one.outcome === "done" ? "info" : "bad",
        title:
          actionWord(one.action) +
          (one.outcome === "done" ? "" : ` (${one.outcome}${one.code ? `: ${one.code}` : ""})`),
        lines: Object.entries(one.changes).map(
          ([field, { before, after }]) => `${fieldWord(field)}: ${shown(before)} → ${shown(after)}`,
        ),
      }),
    ),
    ...(mails.data?.items ?? []).map(
      (one, place): Entry => ({
        key: `m${place}${one.at}`,
        at: one.at,
        kind: "survey",
        raw: one,
        tone: one.what === "responded" ? "good" : "",
        title: happenedWord(one.what),
        lines: [one.detail?.subject_line, one.detail?.wish, one.detail?.note, one.detail?.state].filter(
          (line): line is string => typeof line === "string",
        ),
      }),
    ),
    ...(answers.data?.items ?? []).map(
      (one): Entry => ({
        key: `f${one.id}`,
        at: one.answered_at,
        kind: "answer",
        raw: one,
        tone: "good",
        by: one.added_by ?? undefined!,
        title: `${t("Score {{score}}", { score: one.score })} (${className3(one.score_class, t).toLowerCase()})`,
        lines: [one.campaign_name, one.comment].filter((line): line is string => Boolean(line)),
      }),
    ),
    ...fromIntegrations(history.data?.fields ?? [], t),
  ].sort((a, b) => b.at.localeCompare(a.at));
  const shownNow = entries.filter((one) => kind === "all" || one.kind === kind);
  const pending = audit.isPending || mails.isPending || answers.isPending;
  return (
    <div className="stack">
      <Segmented
        label={t("Kind of event")}
        value={kind}
        onChange={setKind}
        options={[
          { value: "all", label: t("All") },
          { value: "survey", label: t("Surveys") },
          { value: "answer", label: t("Answers") },
          { value: "change", label: t("Changes") },
        ]}
      />
      {[audit, mails, answers].map((query, place) =>
        query.error ? <Failed key={place} error={query.error} retry={() => void query.refetch()} /> : null,
      )}
      <Card>
        {pending && !shownNow.length ? (
          <Loading lines={6} />
        ) : shownNow.length ? (
          <ol className="timeline">
            {shownNow.map((one) => (
              <li key={one.key} className={one.tone}>
                <p>
                  <span className="strong">{one.title}</span>
                  {one.by && <span className="muted"> · {one.by.replace("user:", "")}</span>}
                  <time
                    className="muted small"
                    dateTime={one.at}
                    title={dayAndTime(one.at)}
                    style={{ marginInlineStart: 8 }}
                  >
                    {relative(one.at)}
                  </time>
                </p>
                {one.lines.map((line) => (
                  <p key={line} className="small muted">
                    {line}
                  </p>
                ))}
                <details className="small">
                  <summary className="muted">{t("Raw")}</summary>
                  <pre tabIndex={0}>{JSON.stringify(one.raw, null, 2)}</pre>
                </details>
              </li>
            ))}
          </ol>
        ) : (
          <Empty icon={History} title={t("Nothing happened yet")} />
        )}
        {audit.hasNextPage && <Button onClick={() => void audit.fetchNextPage()}>{t("Show more")}</Button>}
      </Card>
    </div>
  );
}

type Fields = NonNullable<
  Awaited<ReturnType<NonNullable<ReturnType<typeof historyQuery>["queryFn"]>>>
>["fields"];

/** What integrations and files said; what people did stands in the audit log already. */
function fromIntegrations(fields: Fields, t: TFunction): Entry[] {
  const byEvent = new Map<string, Entry>();
  for (const { field, values } of fields) {
    for (const { at, by, event_id, value } of values) {
      if (by.startsWith("user:") || field === "deleted") continue;
      const entry = byEvent.get(event_id) ?? {
        key: `h${event_id}`,
        at,
        kind: "change" as const,
        by,
        title: by === "csv" ? t("Imported from a file") : t("Synced"),
        lines: [],
        raw: { event_id, by, at, fields: {} as Record<string, unknown> },
        tone: "" as const,
      };
      entry.lines.push(`${fieldWord(field)}: ${shown(value)}`);
      (entry.raw as { fields: Record<string, unknown> }).fields[field] = value;
      byEvent.set(event_id, entry);
    }
  }
  return [...byEvent.values()];
}
