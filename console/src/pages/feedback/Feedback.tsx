import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Download, MessageSquareText } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { send } from "../../api/client";
import { useMay } from "../../api/may";
import { campaignsQuery } from "../../api/queries";
import type { Answer } from "../../api/types";
import { number } from "../../lib/format";
import { save } from "../../lib/save";
import { channelWord } from "../../lib/words";
import type { FeedbackSearch } from "../../router";
import { useShortcuts } from "../../shell/shortcuts";
import { Button, Card, className3, Empty, PageHead, Panel, Person } from "../../ui/basics";
import { Check, Choice, SearchField } from "../../ui/fields";
import { sayProblem } from "../../ui/toasts";
import { useNames } from "../outbox/names";
import { PERIODS } from "../outbox/period";
import { AnswerItem } from "./AnswerItem";
import { answerCountQuery, answersQuery, wantedOf } from "./api";
import { NoteDialog, TagDialog, toggle, Work } from "./Work";

const VIEWS: { name: string; search: FeedbackSearch }[] = [
  { name: "All answers", search: {} },
  { name: "Detractors, open, last 7 days", search: { score_class: "detractor", state: "open", period: "7" } },
  { name: "Open with a comment", search: { state: "open", comment: true } },
  {
    name: "Promoters with a comment, last 90 days",
    search: { score_class: "promoter", comment: true, period: "90" },
  },
];

