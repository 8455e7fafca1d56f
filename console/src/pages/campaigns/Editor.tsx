import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus, X } from "lucide-react";
import { type FormEvent, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { body, scheduler } from "../../api/client";
import { asProblem, type Problem } from "../../api/problem";
import { brandsQuery, segmentsQuery, templatesQuery } from "../../api/queries";
import type { Campaign, CampaignEdit } from "../../api/types";
import { type Built, fromTree, NOTHING, toTree } from "../../lib/filter";
import { fullName, number } from "../../lib/format";
import { clauseWords, fieldWord } from "../../lib/words";
import { Button, Card, Failed, Note, Person } from "../../ui/basics";
import { FilterBuilder, useCustomerFields } from "../../ui/FilterBuilder";
import { Area, Check, Choice, Text } from "../../ui/fields";
import { say } from "../../ui/toasts";
import { Conditions } from "./Conditions";
import { Further } from "./Further";

type Question = {
  question: string;
  low_label: string;
  high_label: string;
  comment_questions: Record<string, string>;
  thanks: string;
};
const EMPTY: Question = { question: "", low_label: "", high_label: "", comment_questions: {}, thanks: "" };
const clock = (minute: number) =>
  `${String(Math.floor(minute / 60) % 24).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
const minutes = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));
const count = (text: string) => (text === "" ? null : Number(text));

/** A campaign's setup on one page; saved as a whole, and only what was changed. */
export function Editor({
  campaign: latest,
  keep,
  reason,
}: {
  campaign: Campaign;
  keep: (after: Campaign) => void;
  reason: string | undefined;
}) {
  const { t } = useTranslation();
  const templates = useQuery(templatesQuery);
  const brands = useQuery(brandsQuery);
  const segments = useQuery(segmentsQuery);
  const fields = useCustomerFields("audience");
  const [campaign, setBase] = useState(latest);
  const [edit, setEdit] = useState<Partial<CampaignEdit>>({});
  const [language, setLanguage] = useState(campaign.default_language);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const now = { ...campaign, ...edit } as Campaign;
  const set = (next: Partial<CampaignEdit>) => setEdit({ ...edit, ...next });
  const [built, setBuilt] = useState<Built | null>(() => fromTree(campaign.audience));
  const audience = built ? toTree(built) : now.audience;
  const key = JSON.stringify(audience);
  const found = useQuery({
    queryKey: ["scheduler", "audience", key],
    queryFn: () => body(scheduler.POST("/v1/audiences/count", { body: { audience } })),
    placeholderData: keepPreviousData,
  });
  const changed = Object.keys(edit).length > 0;
  const begin = (from: Campaign) => {
    setBase(from);
    setEdit({});
    setProblem(null);
    setBuilt(fromTree(from.audience));
  };
  const overtaken = latest.version !== campaign.version;
  useEffect(() => {
    // Whoever is not writing sees what others write; what is being written stays.
    if (overtaken && !changed) begin(latest);
  });
  const both = Object.keys(edit).filter(
    (name) =>
      JSON.stringify(latest[name as keyof Campaign]) !== JSON.stringify(campaign[name as keyof Campaign]),
  );
  const mail = ["recurring_email", "one_time_email", "transactional"].includes(campaign.kind);
  const question = { ...EMPTY, ...(now.questions[language] as Question | undefined) };
  const ask = (next: Partial<Question>) =>
    set({ questions: { ...now.questions, [language]: { ...question, ...next } } });
  const classes =
    campaign.metric === "nps"
      ? ["promoter", "passive", "detractor"]
      : ["satisfied", "neutral", "unsatisfied"];
  const weekdays = useMemo(
    () =>
      Array.from({ length: 7 }, (_, place) =>
        new Intl.DateTimeFormat(undefined, { weekday: "short" }).format(new Date(2024, 0, 1 + place)),
      ),
    [],
  );

  async function save(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      const after = await body(
        scheduler.PATCH("/v1/campaigns/{id}", {
          params: {
            path: { id: campaign.id },
            header: { "if-match": `"${campaign.version}"`, "idempotency-key": crypto.randomUUID() },
          },
          body: edit as CampaignEdit,
        }),
      );
      begin(after);
      keep(after);
      say(t("The campaign was saved."));
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  }
  return (
    <form className="stack" onSubmit={(event) => void save(event)}>
      <fieldset disabled={Boolean(reason)} className="stack">
        <Card title={t("Basics")}>
          <div className="pair">
            <Text
              label={t("Name")}
              value={now.name}
              required
              maxLength={200}
              onChange={(event) => set({ name: event.target.value })}
              error={problem?.reasonFor("name")}
            />
            <Choice
              label={t("Brand")}
              value={now.brand_id}
              onChange={(event) => set({ brand_id: event.target.value })}
              options={options(brands.data, now.brand_id)}
            />
            {mail && (
              <Choice
                label={t("Template")}
                value={now.template_id}
                onChange={(event) => set({ template_id: event.target.value })}
                options={options(templates.data, now.template_id)}
              />
            )}
            <Text
              label={t("Priority")}
              hint={t("The higher wins on equal dates.")}
              type="number"
              min={-1000}
              max={1000}
              value={now.priority}
              onChange={(event) => set({ priority: Number(event.target.value) })}
            />
          </div>
        </Card>
        <Card
          title={t("Audience")}
          actions={
            <span className="strong" role="status">
              {found.data
                ? `${found.data.exact ? "" : "≈ "}${t("{{count}} customers", { count: found.data.count })}`
                : "…"}
            </span>
          }
        >
          <div className="stack">
            {built ? (
              <FilterBuilder
                value={built}
                fields={fields}
                relative
                onChange={(next) => {
                  setBuilt(next);
                  set({ audience: toTree(next) });
                }}
              />
            ) : (
              <Note>
                {t(
                  "This audience nests deeper than the builder shows. It can be changed over the API, or begun anew here.",
                )}
                <div className="row">
                  <Button
                    small
                    onClick={() => {
                      setBuilt(NOTHING);
                      set({ audience: {} });
                    }}
                  >
                    {t("Begin anew")}
                  </Button>
                </div>
              </Note>
            )}
            {(segments.data?.items.length ?? 0) > 0 && (
              <Choice
                label={t("Take the filter of a segment")}
                value=""
                onChange={(event) => {
                  const one = segments.data?.items.find((s) => s.id === event.target.value);
                  if (one) {
                    setBuilt(fromTree(one.filter));
                    set({ audience: one.filter });
                  }
                }}
                options={[
                  { value: "", label: t("Choose …") },
                  ...segments.data!.items.map((one) => ({ value: one.id, label: one.name })),
                ]}
              />
            )}
            {problem?.reasonFor("audience") && (
              <Note tone="bad" role="alert">
                {problem.reasonFor("audience")}
              </Note>
            )}
            {found.error ? <Failed error={found.error} /> : null}
            {(found.data?.samples.length ?? 0) > 0 && (
              <div>
                <h3>{t("Some of them, and why")}</h3>
                <ul>
                  {found.data!.samples.map((one) => (
                    <li key={one.customer_id}>
                      <Person
                        id={one.customer_id}
                        name={fullName(one)}
                        sub={one.matched.map(clauseWords).join(", ")}
                      />
                    </li>
                  ))}
                </ul>
              </div>
            )}
          </div>
        </Card>
        {campaign.kind === "recurring_email" && (
          <Card title={t("Schedule")}>
            <div className="pair">
              <Text
                label={t("First survey, days after the customer was added")}
                hint={t("Empty: no first survey.")}
                type="number"
                min={0}
                max={3650}
                value={now.schedule.first_after_days ?? ""}
                onChange={(event) =>
                  set({ schedule: { ...now.schedule, first_after_days: count(event.target.value) } })
                }
                error={problem?.reasonFor("schedule")}
              />
              <Text
                label={t("Then every so many days")}
                hint={t("Empty: only once.")}
                type="number"
                min={1}
                max={3650}
                value={now.schedule.every_days ?? ""}
                onChange={(event) =>
                  set({ schedule: { ...now.schedule, every_days: count(event.target.value) } })
                }
              />
              <Choice
                label={t("Counted from the last survey of")}
                value={now.schedule.clock ?? "any_campaign"}
                onChange={(event) =>
                  set({ schedule: { ...now.schedule, clock: event.target.value as "any_campaign" } })
                }
                options={[
                  { value: "any_campaign", label: t("any campaign") },
                  { value: "this_campaign", label: t("this campaign") },
                ]}
              />
            </div>
          </Card>
        )}
        {campaign.kind === "one_time_email" && (
          <Card title={t("Schedule")}>
            <Text
              label={t("Begins")}
              hint={t("Empty: as soon as it is activated.")}
              type="datetime-local"
              value={
                now.schedule.starts_at
                  ? new Date(Date.parse(now.schedule.starts_at) - new Date().getTimezoneOffset() * 60_000)
                      .toISOString()
                      .slice(0, 16)
                  : ""
              }
              onChange={(event) =>
                set({
                  schedule: {
                    ...now.schedule,
                    starts_at: event.target.value ? new Date(event.target.value).toISOString() : null,
                  },
                })
              }
            />
          </Card>
        )}
        {campaign.kind === "transactional" && now.trigger && (
          <Card title={t("Trigger")}>
            <div className="pair">
              <Text
                label={t("Event")}
                value={now.trigger.type}
                required
                onChange={(event) => set({ trigger: { ...now.trigger!, type: event.target.value } })}
                error={problem?.reasonFor("trigger")}
              />
              <Text
                label={t("Minutes after it")}
                type="number"
                min={0}
                max={129_600}
                value={now.trigger.delay_minutes ?? 0}
                onChange={(event) =>
                  set({ trigger: { ...now.trigger!, delay_minutes: Number(event.target.value) } })
                }
              />
              <Text
                label={t("Percent that are surveyed")}
                type="number"
                min={1}
                max={100}
                value={now.trigger.sample_percent ?? 100}
                onChange={(event) =>
                  set({ trigger: { ...now.trigger!, sample_percent: Number(event.target.value) } })
                }
              />
            </div>
            <div style={{ marginTop: 14 }}>
              <Conditions
                value={now.trigger.conditions ?? {}}
                onChange={(conditions) => set({ trigger: { ...now.trigger!, conditions } })}
              />
            </div>
          </Card>
        )}
        {campaign.kind === "in_app" && now.in_app && (
          <Card title={t("In the app")}>
            <div className="stack">
              <div className="pair">
                <Text
                  label={t("Again after so many days")}
                  hint={t("Empty: once only.")}
                  type="number"
                  min={1}
                  value={now.in_app.every_days ?? ""}
                  onChange={(event) =>
                    set({ in_app: { ...now.in_app!, every_days: count(event.target.value) } })
                  }
                />
                <Text
                  label={t("Shown at most")}
                  type="number"
                  min={1}
                  max={100}
                  value={now.in_app.max_shown ?? 3}
                  onChange={(event) =>
                    set({ in_app: { ...now.in_app!, max_shown: Number(event.target.value) } })
                  }
                />
                <Text
                  label={t("Days after any other survey")}
                  type="number"
                  min={0}
                  value={now.in_app.min_days_between ?? 0}
                  onChange={(event) =>
                    set({ in_app: { ...now.in_app!, min_days_between: Number(event.target.value) } })
                  }
                />
              </div>
              <div>
                <h3>{t("Put this into your app")}</h3>
                <pre tabIndex={0}>{`<script src="${location.origin}/snippet.js" defer></script>
<script type="module">
  Sounding.init({
    endpoint: "https://surveys.example.com",  // where the scheduler's /in-app is reached
    brand: "${campaign.brand_id}",
    user: { id: "YOUR-USER-ID", signature: "HMAC-SHA256 of the id, made by your server" },
  });
</script>`}</pre>
              </div>
            </div>
          </Card>
        )}
        {campaign.kind === "link" && now.link && (
          <Card title={t("Link")}>
            <Check
              label={t("Each link names a customer")}
              checked={now.link.identified ?? false}
              onChange={(event) => set({ link: { identified: event.target.checked } })}
            />
          </Card>
        )}
        {mail && (
          <Card title={t("Limits")}>
            <div className="stack">
              <div className="pair">
                <Text
                  label={t("At most a day")}
                  hint={t("Empty: no cap.")}
                  type="number"
                  min={1}
                  value={now.daily_cap ?? ""}
                  onChange={(event) => set({ daily_cap: count(event.target.value) })}
                />
                <Text
                  label={t("Given up after hours")}
                  hint={t("Never sent later than this after its date.")}
                  type="number"
                  min={1}
                  max={720}
                  value={now.expires_after_hours}
                  onChange={(event) => set({ expires_after_hours: Number(event.target.value) })}
                />
              </div>
              <Check
                label={t("Only at certain hours, in the customer's zone")}
                checked={Boolean(now.send_window)}
                onChange={(event) =>
                  set({
                    send_window: event.target.checked
                      ? { weekdays: [1, 2, 3, 4, 5], from_minute: 540, to_minute: 1020 }
                      : null,
                  })
                }
              />
              {now.send_window && (
                <div className="row">
                  {weekdays.map((name, place) => (
                    <Check
                      key={name}
                      label={name}
                      checked={now.send_window!.weekdays.includes(place + 1)}
                      onChange={(event) =>
                        set({
                          send_window: {
                            ...now.send_window!,
                            weekdays: Array.from({ length: 7 }, (_, at) => at + 1).filter((one) =>
                              one === place + 1
                                ? event.target.checked
                                : now.send_window!.weekdays.includes(one),
                            ),
                          },
                        })
                      }
                    />
                  ))}
                  <Text
                    label={t("from")}
                    type="time"
                    value={clock(now.send_window.from_minute)}
                    onChange={(event) =>
                      event.target.value &&
                      set({ send_window: { ...now.send_window!, from_minute: minutes(event.target.value) } })
                    }
                  />
                  <Text
                    label={t("to")}
                    type="time"
                    value={clock(now.send_window.to_minute)}
                    onChange={(event) =>
                      event.target.value &&
                      set({ send_window: { ...now.send_window!, to_minute: minutes(event.target.value) } })
                    }
                    error={problem?.reasonFor("send_window")}
                  />
                </div>
              )}
              <h3>{t("Reminders")}</h3>
              {now.reminders.map((one, place) => (
                <div className="row" key={place} style={{ alignItems: "end" }}>
                  <Text
                    label={t("After hours")}
                    type="number"
                    min={1}
                    max={2160}
                    value={one.after_hours}
                    onChange={(event) =>
                      set({
                        reminders: now.reminders.map((r, at) =>
                          at === place ? { ...r, after_hours: Number(event.target.value) } : r,
                        ),
                      })
                    }
                  />
                  <Choice
                    label={t("If")}
                    value={one.condition}
                    onChange={(event) =>
                      set({
                        reminders: now.reminders.map((r, at) =>
                          at === place ? { ...r, condition: event.target.value as "not_opened" } : r,
                        ),
                      })
                    }
                    options={[
                      { value: "not_opened", label: t("not opened") },
                      { value: "not_answered", label: t("opened, not answered") },
                    ]}
                  />
                  <Button
                    look="icon"
                    icon={X}
                    aria-label={t("Remove this reminder")}
                    onClick={() => set({ reminders: now.reminders.filter((_, at) => at !== place) })}
                  />
                </div>
              ))}
              {now.reminders.length < 5 && (
                <div>
                  <Button
                    small
                    icon={Plus}
                    onClick={() =>
                      set({
                        reminders: [
                          ...now.reminders,
                          { after_hours: 96, condition: "not_answered", channel: "email" },
                        ],
                      })
                    }
                  >
                    {t("Reminder")}
                  </Button>
                </div>
              )}
            </div>
          </Card>
        )}
        <Card title={t("Questions")}>
          <div className="stack">
            <div className="row" style={{ alignItems: "end" }}>
              <Choice
                label={t("Language")}
                value={language}
                onChange={(event) => setLanguage(event.target.value)}
                options={[
                  ...new Set([
                    campaign.default_language,
                    ...Object.keys(now.questions),
                    "en",
                    "de",
                    "fr",
                    "es",
                    "pt",
                    "nl",
                    "ar",
                  ]),
                ].map((one) => ({
                  value: one,
                  label: `${one}${one in now.questions ? "" : ` (${t("not written")})`}`,
                }))}
              />
            </div>
            <Text
              label={t("Question")}
              value={question.question}
              maxLength={500}
              onChange={(event) => ask({ question: event.target.value })}
              error={problem?.reasonFor("questions")}
            />
            <div className="pair">
              <Text
                label={t("Low end")}
                value={question.low_label}
                onChange={(event) => ask({ low_label: event.target.value })}
              />
              <Text
                label={t("High end")}
                value={question.high_label}
                onChange={(event) => ask({ high_label: event.target.value })}
              />
            </div>
            <div className="pair">
              {classes.map((one) => (
                <Area
                  key={one}
                  label={t("Asked of: {{class}}", { class: one })}
                  value={question.comment_questions[one] ?? ""}
                  onChange={(event) =>
                    ask({ comment_questions: { ...question.comment_questions, [one]: event.target.value } })
                  }
                />
              ))}
            </div>
            <Text
              label={t("Thanks")}
              value={question.thanks}
              onChange={(event) => ask({ thanks: event.target.value })}
            />
          </div>
        </Card>
        <Card title={t("Further questions")}>
          <div className="stack">
            <p className="muted">
              {t("Asked after the score and its reason, in “{{language}}” here.", { language })}
            </p>
            {problem?.reasonFor("further_questions") && (
              <Note tone="bad" role="alert">
                {problem.reasonFor("further_questions")}
              </Note>
            )}
            <Further
              questions={now.further_questions}
              language={language}
              classes={classes}
              onChange={(further_questions) => set({ further_questions })}
            />
          </div>
        </Card>
      </fieldset>
      {overtaken && changed && (
        <Note tone="mid" role="alert">
          <p>
            {both.length
              ? t("Somebody else changed it meanwhile, and what you change too: {{names}}.", {
                  names: both.map(fieldWord).join(", "),
                })
              : t("Somebody else changed it meanwhile, but nothing that you change.")}
          </p>
          <div className="row">
            <Button small onClick={() => setBase(latest)}>
              {t("Keep mine on top of theirs")}
            </Button>
            <Button small onClick={() => begin(latest)}>
              {t("Drop mine, show theirs")}
            </Button>
          </div>
        </Note>
      )}
      {problem && !(overtaken && problem.status === 412) && (
        <Failed error={problem} what={t("It was not saved")} />
      )}
      <div className="selection">
        <span className="grow muted">
          {reason ?? (changed ? t("Changes are not saved yet.") : t("All is saved."))}
        </span>
        {mail && (
          <Link className="btn" to="/templates/$id" params={{ id: now.template_id }}>
            {t("Preview the mail")}
          </Link>
        )}
        <Button
          type="submit"
          look="primary"
          busy={busy}
          reason={reason ?? (changed ? undefined : t("Nothing was changed."))}
        >
          {t("Save")}
        </Button>
      </div>
      {found.data && (
        <span className="sr">
          {t("Audience")}: {number(found.data.count)}
        </span>
      )}
    </form>
  );
}

function options(all: { id: string; name: string }[] | undefined, chosen: string) {
  const known = (all ?? []).map((one) => ({ value: one.id, label: one.name }));
  return known.some((one) => one.value === chosen) ? known : [{ value: chosen, label: chosen }, ...known];
}
