import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { body, profile } from "../../api/client";
import { useMay } from "../../api/may";
import { importQuery, propertiesQuery } from "../../api/queries";
import { queryClient } from "../../api/queryClient";
import type { ImportRun } from "../../api/types";
import { number } from "../../lib/format";
import { fieldWord, importState } from "../../lib/words";
import { Badge, Button, Card, Failed, Note, PageHead, Panel } from "../../ui/basics";
import { Choice, Text } from "../../ui/fields";
import { Confirm } from "../../ui/overlays";

const FIELDS = [
  "email",
  "first_name",
  "last_name",
  "job_title",
  "company",
  "phone",
  "city",
  "state",
  "country",
  "language",
  "timezone",
  "tags",
  "external_id",
];
const RUNNING = ["queued", "running", "undoing"];

export function ImportPage() {
  const { t } = useTranslation();
  const { id } = useParams({ from: "/shell/imports/$id" });
  const query = useQuery(importQuery(id));
  return (
    <>
      <PageHead
        title={query.data?.file_name ?? t("Import")}
        about={<Link to="/imports">{t("All imports")}</Link>}
      >
        {query.data && (
          <Badge tone={query.data.state === "done" ? "good" : query.data.state === "failed" ? "bad" : "info"}>
            {query.data.dry_run && query.data.state === "done" ? t("Checked") : importState(query.data.state)}
          </Badge>
        )}
      </PageHead>
      <Panel query={query}>{(run) => <Shown run={run} />}</Panel>
    </>
  );
}

function Shown({ run }: { run: ImportRun }) {
  const { t } = useTranslation();
  const may = useMay();
  const [undoing, setUndoing] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const busy = RUNNING.includes(run.state);
  const checked = run.state === "done" && run.dry_run;
  const would = run.dry_run && (busy || checked);
  const began = busy || run.state === "done" || ["undone", "cancelled", "failed"].includes(run.state);
  useEffect(() => {
    if (!busy) void queryClient.invalidateQueries({ queryKey: ["profile", "customers"] });
  }, [busy]);
  const act = (what: "cancel" | "undo") =>
    body(
      profile.POST(`/v1/imports/{id}/${what}` as "/v1/imports/{id}/cancel", {
        params: { path: { id: run.id } },
      }),
    ).then((after) => queryClient.setQueryData(importQuery(run.id).queryKey, after));
  return (
    <div className="stack">
      {error ? <Failed error={error} /> : null}
      {run.reason && (
        <Note tone="bad" role="alert">
          {run.reason}
        </Note>
      )}
      {began && (
        <Card title={would ? t("What would happen") : t("What happened")}>
          <div className="stack">
            <Outcome run={run} would={would} />
            {busy && (
              <p role="status" className="row">
                <span className="muted">{t("Row {{row}}", { row: number(run.row) })}</span>
                <Button small onClick={() => act("cancel").catch(setError)}>
                  {t("Stop it")}
                </Button>
              </p>
            )}
            <div className="row">
              {run.refused > 0 && !busy && (
                <a
                  className="btn"
                  href={`/api/profile/v1/imports/${run.id}/refused`}
                  download={`refused-${run.file_name}`}
                >
                  {t("Refused rows, with reasons (CSV)")}
                </a>
              )}
              {run.state === "done" && !run.dry_run && (
                <Button onClick={() => setUndoing(true)} reason={may("manage")}>
                  {t("Undo import")}
                </Button>
              )}
              {run.state === "done" && !run.dry_run && (
                <Link className="btn primary" to="/customers">
                  {t("To the customers")}
                </Link>
              )}
            </div>
            {run.state === "undone" && (
              <Note tone="good">
                {t(
                  "{{removed}} customers were removed, {{back}} are as they were, {{kept}} were kept because others know them by now.",
                  { removed: number(run.removed), back: number(run.put_back), kept: number(run.kept) },
                )}
              </Note>
            )}
          </div>
        </Card>
      )}
      {!busy && (!began || checked) && <Mapping run={run} fail={setError} />}
      {undoing && (
        <Confirm
          title={t("Undo this import")}
          action={t("Undo import")}
          danger
          close={() => setUndoing(false)}
          act={() => act("undo")}
        >
          <p>
            {t(
              "Customers it made are removed, values it changed become what they were. What others said since, and whoever was surveyed since, stays.",
            )}
          </p>
        </Confirm>
      )}
    </div>
  );
}

