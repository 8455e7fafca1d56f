import { useQuery } from "@tanstack/react-query";
import { Pencil, Plus, Trash2 } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { body, profile } from "../../api/client";
import { useMay } from "../../api/may";
import {
  campaignsQuery,
  customerAnswersQuery,
  customerQuery,
  historyQuery,
  nextSurveyQuery,
} from "../../api/queries";
import { queryClient } from "../../api/queryClient";
import type { Customer, CustomerEdit } from "../../api/types";
import { day, dayAndTime, fullName, shown } from "../../lib/format";
import { classesOf } from "../../lib/score";
import { causeWord, clauseWords, holdWord, nextReason, statusWord } from "../../lib/words";
import { Badge, Button, Card, className3, Panel, Score, Trend, When } from "../../ui/basics";
import { Dialog } from "../../ui/overlays";
import { say, sayProblem } from "../../ui/toasts";
import type { ActionId } from "./actions";
import { PropertyValue } from "./PropertyValue";

/** Change a customer by hand, and say so with a way back. */
export async function edit(customer: Customer, change: CustomerEdit, text: string, undo?: CustomerEdit) {
  const ask = (body_: CustomerEdit, version?: number) =>
    body(
      profile.PATCH("/v1/customers/{id}", {
        params: {
          path: { id: customer.id },
          header: {
            ...(version ? { "if-match": `"${version}"` } : {}),
            "idempotency-key": crypto.randomUUID(),
          },
        },
        body: body_,
      }),
    );
  const after = await ask(change, customer.version);
  queryClient.setQueryData(customerQuery(customer.id).queryKey, after);
  void queryClient.invalidateQueries({ queryKey: ["profile"] });
  say(
    text,
    undo
      ? { undo: async () => queryClient.setQueryData(customerQuery(customer.id).queryKey, await ask(undo)) }
      : {},
  );
  return after;
}

export function General({ customer, act }: { customer: Customer; act: (id: ActionId) => void }) {
  const { t } = useTranslation();
  const may = useMay();
  const place = [
    customer.city,
    [customer.state_name ?? customer.state, customer.country_name ?? customer.country]
      .filter(Boolean)
      .join(", "),
  ]
    .filter(Boolean)
    .join(", ");
  const rows: [string, React.ReactNode][] = [
    [t("Name"), fullName(customer)],
    [t("Job title"), customer.job_title],
    [t("Company"), customer.company],
    [t("E-mail"), customer.email && <a href={`mailto:${customer.email}`}>{customer.email}</a>],
    [
      t("Phone"),
      customer.phone && <a href={`tel:${customer.phone_e164 ?? customer.phone}`}>{customer.phone}</a>,
    ],
    [t("Location"), place],
    [t("Language"), customer.language],
    [t("Time zone"), customer.timezone],
    [t("Source"), <Source key="source" customer={customer} />],
  ];
  return (
    <div className="stack">
      <Card
        title={t("General data")}
        actions={
          <Button
            small
            look="icon"
            icon={Pencil}
            aria-label={t("Edit profile")}
            reason={customer.deleted_at ? t("The customer was deleted.") : may("answer")}
            onClick={() => act("edit")}
          />
        }
      >
        <dl className="facts">
          {rows.map(([name, value]) => (
            <div key={name} style={{ display: "contents" }}>
              <dt>{name}</dt>
              <dd>{value || <span className="muted">–</span>}</dd>
            </div>
          ))}
        </dl>
      </Card>
      <Deliverability customer={customer} />
      <Scores customer={customer} />
      <Next customer={customer} />
      <Properties customer={customer} act={act} />
      <Card
        title={t("Tags")}
        actions={
          <Button
            small
            look="quiet"
            reason={customer.deleted_at ? t("The customer was deleted.") : may("answer")}
            onClick={() => act("tags")}
          >
            {t("Manage tags")}
          </Button>
        }
      >
        {customer.tags.length ? (
          <ul className="row" style={{ gap: 6 }} aria-label={t("Tags")}>
            {customer.tags.map((tag) => (
              <li key={tag} className="tag">
                {tag}
              </li>
            ))}
          </ul>
        ) : (
          <p className="muted">{t("No tags.")}</p>
        )}
      </Card>
    </div>
  );
}

