import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { body, scheduler } from "../../api/client";
import { useMay } from "../../api/may";
import { campaignQuery, campaignVersionsQuery, ledgerQuery, statsQuery } from "../../api/queries";
import { queryClient } from "../../api/queryClient";
import type { Campaign, DryRun } from "../../api/types";
import { day, dayAndTime, number } from "../../lib/format";
import { range } from "../../lib/score";
import { bucketWord, campaignState, campaignTone, holdWord, kindWord, nextReason } from "../../lib/words";
import { Badge, Button, Card, Failed, Loading, Note, PageHead, Panel } from "../../ui/basics";
import { ActionMenu, Confirm, Dialog } from "../../ui/overlays";
import { say, sayProblem } from "../../ui/toasts";
import { TakeBackCampaign } from "../outbox/TakeBack";
import { StatTiles } from "../profile/OutboxTab";
import { Editor } from "./Editor";

const DATED = ["recurring_email", "one_time_email"];

export function CampaignPage() {
  const { t } = useTranslation();
  const { id } = useParams({ from: "/shell/campaigns/$id" });
  const query = useQuery(campaignQuery(id));
  if (query.data) return <Shown campaign={query.data} />;
  return (
    <>
      <PageHead title={t("Campaign")} />
      <Panel query={query}>{() => null}</Panel>
    </>
  );
}