function Outcome({ run, would }: { run: ImportRun; would: boolean }) {
  const { t } = useTranslation();
  const tiles: [string, number][] = [
    [would ? t("Would create") : t("Created"), run.created],
    [would ? t("Would update") : t("Updated"), run.changed],
    [t("Unchanged"), run.unchanged],
    [t("Refused"), run.refused],
    [t("Double in the file"), run.doubled],
  ];
  return (
    <dl className="tiles" aria-live="polite">
      {tiles.map(([name, count]) => (
        <div className="tile" key={name}>
          <dt>{name}</dt>
          <dd>{number(count)}</dd>
        </div>
      ))}
    </dl>
  );
}

function Mapping({ run, fail }: { run: ImportRun; fail: (error: unknown) => void }) {
  const { t } = useTranslation();
  const may = useMay();
  const properties = useQuery(propertiesQuery);
  const [columns, setColumns] = useState<(string | null)[]>(() =>
    run.header.map((_, place) => run.suggested[place] ?? null),
  );
  const [tags, setTags] = useState("");
  const [empty, setEmpty] = useState("leave");
  const [source, setSource] = useState("");
  const [starting, setStarting] = useState<"check" | "run" | null>(null);
  const known = (properties.data?.items ?? []).map((one) => `properties.${one.name}`);
  const made = run.header.map(
    (name) =>
      `properties.${name
        .trim()
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}]+/gu, "_")
        .replaceAll(/^_|_$/g, "")}`,
  );
  const start = async (dry: boolean) => {
    setStarting(dry ? "check" : "run");
    fail(null);
    try {
      const after = await body(
        profile.POST("/v1/imports/{id}/start", {
          params: { path: { id: run.id }, header: { "idempotency-key": crypto.randomUUID() } },
          body: {
            columns,
            dry_run: dry,
            empty,
            add_tags: tags
              .split(",")
              .map((one) => one.trim())
              .filter(Boolean),
            ...(columns.includes("external_id") ? { source: source || "csv" } : {}),
          },
        }),
      );
      queryClient.setQueryData(importQuery(run.id).queryKey, after);
    } catch (error) {
      fail(error);
    } finally {
      setStarting(null);
    }
  };
  const used = columns.filter(Boolean) as string[];
  const double = used.find((one, place) => one !== "tags" && used.indexOf(one) !== place);
  const reason =
    may("manage") ??
    (double
      ? t("Two columns are “{{name}}”.", { name: fieldWord(double) })
      : used.includes("email") || used.includes("external_id")
        ? undefined
        : t("One column must be the e-mail address or an id."));
  return (
    <Card
      title={t("What the columns are")}
      actions={
        <span className="muted small">
          {run.encoding} · {t("separator")} <code>{run.delimiter === "\t" ? "tab" : run.delimiter}</code>
        </span>
      }
    >
      <div className="stack">
        <div className="halves">
          {run.header.map((name, place) => (
            <Choice
              key={`${name}${place}`}
              label={name || t("Column {{n}}", { n: place + 1 })}
              value={columns[place] ?? ""}
              onChange={(event) =>
                setColumns(columns.map((one, at) => (at === place ? event.target.value || null : one)))
              }
              options={[
                { value: "", label: t("Leave out") },
                ...FIELDS.map((field) => ({
                  value: field,
                  label:
                    field === "tags"
                      ? t("Tags")
                      : field === "external_id"
                        ? t("Id of the customer elsewhere")
                        : fieldWord(field),
                })),
                ...[...new Set([...known, made[place]!])].map((field) => ({
                  value: field,
                  label: `${known.includes(field) ? t("Property") : t("New property")}: ${field.slice(11)}`,
                })),
              ]}
            />
          ))}
        </div>
        <div className="pair">
          <Text
            label={t("Tags for everybody in the file")}
            hint={t("Several with commas between them.")}
            value={tags}
            onChange={(event) => setTags(event.target.value)}
          />
          <Choice
            label={t("Empty cells")}
            value={empty}
            onChange={(event) => setEmpty(event.target.value)}
            options={[
              { value: "leave", label: t("Leave what is known") },
              { value: "clear", label: t("Clear what is known") },
            ]}
          />
          {columns.includes("external_id") && (
            <Text
              label={t("Whose ids they are")}
              hint={t("The integration's name, such as hubspot.")}
              value={source}
              onChange={(event) => setSource(event.target.value)}
            />
          )}
        </div>
        <div className="row">
          <Button
            look={run.dry_run && run.state === "done" ? undefined! : "primary"}
            busy={starting === "check"}
            onClick={() => void start(true)}
            reason={reason}
          >
            {t("Check, change nothing")}
          </Button>
          <Button
            look={run.dry_run && run.state === "done" ? "primary" : undefined!}
            busy={starting === "run"}
            onClick={() => void start(false)}
            reason={reason}
          >
            {t("Import")}
          </Button>
        </div>
      </div>
    </Card>
  );
}