function Source({ customer }: { customer: Customer }) {
  const { t } = useTranslation();
  const known: Record<string, string> = { manual: t("Added by hand"), csv: t("CSV file") };
  return (
    <>
      {known[customer.source] ?? customer.source_label}
      {customer.source_detail && <span className="muted"> · {customer.source_detail}</span>}
      {Object.entries(customer.external_ids).map(([source, id]) => (
        <span key={source} className="muted small" style={{ display: "block" }}>
          {source}: <code>{id}</code>
        </span>
      ))}
    </>
  );
}

function Deliverability({ customer }: { customer: Customer }) {
  const { t } = useTranslation();
  const { evidence, paused_until, refused_campaigns, refused_brands } = customer.deliverability;
  const campaigns = useQuery({
    ...campaignsQuery,
    enabled: Boolean(evidence?.campaign_id) || Boolean(refused_campaigns?.length),
  });
  const named = (id: unknown) => campaigns.data?.items.find((one) => one.id === id)?.name ?? String(id);
  const said = (evidence ?? {}) as Record<string, string | null>;
  return (
    <Card title={t("Deliverability")}>
      <div className="stack tight">
        {customer.status ? (
          <>
            <p>
              <Badge tone="bad">{statusWord(customer.status)}</Badge> {said.at && <When at={said.at} exact />}
            </p>
            <p>
              {causeWord(said.cause ?? "")}
              {said.actor && ` · ${said.actor}`}
              {said.campaign_id && ` · ${named(said.campaign_id)}`}
            </p>
            {said.note && <p className="muted">“{said.note}”</p>}
            {said.smtp_reply && <pre>{said.smtp_reply}</pre>}
          </>
        ) : (
          <p className="row">
            <Badge tone="good">{t("Can be surveyed")}</Badge>
          </p>
        )}
        {paused_until && new Date(paused_until) > new Date() && (
          <p>{t("Asked for a rest until {{day}}.", { day: day(paused_until) })}</p>
        )}
        {refused_campaigns?.map((id) => (
          <p key={id}>{t("Wants no more of “{{name}}”.", { name: named(id) })}</p>
        ))}
        {refused_brands?.map((id) => (
          <p key={id}>{t("Wants no more surveys of the brand {{name}}.", { name: id })}</p>
        ))}
      </div>
    </Card>
  );
}

function Scores({ customer }: { customer: Customer }) {
  const { t } = useTranslation();
  const answers = useQuery(customerAnswersQuery(customer.id));
  const final = (answers.data?.items ?? [])
    .filter((one) => !one.provisional && !one.suspected_automatic)
    .sort((a, b) => a.answered_at.localeCompare(b.answered_at))
    .slice(-5);
  const fits =
    final.length === customer.score_trend.length &&
    final.every((one, place) => one.score === customer.score_trend[place]);
  const score = customer.last_score;
  const classes = classesOf(customer.score_trend, customer.score_classes);
  return (
    <Card title={t("Scores")}>
      <div className="row top-aligned" style={{ gap: 18 }}>
        <div>
          <p className="small muted">{t("Last score")}</p>
          {score === null ? (
            <p>{t("None yet")}</p>
          ) : (
            <p className="row">
              <Score score={score} scoreClass={classes.at(-1)!} big />
              <span>{className3(classes.at(-1)!, t)}</span>
            </p>
          )}
        </div>
        <div>
          <p className="small muted">{t("Score trend")}</p>
          <div style={{ paddingTop: 8 }}>
            <Trend
              big
              scores={customer.score_trend}
              classes={classes}
              hrefs={fits ? final.map((one) => `/feedback/${one.id}`) : []}
            />
          </div>
        </div>
      </div>
    </Card>
  );
}