function Shown({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const { tab = "setup" } = useSearch({ from: "/shell/campaigns/$id" });
  const [dialog, setDialog] = useState<"activate" | "dry" | "finish" | "take-back" | null>(null);
  const reason = may("manage");
  const at = { params: { path: { id: campaign.id }, header: { "idempotency-key": crypto.randomUUID() } } };
  const keep = (after: Campaign) => {
    queryClient.setQueryData(campaignQuery(campaign.id).queryKey, after);
    void queryClient.invalidateQueries({ queryKey: ["scheduler"] });
    return after;
  };
  const activate = () => body(scheduler.POST("/v1/campaigns/{id}/activate", at)).then(keep);
  const pause = () =>
    body(scheduler.POST("/v1/campaigns/{id}/pause", at))
      .then(keep)
      .then(() => say(t("Paused. Nothing of it goes out."), { undo: activate }), sayProblem);
  const copy = () =>
    body(scheduler.POST("/v1/campaigns/{id}/duplicate", { ...at, body: {} })).then((made) => {
      keep(campaign);
      void navigate({ to: "/campaigns/$id", params: { id: made.id } });
    }, sayProblem);
  const tabs = [
    ["setup", t("Setup")],
    ["results", t("Results")],
    ["versions", t("Versions")],
  ] as const;
  return (
    <>
      <PageHead
        title={campaign.name}
        about={
          <>
            <Link to="/campaigns">{t("All campaigns")}</Link> · {kindWord(campaign.kind)} ·{" "}
            {range(campaign.metric).name}
          </>
        }
      >
        <Badge tone={campaignTone(campaign.state)!}>{campaignState(campaign.state)}</Badge>
        {DATED.includes(campaign.kind) && campaign.state !== "finished" && (
          <Button onClick={() => setDialog("dry")}>{t("Dry run")}</Button>
        )}
        {campaign.state === "active" ? (
          <Button onClick={() => void pause()} reason={reason}>
            {t("Pause")}
          </Button>
        ) : campaign.state !== "finished" ? (
          <Button look="primary" onClick={() => setDialog("activate")} reason={reason}>
            {campaign.state === "paused" ? t("Resume") : t("Activate")}
          </Button>
        ) : null}
        <ActionMenu
          label={t("Actions")}
          items={[
            { id: "copy", label: t("Duplicate"), reason, act: () => void copy() },
            {
              id: "take-back",
              label: t("Take back what waits"),
              reason,
              act: () => setDialog("take-back"),
            },
            {
              id: "finish",
              label: t("Finish for good"),
              danger: true,
              reason: campaign.state === "finished" ? t("It is finished.") : reason,
              act: () => setDialog("finish"),
            },
          ]}
        />
      </PageHead>
      <nav
        className="tablist"
        aria-label={t("About {{name}}", { name: campaign.name })}
        style={{ marginBottom: 16 }}
      >
        {tabs.map(([id, label]) => (
          <Link
            key={id}
            to="/campaigns/$id"
            params={{ id: campaign.id }}
            search={id === "setup" ? {} : { tab: id }}
            activeOptions={{ exact: true }}
            aria-current={tab === id ? "page" : undefined}
          >
            {label}
          </Link>
        ))}
      </nav>
      {tab === "results" ? (
        <Results campaign={campaign} />
      ) : tab === "versions" ? (
        <Versions campaign={campaign} />
      ) : (
        <Editor
          key={campaign.id}
          campaign={campaign}
          keep={keep}
          reason={campaign.state === "finished" ? t("A finished campaign stays as it is.") : reason}
        />
      )}
      {dialog === "dry" && (
        <Dialog
          title={t("Dry run of “{{name}}”", { name: campaign.name })}
          close={() => setDialog(null)}
          wide
        >
          <DryRunView campaign={campaign} />
        </Dialog>
      )}
      {dialog === "activate" && <Activate campaign={campaign} close={() => setDialog(null)} act={activate} />}
      {dialog === "take-back" && (
        <TakeBackCampaign
          id={campaign.id}
          active={campaign.state === "active"}
          close={() => setDialog(null)}
        />
      )}
      {dialog === "finish" && (
        <Confirm
          title={t("Finish “{{name}}”", { name: campaign.name })}
          action={t("Finish for good")}
          danger
          close={() => setDialog(null)}
          act={() => body(scheduler.POST("/v1/campaigns/{id}/finish", at)).then(keep)}
        >
          <p>{t("It surveys nobody any more and cannot run again. Its answers and records stay.")}</p>
        </Confirm>
      )}
    </>
  );
}

function useDryRun(campaign: Campaign) {
  return useQuery({
    queryKey: ["scheduler", "campaign", campaign.id, "dry-run", campaign.version],
    enabled: DATED.includes(campaign.kind),
    staleTime: 30_000,
    queryFn: () =>
      body(
        scheduler.POST("/v1/campaigns/{id}/dry-run", {
          params: { path: { id: campaign.id }, query: { days: 14 } },
        }),
      ),
  });
}

function Activate({
  campaign,
  close,
  act,
}: {
  campaign: Campaign;
  close: () => void;
  act: () => Promise<unknown>;
}) {
  const { t } = useTranslation();
  const query = useDryRun(campaign);
  const dated = DATED.includes(campaign.kind);
  const action = query.data
    ? t("Activate: {{mails}}", { mails: t("{{count}} mails today", { count: query.data.first_day }) })
    : t("Activate");
  return (
    <Confirm
      title={t("Activate “{{name}}”", { name: campaign.name })}
      action={action}
      close={close}
      act={() => act().then(() => say(t("“{{name}}” is active.", { name: campaign.name })))}
    >
      {dated ? (
        <DryRunView campaign={campaign} />
      ) : (
        <p>
          {t(
            "It waits for its event, for visits to the app or for its link to be opened; nothing is sent at once.",
          )}
        </p>
      )}
    </Confirm>
  );
}

/** What it would do in fourteen days, were it switched on now. */
function DryRunView({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const query = useDryRun(campaign);
  if (query.isPending) return <Loading lines={5} label={t("Reckoning …")} />;
  if (query.error) return <Failed error={query.error} retry={() => void query.refetch()} />;
  const run: DryRun = query.data;
  const most = Math.max(1, ...run.sends.map((one) => one.count));
  const about = run.exact ? "" : "≈ ";
  return (
    <div className="stack">
      <dl className="tiles">
        {(
          [
            [t("Audience"), run.audience],
            [t("Mails today"), run.first_day],
            [t("In 14 days"), run.total],
          ] as const
        ).map(([name, count]) => (
          <div className="tile" key={name}>
            <dt>{name}</dt>
            <dd>
              {about}
              {number(count)}
            </dd>
          </div>
        ))}
      </dl>
      <section>
        <h3>{t("Mails a day")}</h3>
        <ul aria-label={t("Mails a day")}>
          {run.sends.map((one) => (
            <li key={one.day} className="row" style={{ flexWrap: "nowrap" }}>
              <span className="small muted nowrap" style={{ width: 96 }}>
                {day(one.day)}
              </span>
              <span className="grow">
                <span
                  className="stackbar"
                  style={{
                    width: `${Math.max(1, (100 * one.count) / most)}%`,
                    background: one.count ? "var(--accent)" : "var(--line)",
                    height: 10,
                  }}
                />
              </span>
              <span className="num" style={{ width: 60, textAlign: "end" }}>
                {number(one.count)}
              </span>
            </li>
          ))}
        </ul>
      </section>
      <Heaps title={t("Moved to later")} heaps={run.held} word={holdWord} />
      <Heaps title={t("Not surveyed")} heaps={run.nothing} word={nextReason} />
      <Heaps title={t("Clash with other campaigns")} heaps={run.clashes} word={(code) => code} />
    </div>
  );
}

function Heaps({
  title,
  heaps,
  word,
}: {
  title: string;
  heaps: DryRun["held"];
  word: (code: string) => string;
}) {
  const { t } = useTranslation();
  if (!heaps.length) return null;
  return (
    <section>
      <h3>{title}</h3>
      <ul>
        {heaps.map((one) => (
          <li key={one.by} className="row">
            <span className="strong num">{number(one.count)}</span> {word(one.by)}
            {one.samples.slice(0, 3).map((id, place) => (
              <Link key={id} to="/customers/$id" params={{ id }} className="small">
                {t("example {{n}}", { n: place + 1 })}
              </Link>
            ))}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Results({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const stats = useQuery(statsQuery({ campaign_id: campaign.id }));
  const ledger = useQuery(ledgerQuery(campaign.id));
  return (
    <div className="stack">
      <Panel query={stats} lines={2}>
        {({ total }) => <StatTiles figures={total} />}
      </Panel>
      <Card title={t("Where everyone of the audience stands")}>
        <Panel query={ledger}>
          {(one) => (
            <div className="stack">
              <p>
                <span className="strong">{t("{{count}} customers", { count: one.audience })}</span> ={" "}
                {Object.entries(one.entries)
                  .map(([bucket, entry]) => `${number(entry.count)} ${bucketWord(bucket).toLowerCase()}`)
                  .join(" + ")}
              </p>
              <div className="scroll" role="region" aria-label={t("Ledger")} tabIndex={0}>
                <table>
                  <thead>
                    <tr>
                      <th scope="col">{t("Place")}</th>
                      <th scope="col" className="num">
                        {t("Customers")}
                      </th>
                      <th scope="col">{t("By rule")}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {Object.entries(one.entries).map(([bucket, entry]) => (
                      <tr key={bucket}>
                        <td>{bucketWord(bucket)}</td>
                        <td className="num">{number(entry.count)}</td>
                        <td className="muted">
                          {Object.entries(entry.by_rule)
                            .map(([rule, count]) => `${rule.replaceAll(/[-_]/g, " ")} ${number(count)}`)
                            .join(", ") || "–"}
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            </div>
          )}
        </Panel>
      </Card>
      <div className="row">
        <Link className="btn" to="/feedback" search={{ campaign: campaign.id }}>
          {t("Its answers")}
        </Link>
        <Link className="btn" to="/outbox" search={{ campaign: campaign.id }}>
          {t("Its survey records")}
        </Link>
      </div>
      {campaign.kind === "link" && <PublicLink campaign={campaign} />}
    </div>
  );
}

function PublicLink({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ["scheduler", "campaign", campaign.id, "link"],
    queryFn: () => body(scheduler.GET("/v1/campaigns/{id}/link", { params: { path: { id: campaign.id } } })),
  });
  return (
    <Card title={t("Its public link")}>
      <Panel query={query}>{({ url }) => <pre tabIndex={0}>{url}</pre>}</Panel>
    </Card>
  );
}

function Versions({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const query = useQuery(campaignVersionsQuery(campaign.id));
  return (
    <Card title={t("Versions")}>
      <Panel query={query}>
        {({ items }) => (
          <ol className="timeline">
            {items.map((one, place) => {
              const before = items[place + 1];
              const changed = before
                ? Object.keys(one).filter(
                    (name) =>
                      !["version", "changed_at"].includes(name) &&
                      JSON.stringify(one[name as keyof Campaign]) !==
                        JSON.stringify(before[name as keyof Campaign]),
                  )
                : [];
              return (
                <li key={one.version} className={place ? "" : "info"}>
                  <p>
                    <span className="strong">{t("Version {{n}}", { n: one.version })}</span> ·{" "}
                    {campaignState(one.state)} · <span className="muted">{dayAndTime(one.changed_at)}</span>
                  </p>
                  <p className="small muted">
                    {changed.length
                      ? `${t("Changed")}: ${changed.map((name) => name.replaceAll("_", " ")).join(", ")}`
                      : t("Created")}
                  </p>
                </li>
              );
            })}
          </ol>
        )}
      </Panel>
      {campaign.state === "active" && (
        <Note>
          {t(
            "A change of an active campaign moves the dates of everyone it concerns; that takes a moment for many.",
          )}
        </Note>
      )}
    </Card>
  );
}