export function Feedback() {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const search = useSearch({ from: "/shell/feedback" });
  const [text, setText] = useState(search.q ?? "");
  const [here, setHere] = useState(-1);
  const [dialog, setDialog] = useState<"note" | "tag" | null>(null);
  const list = useRef<HTMLElement>(null);
  const campaigns = useQuery(campaignsQuery);
  const change = (next: { [K in keyof FeedbackSearch]?: FeedbackSearch[K] | undefined }) =>
    void navigate({
      to: "/feedback",
      search: (before) => ({ ...before, ...next }) as FeedbackSearch,
      replace: true,
    });
  useEffect(() => {
    const timer = setTimeout(
      () => text.trim() !== (search.q ?? "") && change({ q: text.trim() || undefined }),
      250,
    );
    return () => clearTimeout(timer);
  });
  const wanted = useMemo(() => wantedOf(search), [search]);
  const query = useInfiniteQuery(answersQuery(wanted));
  const count = useQuery(answerCountQuery(wanted));
  const items = query.data?.pages.flatMap((page) => page.items);
  const names = useNames((items ?? []).map((one) => one.customer_id));
  const current = items?.[here];
  const resolve = (one: Answer | undefined) => {
    if (one && !may("answer")) void toggle(one, t);
  };
  const step = (by: number) => {
    const next = Math.max(0, Math.min((items?.length ?? 1) - 1, here + by));
    setHere(next);
    list.current?.children[next]?.scrollIntoView({ block: "nearest" });
  };
  useShortcuts({
    j: () => step(1),
    k: () => step(-1),
    e: () => resolve(current),
    n: () => current && setDialog("note"),
    t: () => current && setDialog("tag"),
    o: () =>
      current?.customer_id && void navigate({ to: "/customers/$id", params: { id: current.customer_id } }),
    Enter: () => current && void navigate({ to: "/feedback/$id", params: { id: current.id } }),
  });
  const download = async () => {
    try {
      const file = await send<string>("POST", "/api/feedback/v1/responses/export", {
        ...wanted,
        format: "csv",
      });
      save("answers.csv", new Blob([file], { type: "text/csv" }));
    } catch (error) {
      sayProblem(error);
    }
  };
  const any = { value: "", label: t("Any") };
  const narrowed = Object.values(search).some((one) => one !== undefined);
  return (
    <>
      <PageHead
        title={t("Feedback")}
        about={
          count.data
            ? `${t("{{count}} answers", { count: count.data.count })}${count.data.exact ? "" : "+"} · ${t("{{n}} open", { n: number(count.data.open) })}`
            : " "
        }
      >
        <Button icon={Download} onClick={() => void download()} reason={may("manage")}>
          {t("Export CSV")}
        </Button>
      </PageHead>
      <div className="stack">
        <div className="bar">
          <SearchField
            label={t("Search in comments")}
            placeholder={t("Words of the comment")}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <Choice
            hideLabel
            label={t("View")}
            value={String(VIEWS.findIndex((one) => JSON.stringify(one.search) === JSON.stringify(search)))}
            onChange={(event) => {
              setText("");
              void navigate({ to: "/feedback", search: VIEWS[Number(event.target.value)]?.search ?? {} });
            }}
            options={[
              { value: "-1", label: t("Own view"), disabled: true },
              ...VIEWS.map((one, place) => ({ value: String(place), label: t(one.name) })),
            ]}
          />
        </div>
        <div className="bar">
          <Choice
            label={t("Class")}
            value={search.score_class ?? ""}
            onChange={(event) => change({ score_class: event.target.value || undefined })}
            options={[
              any,
              ...["promoter", "passive", "detractor", "satisfied", "neutral", "unsatisfied"].map((one) => ({
                value: one,
                label: className3(one, t),
              })),
            ]}
          />
          <Choice
            label={t("State")}
            value={search.state ?? ""}
            onChange={(event) => change({ state: event.target.value || undefined })}
            options={[any, { value: "open", label: t("Open") }, { value: "resolved", label: t("Resolved") }]}
          />
          <Choice
            label={t("Campaign")}
            value={search.campaign ?? ""}
            onChange={(event) => change({ campaign: event.target.value || undefined })}
            options={[
              any,
              ...(campaigns.data?.items ?? []).map((one) => ({ value: one.id, label: one.name })),
            ]}
          />
          <Choice
            label={t("Channel")}
            value={search.channel ?? ""}
            onChange={(event) => change({ channel: event.target.value || undefined })}
            options={[
              any,
              ...["email", "in_app", "link", "manual"].map((one) => ({
                value: one,
                label: channelWord(one),
              })),
            ]}
          />
          <Choice
            label={t("Period")}
            value={search.period ?? ""}
            onChange={(event) => change({ period: event.target.value || undefined })}
            options={[
              { value: "", label: t("All time") },
              ...Object.keys(PERIODS).map((one) => ({
                value: one,
                label: t("Last {{count}} days", { count: Number(one) }),
              })),
            ]}
          />
          <Check
            label={t("With a comment")}
            checked={search.comment ?? false}
            onChange={(event) => change({ comment: event.target.checked || undefined })}
          />
        </div>
        <Panel
          query={{ ...query, data: items, isPending: query.isPending, refetch: query.refetch }}
          lines={10}
        >
          {(rows) =>
            rows.length ? (
              <>
                <section className="card divided" aria-label={t("Answers")} ref={list}>
                  {rows.map((one, place) => (
                    <AnswerItem
                      key={one.id}
                      answer={one}
                      here={place === here}
                      who={
                        <Person
                          id={one.customer_id}
                          name={
                            one.customer_id ? (names.get(one.customer_id) ?? t("Customer")) : t("Anonymous")
                          }
                        />
                      }
                    >
                      <Work answer={one} resolve={() => resolve(one)} />
                    </AnswerItem>
                  ))}
                </section>
                {query.hasNextPage && (
                  <div className="row" style={{ justifyContent: "center" }}>
                    <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                      {t("Show more")}
                    </Button>
                  </div>
                )}
              </>
            ) : (
              <Card>
                <Empty
                  icon={MessageSquareText}
                  title={narrowed ? t("No answer matches") : t("No answers yet")}
                  actions={
                    narrowed ? (
                      <Button
                        onClick={() => {
                          setText("");
                          void navigate({ to: "/feedback", search: {} });
                        }}
                      >
                        {t("Show all answers")}
                      </Button>
                    ) : (
                      <Button look="primary" onClick={() => void navigate({ to: "/campaigns" })}>
                        {t("To the campaigns")}
                      </Button>
                    )
                  }
                >
                  {narrowed ? undefined : t("Answers appear here within a second of being given.")}
                </Empty>
              </Card>
            )
          }
        </Panel>
      </div>
      {dialog === "note" && current && <NoteDialog answer={current} close={() => setDialog(null)} />}
      {dialog === "tag" && current && <TagDialog answer={current} close={() => setDialog(null)} />}
    </>
  );
}