function Next({ customer }: { customer: Customer }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const next = customer.next_survey;
  const shownAs =
    next?.kind === "dated" && next.at
      ? new Date(next.at) <= new Date()
        ? t("At once")
        : day(next.at)
      : next?.kind === "scheduled"
        ? t("Scheduled")
        : t("None");
  return (
    <Card
      title={t("Next survey")}
      actions={
        <Button small look="quiet" onClick={() => setOpen(true)}>
          {t("Why?")}
        </Button>
      }
    >
      <p className="strong" style={{ fontSize: 17 }}>
        {shownAs}{" "}
        {next?.kind === "dated" && next.at && (
          <span className="muted small" style={{ fontWeight: 400 }}>
            <When at={next.at} />
          </span>
        )}
      </p>
      <p className="muted">
        {next
          ? next.campaign_name
            ? `${next.campaign_name}: ${nextReason(next.reason)}`
            : nextReason(next.reason)
          : t("Not reckoned yet.")}
        {next?.held_by?.length ? ` · ${t("held back by")} ${next.held_by.map(holdWord).join(", ")}` : ""}
      </p>
      <p className="small muted" style={{ marginTop: 6 }}>
        {t("Last survey")}:{" "}
        {customer.last_survey_at ? <When at={customer.last_survey_at} exact /> : t("never")}
      </p>
      {open && <WhyNext customer={customer} close={() => setOpen(false)} />}
    </Card>
  );
}

function WhyNext({ customer, close }: { customer: Customer; close: () => void }) {
  const { t } = useTranslation();
  const query = useQuery(nextSurveyQuery(customer.id));
  return (
    <Dialog title={t("Why this date")} close={close} wide>
      <Panel query={query}>
        {(next) => (
          <>
            <p>
              {next.kind === "dated" && next.at
                ? t("Due on {{when}} by “{{campaign}}”.", {
                    when: dayAndTime(next.at),
                    campaign: next.campaign_name,
                  })
                : next.kind === "scheduled"
                  ? t("An event or a visit to the app decides when.")
                  : `${t("No survey is due")}: ${nextReason(next.reason)}.`}
            </p>
            {next.campaigns.map((one) => (
              <div key={one.campaign_id} className="card">
                <div className="body stack tight">
                  <div className="row">
                    <h3 className="grow">{one.campaign_name}</h3>
                    <Badge
                      tone={one.campaign_id === next.campaign_id ? "good" : one.matches ? "info" : undefined!}
                    >
                      {one.campaign_id === next.campaign_id
                        ? t("Decides")
                        : one.matches
                          ? t("Matches")
                          : t("Does not match")}
                    </Badge>
                  </div>
                  <p>
                    {nextReason(one.reason)}
                    {one.rule_at && `: ${dayAndTime(one.rule_at)}`}
                  </p>
                  {one.holds.map((hold) => (
                    <p key={hold.by} className="muted">
                      {t("until {{when}}", { when: dayAndTime(hold.until) })}: {holdWord(hold.by)}
                    </p>
                  ))}
                  <ul>
                    {one.clauses.map((clause) => (
                      <li key={clause.place} className="row">
                        <Badge tone={clause.holds ? "good" : "bad"}>
                          {clause.holds ? t("holds") : t("does not hold")}
                        </Badge>
                        {clauseWords(clause)}
                      </li>
                    ))}
                  </ul>
                </div>
              </div>
            ))}
            {!next.campaigns.length && <p className="muted">{t("No campaign is active.")}</p>}
          </>
        )}
      </Panel>
    </Dialog>
  );
}

