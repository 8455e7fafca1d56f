import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Pause, Play, Send } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { body, outbox } from "../../api/client";
import { useMay } from "../../api/may";
import { campaignsQuery, recordsQuery, sendingQuery, statsQuery } from "../../api/queries";
import { queryClient } from "../../api/queryClient";
import { number } from "../../lib/format";
import { channelWord, howSent, recordState } from "../../lib/words";
import type { OutboxSearch } from "../../router";
import { Button, Card, Empty, Note, PageHead, Panel, When } from "../../ui/basics";
import { Choice, Why } from "../../ui/fields";
import { FormDialog } from "../../ui/overlays";
import { say } from "../../ui/toasts";
import { StatTiles } from "../profile/OutboxTab";
import { Destinations } from "./Destinations";
import { useNames } from "./names";
import { PERIODS, since } from "./period";
import { RecordDrawer } from "./RecordDrawer";
import { RecordTable } from "./RecordTable";

const STATES = [
  "queued",
  "sent",
  "delivered",
  "opened",
  "clicked",
  "responded",
  "ignored",
  "bounced",
  "suppressed",
  "expired",
  "failed",
  "unknown",
];

export function Outbox() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const search = useSearch({ from: "/shell/outbox" });
  const campaigns = useQuery(campaignsQuery);
  const change = (next: Partial<Record<keyof OutboxSearch, string | undefined>>) =>
    void navigate({
      to: "/outbox",
      search: (before) => ({ ...before, ...next }) as OutboxSearch,
      replace: true,
    });
  const from = since(search.period);
  const wanted = useMemo(
    () => ({
      ...(search.state ? { state: [search.state] } : {}),
      ...(search.campaign ? { campaign_id: search.campaign } : {}),
      ...(search.channel ? { channel: search.channel } : {}),
      ...(search.how ? { how_sent: search.how } : {}),
      ...(from ? { since: from } : {}),
    }),
    [search.state, search.campaign, search.channel, search.how, from],
  );
  const records = useInfiniteQuery(recordsQuery(wanted, 50));
  const items = records.data?.pages.flatMap((page) => page.items);
  const stats = useQuery(
    statsQuery({
      ...(search.campaign ? { campaign_id: search.campaign } : {}),
      ...(from ? { since: from } : {}),
    }),
  );
  const names = useNames((items ?? []).map((one) => one.customer_id));
  const narrowed = Boolean(search.state || search.campaign || search.channel || search.how || search.period);
  const all = (label: string) => ({ value: "", label });
  return (
    <>
      <PageHead
        title={t("Outbox")}
        about={t("Every survey that went out, or was to, and what became of it.")}
      >
        <Sending />
      </PageHead>
      <div className="stack">
        <Panel query={stats} lines={2}>
          {({ total }) => (
            <>
              <StatTiles figures={total} />
              <p className="small muted">
                {[
                  [t("bounced"), total.bounced],
                  [t("held back"), total.suppressed],
                  [t("too late"), total.expired],
                  [t("failed"), total.failed],
                  [t("unknown"), total.unknown],
                  [t("ignored"), total.ignored],
                ]
                  .map(([word, count]) => `${number(count as number)} ${word}`)
                  .join(" · ")}
              </p>
            </>
          )}
        </Panel>
        <Destinations />
        <div className="bar">
          <Choice
            label={t("State")}
            value={search.state ?? ""}
            onChange={(event) => change({ state: event.target.value || undefined })}
            options={[all(t("Any")), ...STATES.map((one) => ({ value: one, label: recordState(one) }))]}
          />
          <Choice
            label={t("Campaign")}
            value={search.campaign ?? ""}
            onChange={(event) => change({ campaign: event.target.value || undefined })}
            options={[
              all(t("Any")),
              ...(campaigns.data?.items ?? []).map((one) => ({ value: one.id, label: one.name })),
            ]}
          />
          <Choice
            label={t("How sent")}
            value={search.how ?? ""}
            onChange={(event) => change({ how: event.target.value || undefined })}
            options={[
              all(t("Any")),
              ...["automatically", "manually", "reminder"].map((one) => ({
                value: one,
                label: howSent(one),
              })),
            ]}
          />
          <Choice
            label={t("Channel")}
            value={search.channel ?? ""}
            onChange={(event) => change({ channel: event.target.value || undefined })}
            options={[
              all(t("Any")),
              ...["email", "in_app"].map((one) => ({ value: one, label: channelWord(one) })),
            ]}
          />
          <Choice
            label={t("Period")}
            value={search.period ?? ""}
            onChange={(event) => change({ period: event.target.value || undefined })}
            options={[
              all(t("All time")),
              ...Object.keys(PERIODS).map((one) => ({
                value: one,
                label: t("Last {{count}} days", { count: Number(one) }),
              })),
            ]}
          />
        </div>
        <Panel
          query={{ ...records, data: items, isPending: records.isPending, refetch: records.refetch }}
          lines={8}
        >
          {(rows) =>
            rows.length ? (
              <Card flush>
                <RecordTable rows={rows} names={names} open={(id) => change({ record: id })} />
                {records.hasNextPage && (
                  <div className="row" style={{ padding: 12, justifyContent: "center" }}>
                    <Button busy={records.isFetchingNextPage} onClick={() => void records.fetchNextPage()}>
                      {t("Show more")}
                    </Button>
                  </div>
                )}
              </Card>
            ) : (
              <Card>
                <Empty
                  icon={Send}
                  title={narrowed ? t("No record matches") : t("Nothing was sent yet")}
                  actions={
                    narrowed ? (
                      <Button onClick={() => void navigate({ to: "/outbox", search: {} })}>
                        {t("Show all records")}
                      </Button>
                    ) : (
                      <Button look="primary" onClick={() => void navigate({ to: "/campaigns" })}>
                        {t("To the campaigns")}
                      </Button>
                    )
                  }
                >
                  {narrowed ? undefined : t("Once a campaign is active, each of its surveys appears here.")}
                </Empty>
              </Card>
            )
          }
        </Panel>
      </div>
      {search.record && <RecordDrawer id={search.record} close={() => change({ record: undefined })} />}
    </>
  );
}

