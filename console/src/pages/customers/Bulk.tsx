import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { body, profile, send } from "../../api/client";
import { useMay } from "../../api/may";
import { campaignsQuery, jobQuery, propertiesQuery, type Wanted } from "../../api/queries";
import { queryClient } from "../../api/queryClient";
import type { Job } from "../../api/types";
import { number } from "../../lib/format";
import { jobState } from "../../lib/words";
import { Button, Note } from "../../ui/basics";
import { Choice, Text, Why } from "../../ui/fields";
import { ActionMenu, Dialog, FormDialog } from "../../ui/overlays";
import { say, sayProblem } from "../../ui/toasts";
import { PropertyValue } from "../profile/PropertyValue";

type Act = "tag" | "untag" | "property" | "send-survey" | "unsubscribe" | "reset-last-survey" | "delete";

interface Props {
  wanted: Wanted;
  selected: ReadonlySet<string>;
  everyone: boolean;
  total: number;
  exact: boolean;
  takeAll: () => void;
  clear: () => void;
}

/** What can be done with those selected, or with all that the filter finds. */
export function Bulk({ wanted, selected, everyone, total, exact, takeAll, clear }: Props) {
  const { t } = useTranslation();
  const may = useMay();
  const [act, setAct] = useState<Act | null>(null);
  const [job, setJob] = useState<string | null>(null);
  const { sort: _, ...asked } = wanted;
  const whom = everyone ? asked : { ...asked, ids: [...selected] };
  const count = everyone ? total : selected.size;
  const manage = may("manage");
  const exporting = async () => {
    try {
      const ids = everyone
        ? {}
        : { any: chunks([...selected], 1000).map((value) => ({ field: "id", op: "in", value })) };
      const filter = everyone
        ? asked.filter
        : Object.keys(asked.filter).length
          ? { all: [ids, asked.filter] }
          : ids;
      const text = await send<string>("POST", "/api/profile/v1/customers/export", {
        ...asked,
        filter,
        format: "csv",
      });
      const link = Object.assign(document.createElement("a"), {
        href: URL.createObjectURL(new Blob([text], { type: "text/csv" })),
        download: "customers.csv",
      });
      link.click();
      URL.revokeObjectURL(link.href);
      say(t("The file was made."));
    } catch (error) {
      sayProblem(error);
    }
  };
  const item = (id: Act, label: string, reason: string | undefined, danger = false) => ({
    id,
    label,
    reason,
    danger,
    act: () => setAct(id),
  });
  return (
    <>
      <div className="selection" role="region" aria-label={t("Selection")}>
        <span className="strong" role="status">
          {everyone && !exact ? "≈ " : ""}
          {t("{{count}} selected", { count, formatParams: {} })}
        </span>
        {!everyone && total > selected.size && (
          <button type="button" className="linky" onClick={takeAll}>
            {t("Take all {{total}} in this view", { total: number(total) })}
          </button>
        )}
        <span className="grow" />
        <Button small onClick={() => setAct("tag")} reason={manage}>
          {t("Add tag")}
        </Button>
        <Button small onClick={() => void exporting()} reason={manage}>
          {t("Export CSV")}
        </Button>
        <ActionMenu
          label={t("More")}
          items={[
            item("untag", t("Remove tag"), manage),
            item("property", t("Set a property"), manage),
            item("send-survey", t("Send survey"), manage),
            item("reset-last-survey", t("Reset last survey"), manage),
            item("unsubscribe", t("Unsubscribe"), manage),
            item("delete", t("Delete"), manage, true),
          ]}
        />
        <Button small look="quiet" onClick={clear}>
          {t("Clear")}
        </Button>
      </div>
      {act && <BulkDialog act={act} whom={whom} count={count} close={() => setAct(null)} started={setJob} />}
      {job && (
        <JobDialog
          id={job}
          close={() => {
            setJob(null);
            clear();
          }}
        />
      )}
    </>
  );
}

function chunks<V>(all: V[], size: number): V[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, place) =>
    all.slice(place * size, (place + 1) * size),
  );
}