function Properties({ customer, act }: { customer: Customer; act: (id: ActionId) => void }) {
  const { t } = useTranslation();
  const may = useMay();
  const [editing, setEditing] = useState<string | null>(null);
  const [looking, setLooking] = useState<string | null>(null);
  const names = Object.keys(customer.properties).sort();
  const reason = customer.deleted_at ? t("The customer was deleted.") : may("answer");
  const remove = (name: string) =>
    edit(customer, { properties: { [name]: null } }, t("“{{name}}” was removed.", { name }), {
      properties: { [name]: customer.properties[name] as never },
    }).catch(sayProblem);
  return (
    <Card
      title={t("Properties")}
      actions={
        <Button small look="quiet" icon={Plus} reason={reason} onClick={() => act("properties")}>
          {t("Manage properties")}
        </Button>
      }
    >
      {!names.length && <p className="muted">{t("No properties.")}</p>}
      <ul className="stack tight">
        {names.map((name) => (
          <li key={name}>
            {editing === name ? (
              <PropertyRow customer={customer} name={name} done={() => setEditing(null)} />
            ) : (
              <div className="proprow">
                <span className="muted">{name.replaceAll("_", " ")}</span>
                <span className="strong">
                  <button
                    type="button"
                    className="linky"
                    style={{ color: "inherit", textDecorationStyle: "dotted", fontWeight: 540 }}
                    onClick={() => setLooking(name)}
                    title={t("Earlier values")}
                  >
                    {shown(customer.properties[name], customer.property_types[name])}
                  </button>
                </span>
                <span className="nowrap">
                  <Button
                    look="icon"
                    small
                    icon={Pencil}
                    aria-label={t("Edit {{name}}", { name })}
                    reason={reason}
                    onClick={() => setEditing(name)}
                  />
                  <Button
                    look="icon"
                    small
                    icon={Trash2}
                    aria-label={t("Remove {{name}}", { name })}
                    reason={reason}
                    onClick={() => void remove(name)}
                  />
                </span>
              </div>
            )}
          </li>
        ))}
      </ul>
      {looking && <History customer={customer} name={looking} close={() => setLooking(null)} />}
    </Card>
  );
}

function PropertyRow({ customer, name, done }: { customer: Customer; name: string; done: () => void }) {
  const { t } = useTranslation();
  const type = customer.property_types[name] ?? "text";
  const before = customer.properties[name];
  const [value, setValue] = useState<unknown>(before);
  const [wrong, setWrong] = useState<string>();
  const save = () =>
    edit(customer, { properties: { [name]: value as never } }, t("“{{name}}” was saved.", { name }), {
      properties: { [name]: before as never },
    }).then(done, (error) => setWrong((error as Error).message));
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") void save();
    if (event.key === "Escape") done();
  };
  return (
    <div
      role="group"
      aria-label={name}
      className="row top-aligned"
      onKeyDown={onKeyDown}
      style={{ flexWrap: "nowrap" }}
    >
      <div className="grow">
        <PropertyValue label={name} type={type} value={value} onChange={setValue} error={wrong} autoFocus />
      </div>
      <div className="row" style={{ paddingTop: 24, flexWrap: "nowrap" }}>
        <Button small look="primary" onClick={() => void save()}>
          {t("Save")}
        </Button>
        <Button small onClick={done}>
          {t("Cancel")}
        </Button>
      </div>
    </div>
  );
}

function History({ customer, name, close }: { customer: Customer; name: string; close: () => void }) {
  const { t } = useTranslation();
  const query = useQuery(historyQuery(customer.id));
  return (
    <Dialog title={t("Values of “{{name}}”", { name })} close={close}>
      <Panel query={query}>
        {(history) => (
          <ol className="timeline">
            {(history.fields.find((one) => one.field === `properties.${name}`)?.values ?? []).map(
              (one, place) => (
                <li key={`${one.at}${place}`} className={place === 0 ? "info" : ""}>
                  <p className="strong">
                    {one.value === null ? t("removed") : shown(one.value, customer.property_types[name])}
                  </p>
                  <p className="small muted">
                    {dayAndTime(one.at)} · {one.by.replace("user:", "")}
                  </p>
                </li>
              ),
            )}
          </ol>
        )}
      </Panel>
    </Dialog>
  );
}