/** Whether mail goes out at all, and the brake for all of it. */
function Sending() {
  const { t } = useTranslation();
  const may = useMay();
  const sending = useQuery({ ...sendingQuery, refetchInterval: 15_000 });
  const [asking, setAsking] = useState(false);
  const [note, setNote] = useState("");
  const data = sending.data;
  if (!data) return null;
  const turn = async () => {
    await body(
      data.paused
        ? outbox.POST("/v1/sending/resume", { body: { note: note || null } })
        : outbox.POST("/v1/sending/pause", { body: { note: note || null } }),
    );
    await queryClient.invalidateQueries({ queryKey: ["outbox", "sending"] });
    say(data.paused ? t("Mail goes out again.") : t("No mail goes out until you resume."));
  };
  return (
    <>
      {data.held && (
        <Note tone="mid">
          {t("Sending waits until news of the customers has been read; it goes on by itself.")}
        </Note>
      )}
      <span className={`chip ${data.paused ? "mid" : "good"}`}>
        {data.paused
          ? t("Sending is paused")
          : data.due
            ? t("{{n}} due now", { n: number(data.due) })
            : t("Nothing is waiting")}
        {data.oldest_due_at && (
          <>
            {" · "}
            <When at={data.oldest_due_at} />
          </>
        )}
      </span>
      <Button icon={data.paused ? Play : Pause} onClick={() => setAsking(true)} reason={may("administer")}>
        {data.paused ? t("Resume sending") : t("Pause all sending")}
      </Button>
      {asking && (
        <FormDialog
          title={data.paused ? t("Resume sending") : t("Pause all sending")}
          close={() => setAsking(false)}
          submit={turn}
          action={data.paused ? t("Resume") : t("Pause")}
          danger={!data.paused}
        >
          {() => (
            <>
              <p>
                {data.paused
                  ? t(
                      "Everything that is due goes out, at the usual pace. What became too old meanwhile is not sent.",
                    )
                  : t(
                      "No mail of any campaign leaves within a second. Campaigns stay active; what is due waits.",
                    )}
              </p>
              <Why value={note} put={setNote} autoFocus />
            </>
          )}
        </FormDialog>
      )}
    </>
  );
}