function BulkDialog({
  act,
  whom,
  count,
  close,
  started,
}: {
  act: Act;
  whom: Omit<Wanted, "sort"> & { ids?: string[] };
  count: number;
  close: () => void;
  started: (id: string) => void;
}) {
  const { t } = useTranslation();
  const campaigns = useQuery({ ...campaignsQuery, enabled: act === "send-survey" });
  const properties = useQuery({ ...propertiesQuery, enabled: act === "property" });
  const [text, setText] = useState("");
  const [value, setValue] = useState<unknown>();
  const [key] = useState(() => crypto.randomUUID());
  const words: Record<Act, [string, string]> = {
    tag: [t("Add a tag"), t("Add")],
    untag: [t("Remove a tag"), t("Remove")],
    property: [t("Set a property"), t("Set")],
    "send-survey": [t("Send a survey"), t("Send survey")],
    unsubscribe: [t("Unsubscribe"), t("Unsubscribe")],
    "reset-last-survey": [t("Reset last survey"), t("Reset")],
    delete: [t("Delete customers"), t("Delete")],
  };
  const chosen = properties.data?.items.find((one) => one.name === text);
  const submit = async () => {
    const rest = {
      tag: { kind: "edit", edit: { tags: { add: [text], remove: [] } } },
      untag: { kind: "edit", edit: { tags: { add: [], remove: [text] } } },
      property: { kind: "edit", edit: { properties: { [text]: value } } },
      "send-survey": { kind: "send-survey", campaign_id: text },
      unsubscribe: { kind: "unsubscribe", ...(text ? { note: text } : {}) },
      "reset-last-survey": { kind: "reset-last-survey" },
      delete: { kind: "delete" },
    }[act];
    const job = await body(
      profile.POST("/v1/jobs", {
        params: { header: { "idempotency-key": key } },
        body: { ...whom, ...rest, sort: "id" } as never,
      }),
    );
    started(job.id);
  };
  return (
    <FormDialog
      title={words[act][0]}
      close={close}
      submit={submit}
      action={words[act][1]}
      danger={act === "delete" || act === "unsubscribe"}
    >
      {(problem) => (
        <>
          <p>
            {t("For")} <span className="strong">{t("{{count}} customers", { count })}</span>.
          </p>
          {(act === "tag" || act === "untag") && (
            <Text
              label={t("Tag")}
              value={text}
              onChange={(event) => setText(event.target.value)}
              required
              autoFocus
              maxLength={100}
              error={problem?.reasonFor("edit")}
            />
          )}
          {act === "property" && (
            <>
              <Choice
                label={t("Property")}
                value={text}
                required
                onChange={(event) => {
                  setText(event.target.value);
                  setValue(undefined);
                }}
                options={[
                  { value: "", label: t("Choose …"), disabled: true },
                  ...(properties.data?.items ?? []).map((one) => ({
                    value: one.name,
                    label: one.label ?? one.name,
                  })),
                ]}
              />
              {chosen && (
                <PropertyValue
                  label={t("Value")}
                  type={chosen.type}
                  value={value}
                  onChange={setValue}
                  error={problem?.reasonFor("edit")}
                />
              )}
            </>
          )}
          {act === "send-survey" && (
            <>
              <Choice
                label={t("Campaign")}
                required
                value={text}
                onChange={(event) => setText(event.target.value)}
                options={[
                  { value: "", label: t("Choose …"), disabled: true },
                  ...(campaigns.data?.items ?? [])
                    .filter((one) => one.state === "active")
                    .map((one) => ({ value: one.id, label: one.name })),
                ]}
              />
              <Note>{t("Who cannot be surveyed is passed over; the report names them.")}</Note>
            </>
          )}
          {act === "unsubscribe" && <Why value={text} put={setText} />}
          {act === "reset-last-survey" && (
            <p>{t("They become due for the first survey of each campaign that matches.")}</p>
          )}
          {act === "delete" && (
            <p>{t("Feedback and survey records are kept. They can be restored one by one, or by a job.")}</p>
          )}
        </>
      )}
    </FormDialog>
  );
}

/** A job's progress, and its report at the end. */
export function JobDialog({ id, close }: { id: string; close: () => void }) {
  const { t } = useTranslation();
  const query = useQuery(jobQuery(id));
  const job: Job | undefined = query.data;
  const ended = job && !["queued", "running"].includes(job.state);
  useEffect(() => {
    if (ended) void queryClient.invalidateQueries({ queryKey: ["profile"] });
  }, [ended]);
  const part = job?.total ? Math.min(100, (100 * job.looked_at) / job.total) : ended ? 100 : 0;
  return (
    <Dialog
      title={job?.label ?? t("Work in the background")}
      close={close}
      footer={
        <>
          {!ended && (
            <Button
              onClick={() =>
                void body(profile.POST("/v1/jobs/{id}/cancel", { params: { path: { id } } })).then(
                  () => query.refetch(),
                  sayProblem,
                )
              }
            >
              {t("Stop it")}
            </Button>
          )}
          {job && job.refused > 0 && (
            <a className="btn" href={`/api/profile/v1/jobs/${id}/report`} download>
              {t("Report (CSV)")}
            </a>
          )}
          <Button look="primary" onClick={close}>
            {ended ? t("Close") : t("Go on in the background")}
          </Button>
        </>
      }
    >
      <div
        className="progress"
        role="progressbar"
        aria-label={t("Progress")}
        aria-valuenow={Math.round(part)}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <i style={{ width: `${part}%` }} />
      </div>
      <p role="status">
        {job
          ? `${jobState(job.state)}: ${t("{{count}} customers", { count: job.looked_at })}, ${t("{{n}} changed", { n: number(job.changed) })}, ${t("{{n}} refused", { n: number(job.refused) })}`
          : "…"}
      </p>
      {job?.reason && <Note tone="mid">{job.reason}</Note>}
    </Dialog>
  );
}
