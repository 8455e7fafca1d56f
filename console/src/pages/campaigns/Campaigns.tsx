import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Megaphone, Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { body, scheduler } from "../../api/client";
import { useMay } from "../../api/may";
import { brandsQuery, campaignsQuery, statsQuery, templatesQuery } from "../../api/queries";
import { queryClient } from "../../api/queryClient";
import { number, share } from "../../lib/format";
import { range } from "../../lib/score";
import { campaignState, campaignTone, kindWord } from "../../lib/words";
import { Badge, Button, Card, Empty, PageHead, Panel } from "../../ui/basics";
import { Choice, SearchField, Text } from "../../ui/fields";
import { FormDialog } from "../../ui/overlays";

const KINDS = ["recurring_email", "one_time_email", "transactional", "in_app", "link"];
const STATES = ["draft", "active", "paused", "finished"];

export function Campaigns() {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const search = useSearch({ from: "/shell/campaigns" });
  const [adding, setAdding] = useState(false);
  const query = useQuery(campaignsQuery);
  const stats = useQuery(statsQuery({}));
  const figures = useMemo(
    () => new Map((stats.data?.campaigns ?? []).map((one) => [one.campaign_id, one])),
    [stats.data],
  );
  const change = (next: object) =>
    void navigate({
      to: "/campaigns",
      search: (before) => ({ ...before, ...next }) as typeof search,
      replace: true,
    });
  const any = { value: "", label: t("Any") };
  return (
    <>
      <PageHead title={t("Campaigns")} about={t("Who is asked what, how and when.")}>
        <Button look="primary" icon={Plus} reason={may("manage")} onClick={() => setAdding(true)}>
          {t("New campaign")}
        </Button>
      </PageHead>
      <Panel query={query} lines={6}>
        {({ items }) => {
          const rows = items
            .filter(
              (one) =>
                (!search.state || one.state === search.state) &&
                (!search.kind || one.kind === search.kind) &&
                (!search.q || one.name.toLowerCase().includes(search.q.toLowerCase())),
            )
            .sort(
              (a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state) || a.name.localeCompare(b.name),
            );
          if (!items.length) {
            return (
              <Card>
                <Empty
                  icon={Megaphone}
                  title={t("No campaigns yet")}
                  actions={
                    <Button look="primary" reason={may("manage")} onClick={() => setAdding(true)}>
                      {t("New campaign")}
                    </Button>
                  }
                >
                  {t(
                    "A campaign asks its audience one question. It begins as a draft, and a dry run shows what it would send before anything goes out.",
                  )}
                </Empty>
              </Card>
            );
          }
          return (
            <div className="stack">
              <div className="bar">
                <SearchField
                  label={t("Search campaigns")}
                  placeholder={t("Name")}
                  defaultValue={search.q ?? ""}
                  onChange={(event) => change({ q: event.target.value || undefined })}
                />
                <Choice
                  label={t("State")}
                  value={search.state ?? ""}
                  onChange={(event) => change({ state: event.target.value || undefined })}
                  options={[any, ...STATES.map((one) => ({ value: one, label: campaignState(one) }))]}
                />
                <Choice
                  label={t("Kind")}
                  value={search.kind ?? ""}
                  onChange={(event) => change({ kind: event.target.value || undefined })}
                  options={[any, ...KINDS.map((one) => ({ value: one, label: kindWord(one) }))]}
                />
              </div>
              <Card flush>
                <div className="scroll" tabIndex={0} role="region" aria-label={t("Campaigns")}>
                  <table>
                    <thead>
                      <tr>
                        <th scope="col">{t("Campaign")}</th>
                        <th scope="col">{t("State")}</th>
                        <th scope="col">{t("Kind")}</th>
                        <th scope="col">{t("Metric")}</th>
                        <th scope="col" className="num">
                          {t("Sent")}
                        </th>
                        <th scope="col" className="num">
                          {t("Response rate")}
                        </th>
                      </tr>
                    </thead>
                    <tbody>
                      {rows.map((one) => (
                        <tr key={one.id}>
                          <td>
                            <Link className="name" to="/campaigns/$id" params={{ id: one.id }}>
                              {one.name}
                            </Link>
                          </td>
                          <td>
                            <Badge tone={campaignTone(one.state)!}>{campaignState(one.state)}</Badge>
                          </td>
                          <td className="nowrap">{kindWord(one.kind)}</td>
                          <td className="nowrap">{range(one.metric).name}</td>
                          <td className="num">
                            {figures.has(one.id) ? number(figures.get(one.id)!.sent) : "–"}
                          </td>
                          <td className="num">{share(figures.get(one.id)?.response_rate)}</td>
                        </tr>
                      ))}
                    </tbody>
                  </table>
                </div>
                {!rows.length && <p className="item muted">{t("No campaign matches.")}</p>}
              </Card>
            </div>
          );
        }}
      </Panel>
      {adding && <NewCampaign close={() => setAdding(false)} />}
    </>
  );
}

function NewCampaign({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const templates = useQuery(templatesQuery);
  const brands = useQuery(brandsQuery);
  const [name, setName] = useState("");
  const [kind, setKind] = useState("recurring_email");
  const [metric, setMetric] = useState("nps");
  const [trigger, setTrigger] = useState("");
  const submit = async () => {
    const own =
      {
        transactional: { trigger: { type: trigger, conditions: {}, delay_minutes: 0, sample_percent: 100 } },
        in_app: { in_app: { max_shown: 3, min_days_between: 0, sample_percent: 100 } },
        link: { link: { identified: false } },
      }[kind] ?? {};
    const schedule =
      kind === "recurring_email"
        ? { schedule: { first_after_days: 30, every_days: 90, clock: "any_campaign" } }
        : {};
    const made = await body(
      scheduler.POST("/v1/campaigns", {
        params: { header: { "idempotency-key": crypto.randomUUID() } },
        body: {
          name,
          kind,
          metric,
          ...own,
          ...schedule,
          ...(templates.data?.[0] ? { template_id: templates.data[0].id } : {}),
          ...(brands.data?.[0] ? { brand_id: brands.data[0].id } : {}),
        } as never,
      }),
    );
    await queryClient.invalidateQueries({ queryKey: ["scheduler", "campaigns"] });
    void navigate({ to: "/campaigns/$id", params: { id: made.id } });
  };
  return (
    <FormDialog title={t("New campaign")} close={close} submit={submit} action={t("Create draft")}>
      {(problem) => (
        <>
          <Text
            label={t("Name")}
            value={name}
            onChange={(event) => setName(event.target.value)}
            required
            maxLength={200}
            autoFocus
            error={problem?.reasonFor("name")}
          />
          <div className="pair">
            <Choice
              label={t("Kind")}
              value={kind}
              onChange={(event) => setKind(event.target.value)}
              options={KINDS.map((one) => ({ value: one, label: kindWord(one) }))}
            />
            <Choice
              label={t("Metric")}
              value={metric}
              onChange={(event) => setMetric(event.target.value)}
              options={["nps", "csat", "ces", "five_star"].map((one) => ({
                value: one,
                label: range(one).name,
              }))}
            />
          </div>
          {kind === "transactional" && (
            <Text
              label={t("Event that starts it")}
              hint={t("Such as ticket.closed")}
              value={trigger}
              onChange={(event) => setTrigger(event.target.value)}
              required
              error={problem?.reasonFor("trigger")}
            />
          )}
        </>
      )}
    </FormDialog>
  );
}
