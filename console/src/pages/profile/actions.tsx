import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import type { TFunction } from "i18next";
import {
  Eraser,
  MailX,
  MessageSquarePlus,
  Pencil,
  RotateCcw,
  Send,
  SlidersHorizontal,
  Tags,
  Trash2,
  Undo2,
} from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { body, outbox, profile } from "../../api/client";
import type { Problem } from "../../api/problem";
import {
  campaignsQuery,
  customerQuery,
  nextSurveyQuery,
  propertiesQuery,
  tagsQuery,
} from "../../api/queries";
import { queryClient } from "../../api/queryClient";
import type { Permission } from "../../api/session";
import type { Customer, CustomerEdit } from "../../api/types";
import { dayAndTime, fullName, shown } from "../../lib/format";
import { range } from "../../lib/score";
import { statusWord } from "../../lib/words";
import { Button, Failed, Loading, Note } from "../../ui/basics";
import { Area, Check, Choice, Text, Why } from "../../ui/fields";
import { MailFrame } from "../../ui/MailFrame";
import { FormDialog, type Item } from "../../ui/overlays";
import { hasTag, TagField, useTags } from "../../ui/TagField";
import { say, sayProblem } from "../../ui/toasts";
import { edit } from "./General";
import { PropertyValue } from "./PropertyValue";

export type ActionId =
  | "edit"
  | "tags"
  | "properties"
  | "feedback"
  | "send-survey"
  | "unsubscribe"
  | "resubscribe"
  | "reset"
  | "delete"
  | "erase";
type T = TFunction;

const at = (id: string) => ({ params: { path: { id }, header: { "idempotency-key": crypto.randomUUID() } } });
const refresh = (id: string) => {
  void queryClient.invalidateQueries({ queryKey: ["profile"] });
  for (const key of [["scheduler", "next-survey", id], ["outbox"], ["feedback"]])
    void queryClient.invalidateQueries({ queryKey: key });
};

export function actionItems(
  customer: Customer,
  may: (p: Permission) => string | undefined,
  t: T,
  act: (id: ActionId) => void,
): Item[] {
  const gone = customer.deleted_at ? t("The customer was deleted.") : undefined;
  const away = !customer.email
    ? t("There is no e-mail address.")
    : customer.status
      ? t("This customer is {{status}}.", { status: statusWord(customer.status).toLowerCase() })
      : undefined;
  const out = customer.status === "unsubscribed";
  const item = (
    id: ActionId,
    label: string,
    icon: ReactNode,
    reason: string | undefined,
    more: Partial<Item> = {},
  ): Item => ({ id, label, icon, reason, act: () => act(id), ...more });
  return [
    item("edit", t("Edit profile"), <Pencil size={16} />, gone ?? may("answer")),
    item("tags", t("Manage tags"), <Tags size={16} />, gone ?? may("answer")),
    item("properties", t("Manage properties"), <SlidersHorizontal size={16} />, gone ?? may("answer")),
    item("feedback", t("Add survey feedback"), <MessageSquarePlus size={16} />, gone ?? may("answer")),
    item("send-survey", t("Send email survey"), <Send size={16} />, gone ?? may("answer") ?? away, {
      separated: true,
    }),
    item(
      "reset",
      t("Reset last survey"),
      <RotateCcw size={16} />,
      gone ?? may("answer") ?? (customer.last_survey_at ? undefined : t("There is no last survey.")),
    ),
    out
      ? item("resubscribe", t("Resubscribe"), <Undo2 size={16} />, gone ?? may("manage"))
      : item("unsubscribe", t("Unsubscribe"), <MailX size={16} />, gone ?? may("answer")),
    item("delete", t("Delete"), <Trash2 size={16} />, gone ?? may("manage"), {
      separated: true,
      danger: true,
    }),
    item("erase", t("Erase personal data"), <Eraser size={16} />, may("administer"), { danger: true }),
  ];
}

export async function restore(customer: Customer, t: T) {
  try {
    const after = await body(profile.POST("/v1/customers/{id}/restore", at(customer.id)));
    queryClient.setQueryData(customerQuery(customer.id).queryKey, after);
    refresh(customer.id);
    say(t("{{name}} was restored.", { name: fullName(customer) }));
  } catch (error) {
    sayProblem(error);
  }
}

export function ActionDialog({
  action,
  customer,
  close,
}: {
  action: ActionId;
  customer: Customer;
  close: () => void;
}) {
  const Chosen = DIALOGS[action];
  return <Chosen customer={customer} close={close} />;
}

interface Props {
  customer: Customer;
  close: () => void;
}

const TEXTS = [
  "first_name",
  "last_name",
  "job_title",
  "company",
  "email",
  "phone",
  "city",
  "state",
  "country",
  "language",
  "timezone",
] as const;
type FieldName = (typeof TEXTS)[number];

function EditProfile({ customer, close }: Props) {
  const { t } = useTranslation();
  const [base, setBase] = useState(customer);
  const [mine, setMine] = useState<Partial<Record<FieldName, string>>>({});
  const [theirs, setTheirs] = useState<Customer | null>(null);
  const value = (name: FieldName) => mine[name] ?? base[name] ?? "";
  const set = (name: FieldName, text: string) => setMine({ ...mine, [name]: text });
  const changed = TEXTS.filter((name) => mine[name] !== undefined && mine[name] !== (base[name] ?? ""));
  const labels: Record<FieldName, string> = {
    first_name: t("First name"),
    last_name: t("Last name"),
    job_title: t("Job title"),
    company: t("Company"),
    email: t("E-mail"),
    phone: t("Phone"),
    city: t("City"),
    state: t("State or region"),
    country: t("Country"),
    language: t("Language"),
    timezone: t("Time zone"),
  };
  const clashes = theirs ? TEXTS.filter((name) => (theirs[name] ?? "") !== (base[name] ?? "")) : [];

  async function submit() {
    const change: CustomerEdit = Object.fromEntries(
      changed.map((name) => [name, mine[name]?.trim() || null]),
    );
    const before: CustomerEdit = Object.fromEntries(changed.map((name) => [name, customer[name]]));
    if (!changed.length) return;
    try {
      await edit(base, change, t("The profile was saved."), before);
    } catch (error) {
      if ((error as Problem).status === 409 || (error as Problem).status === 412) {
        const now = await body(profile.GET("/v1/customers/{id}", { params: { path: { id: customer.id } } }));
        if (now.version !== base.version) setTheirs(now);
      }
      throw error;
    }
  }
  const field = (
    name: FieldName,
    more: { type?: string; hint?: string } = {},
    problem: Problem | null = null,
  ) => (
    <Text
      key={name}
      label={labels[name]}
      value={value(name)}
      onChange={(event) => set(name, event.target.value)}
      error={problem?.reasonFor(name)}
      autoComplete="off"
      {...more}
    />
  );
  return (
    <FormDialog title={t("Edit profile")} close={close} submit={submit} action={t("Save")}>
      {(problem) => (
        <>
          {theirs && (
            <Note tone="mid" role="alert">
              <p className="strong">{t("Somebody else changed this customer meanwhile.")}</p>
              {clashes.map((name) => (
                <p key={name}>
                  {labels[name]}: {t("now “{{theirs}}”", { theirs: theirs[name] ?? "–" })}
                  {mine[name] !== undefined && `, ${t("yours “{{mine}}”", { mine: mine[name] })}`}
                </p>
              ))}
              <div className="row">
                <Button
                  small
                  onClick={() => {
                    setBase(theirs);
                    setTheirs(null);
                  }}
                >
                  {t("Keep mine where I changed it")}
                </Button>
                <Button
                  small
                  onClick={() => {
                    setBase(theirs);
                    setMine(
                      Object.fromEntries(
                        Object.entries(mine).filter(([name]) => !clashes.includes(name as FieldName)),
                      ),
                    );
                    setTheirs(null);
                  }}
                >
                  {t("Take theirs")}
                </Button>
              </div>
            </Note>
          )}
          <div className="pair">
            {field("first_name", {}, problem)}
            {field("last_name", {}, problem)}
          </div>
          <div className="pair">
            {field("job_title", {}, problem)}
            {field("company", {}, problem)}
          </div>
          <div className="pair">
            {field("email", { type: "email" }, problem)}
            {field("phone", { type: "tel" }, problem)}
          </div>
          {typeof problem?.body.customer_id === "string" && (
            <p>
              <Link to="/customers/$id" params={{ id: problem.body.customer_id }} onClick={close}>
                {t("Open the customer who has this address")}
              </Link>
            </p>
          )}
          <div className="pair">
            {field("city", {}, problem)}
            {field("state", {}, problem)}
            {field("country", {}, problem)}
          </div>
          <div className="pair">
            {field("language", { hint: t("Such as en, de or pt-BR") }, problem)}
            {field("timezone", { hint: t("Such as Europe/Vienna") }, problem)}
          </div>
        </>
      )}
    </FormDialog>
  );
}

function ManageTags({ customer, close }: Props) {
  const { t } = useTranslation();
  const all = useQuery(tagsQuery);
  const edited = useTags(customer.tags);
  const { tags, typed, wanted } = edited;
  const known = all.data?.items ?? [];
  const found = known
    .filter((one) => !hasTag(tags, one.tag) && one.tag.toLowerCase().includes(typed.toLowerCase()))
    .slice(0, 12);
  const isNew = typed && !hasTag([...known.map((one) => one.tag), ...tags], typed);
  const submit = async () => {
    const change = {
      add: wanted.filter((tag) => !hasTag(customer.tags, tag)),
      remove: customer.tags.filter((tag) => !hasTag(wanted, tag)),
    };
    if (change.add.length || change.remove.length)
      await edit(customer, { tags: change }, t("The tags were saved."), {
        tags: { add: change.remove, remove: change.add },
      });
  };
  return (
    <FormDialog title={t("Manage tags")} close={close} submit={submit} action={t("Save")}>
      {(problem) => (
        <>
          <TagField
            edited={edited}
            hint={t("Type to find one or to make a new one; Enter adds it.")}
            error={problem?.reasonFor("tags")}
          />
          <ul className="row" style={{ gap: 6 }} aria-label={t("Tags to choose from")}>
            {isNew && (
              <li>
                <Button small onClick={() => edited.add(typed)}>
                  {t("Create “{{name}}”", { name: typed })}
                </Button>
              </li>
            )}
            {found.map((one) => (
              <li key={one.tag}>
                <Button
                  small
                  onClick={() => edited.add(one.tag)}
                  title={t("{{count}} customers", { count: one.count })}
                >
                  {one.tag} <span className="muted num">{one.count}</span>
                </Button>
              </li>
            ))}
          </ul>
        </>
      )}
    </FormDialog>
  );
}

const TYPES = ["text", "number", "boolean", "date", "list"] as const;
function typeWords(t: T): Record<string, string> {
  return { text: t("Text"), number: t("Number"), boolean: t("Yes or no"), date: t("Date"), list: t("List") };
}

function ManageProperties({ customer, close }: Props) {
  const { t } = useTranslation();
  const all = useQuery(propertiesQuery);
  const [name, setName] = useState("");
  const [made, setMade] = useState("");
  const [type, setType] = useState<string>("text");
  const [value, setValue] = useState<unknown>(undefined);
  const known = all.data?.items ?? [];
  const isNew = name === "*new";
  const chosen = known.find((one) => one.name === name);
  const kind = chosen?.type ?? type;
  const real = isNew
    ? made
        .trim()
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}]+/gu, "_")
        .replaceAll(/^_|_$/g, "")
    : name;
  const choose = (next: string) => {
    setName(next);
    setValue(customer.properties[next]);
  };
  const submit = () =>
    edit(customer, { properties: { [real]: value as never } }, t("“{{name}}” was saved.", { name: real }), {
      properties: { [real]: (customer.properties[real] ?? null) as never },
    });
  const clash = isNew && known.some((one) => one.name === real);
  const blocked = !real
    ? t("Choose a property first.")
    : clash
      ? t("There is a property of that name.")
      : value === undefined || value === "" || value === null
        ? t("Give it a value first.")
        : undefined;
  return (
    <FormDialog
      title={t("Manage properties")}
      close={close}
      submit={submit}
      action={t("Save")}
      blocked={blocked}
    >
      {(problem) => (
        <>
          {all.error ? <Failed error={all.error} retry={() => void all.refetch()} /> : null}
          <Choice
            label={t("Property")}
            value={name}
            onChange={(event) => choose(event.target.value)}
            options={[
              { value: "", label: t("Choose …"), disabled: true },
              ...known.map((one) => ({
                value: one.name,
                label: `${one.label ?? one.name}${one.name in customer.properties ? ` (${shown(customer.properties[one.name], one.type)})` : ""}`,
              })),
              { value: "*new", label: t("A new property …") },
            ]}
          />
          {isNew && (
            <div className="pair">
              <Text
                label={t("Name of the property")}
                value={made}
                onChange={(event) => setMade(event.target.value)}
                maxLength={80}
                hint={real ? t("Kept as {{name}}", { name: real }) : undefined}
                error={clash ? t("There is a property of that name.") : undefined}
                autoFocus
              />
              <Choice
                label={t("Type")}
                hint={t("It cannot change later.")}
                value={type}
                onChange={(event) => {
                  setType(event.target.value);
                  setValue(undefined);
                }}
                options={TYPES.map((one) => ({ value: one, label: typeWords(t)[one]! }))}
              />
            </div>
          )}
          {name && (
            <PropertyValue
              label={t("Value")}
              type={kind}
              value={value}
              onChange={setValue}
              error={problem?.body.errors?.[0]?.reason}
            />
          )}
          {chosen && chosen.name in customer.properties && (
            <p>
              <Button
                small
                onClick={() =>
                  void edit(
                    customer,
                    { properties: { [chosen.name]: null } },
                    t("“{{name}}” was removed.", { name: chosen.name }),
                    { properties: { [chosen.name]: customer.properties[chosen.name] as never } },
                  ).then(close, sayProblem)
                }
              >
                {t("Remove it from this customer")}
              </Button>
            </p>
          )}
        </>
      )}
    </FormDialog>
  );
}

function AddFeedback({ customer, close }: Props) {
  const { t } = useTranslation();
  const campaigns = useQuery(campaignsQuery);
  const [campaign, setCampaign] = useState("");
  const [metric, setMetric] = useState("nps");
  const [score, setScore] = useState("");
  const [comment, setComment] = useState("");
  const [when, setWhen] = useState(() =>
    new Date(Date.now() - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 16),
  );
  const chosen = campaigns.data?.items.find((one) => one.id === campaign);
  const kind = chosen?.metric ?? metric;
  const { low, high, name } = range(kind);
  const moment = when ? new Date(when) : null;
  const future = moment && moment.getTime() > Date.now() + 60_000;
  const submit = async () => {
    await body(
      profile.POST("/v1/customers/{id}/feedback", {
        ...at(customer.id),
        body: {
          campaign_id: campaign || null,
          metric: campaign ? null : (kind as "nps"),
          score: Number(score),
          comment: comment || null,
          answered_at: moment ? new Date(Math.min(moment.getTime(), Date.now())).toISOString() : null,
        },
      }),
    );
    refresh(customer.id);
    say(t("The feedback was added."));
  };
  return (
    <FormDialog
      title={t("Add survey feedback")}
      close={close}
      submit={submit}
      action={t("Add")}
      blocked={future ? t("The date lies in the future.") : undefined}
    >
      {(problem) => (
        <>
          <p className="muted">
            {t(
              "For answers that came another way: by phone, in a meeting, on paper. It is marked with who added it.",
            )}
          </p>
          <Choice
            label={t("Campaign")}
            value={campaign}
            onChange={(event) => setCampaign(event.target.value)}
            error={problem?.reasonFor("campaign_id")}
            options={[
              { value: "", label: t("Outside of any campaign") },
              ...(campaigns.data?.items ?? []).map((one) => ({ value: one.id, label: one.name })),
            ]}
          />
          <div className="pair">
            {!campaign && (
              <Choice
                label={t("Metric")}
                value={metric}
                onChange={(event) => setMetric(event.target.value)}
                options={["nps", "csat", "ces", "five_star"].map((one) => ({
                  value: one,
                  label: range(one).name,
                }))}
              />
            )}
            <Choice
              label={t("Score ({{metric}}, {{low}} to {{high}})", { metric: name, low, high })}
              required
              value={score}
              onChange={(event) => setScore(event.target.value)}
              error={problem?.reasonFor("score")}
              options={[
                { value: "", label: t("Choose …"), disabled: true },
                ...Array.from({ length: high - low + 1 }, (_, place) => ({
                  value: String(low + place),
                  label: String(low + place),
                })),
              ]}
            />
            <Text
              label={t("When it was given")}
              type="datetime-local"
              value={when}
              onChange={(event) => setWhen(event.target.value)}
              error={future ? t("The date lies in the future.") : problem?.reasonFor("answered_at")}
              required
            />
          </div>
          <Area
            label={t("What they said")}
            value={comment}
            onChange={(event) => setComment(event.target.value)}
            maxLength={20_000}
            error={problem?.reasonFor("comment")}
          />
        </>
      )}
    </FormDialog>
  );
}

function SendSurvey({ customer, close }: Props) {
  const { t } = useTranslation();
  const campaigns = useQuery(campaignsQuery);
  const usable = (campaigns.data?.items ?? []).filter(
    (one) =>
      one.state === "active" && ["recurring_email", "one_time_email", "transactional"].includes(one.kind),
  );
  const [id, setId] = useState("");
  const chosen = usable.find((one) => one.id === id) ?? (usable.length === 1 ? usable[0] : undefined);
  const mail = useQuery({
    queryKey: ["outbox", "preview", chosen?.id, customer.id, customer.version],
    enabled: Boolean(chosen),
    queryFn: () =>
      body(
        outbox.POST("/v1/templates/{id}/preview", {
          params: { path: { id: chosen!.template_id } },
          body: {
            customer_id: customer.id,
            campaign_id: chosen!.id,
            brand_id: chosen!.brand_id,
            metric: chosen!.metric,
          },
        }),
      ),
  });
  const days = customer.last_survey_at
    ? Math.floor((Date.now() - Date.parse(customer.last_survey_at)) / 86_400_000)
    : null;
  const submit = async () => {
    await body(
      profile.POST("/v1/customers/{id}/send-survey", {
        ...at(customer.id),
        body: { campaign_id: chosen!.id },
      }),
    );
    refresh(customer.id);
    say(t("The survey is on its way. It appears in the Outbox tab at once."));
  };
  return (
    <FormDialog
      wide
      title={t("Send a survey to {{name}}", { name: fullName(customer) })}
      close={close}
      submit={submit}
      action={t("Send survey")}
      blocked={chosen ? undefined : t("Choose a campaign first.")}
    >
      {() => (
        <>
          {campaigns.isPending && <Loading />}
          {campaigns.error ? <Failed error={campaigns.error} retry={() => void campaigns.refetch()} /> : null}
          {campaigns.data && !usable.length && (
            <Note tone="mid">
              {t("No e-mail campaign is active, so there is nothing to send. Activate one first.")}
            </Note>
          )}
          {usable.length > 0 && (
            <Choice
              label={t("Campaign")}
              hint={t("Its template and its question are used.")}
              value={chosen?.id ?? ""}
              onChange={(event) => setId(event.target.value)}
              options={[
                { value: "", label: t("Choose …"), disabled: true },
                ...usable.map((one) => ({ value: one.id, label: one.name })),
              ]}
            />
          )}
          {days !== null && days < 30 && (
            <Note tone="mid">
              {days === 0
                ? t("This customer was surveyed today already.")
                : t("This customer was surveyed {{count}} days ago.", { count: days })}
            </Note>
          )}
          {chosen && (
            <div className="stack tight">
              {mail.isPending && <Loading />}
              {mail.error ? <Failed error={mail.error} retry={() => void mail.refetch()} /> : null}
              {mail.data && (
                <>
                  <p>
                    <span className="muted">{t("To")}</span> {customer.email} ·{" "}
                    <span className="muted">{t("Subject")}</span>{" "}
                    <span className="strong">{mail.data.subject}</span>
                  </p>
                  <MailFrame height={360} title={t("The mail, as it would be")} html={mail.data.html} />
                </>
              )}
            </div>
          )}
        </>
      )}
    </FormDialog>
  );
}

function Unsubscribe({ customer, close }: Props) {
  const { t } = useTranslation();
  const [note, setNote] = useState("");
  const submit = async () => {
    await body(
      profile.POST("/v1/customers/{id}/unsubscribe", { ...at(customer.id), body: { note: note || null } }),
    );
    refresh(customer.id);
    say(t("{{name}} gets no more surveys.", { name: fullName(customer) }), {
      undo: async () => {
        await body(
          profile.POST("/v1/customers/{id}/resubscribe", {
            ...at(customer.id),
            body: { note: t("Undone at once") },
          }),
        );
        refresh(customer.id);
      },
    });
  };
  return (
    <FormDialog
      title={t("Unsubscribe {{name}}", { name: fullName(customer) })}
      close={close}
      submit={submit}
      action={t("Unsubscribe")}
      danger
    >
      {(problem) => (
        <>
          <p>
            {t(
              "No survey goes out to this person any more, by mail or in the app. It holds from the moment you see the answer.",
            )}
          </p>
          <Why value={note} put={setNote} error={problem?.reasonFor("note")} autoFocus />
        </>
      )}
    </FormDialog>
  );
}

function Resubscribe({ customer, close }: Props) {
  const { t } = useTranslation();
  const byThemselves = ["recipient", "complaint"].includes(
    String(customer.deliverability.evidence?.cause ?? ""),
  );
  const [sure, setSure] = useState(false);
  const [note, setNote] = useState("");
  const submit = async () => {
    await body(
      profile.POST("/v1/customers/{id}/resubscribe", { ...at(customer.id), body: { note: note || null } }),
    );
    refresh(customer.id);
    say(t("{{name}} can be surveyed again.", { name: fullName(customer) }));
  };
  return (
    <FormDialog
      title={t("Resubscribe {{name}}", { name: fullName(customer) })}
      close={close}
      submit={submit}
      action={t("Resubscribe")}
      blocked={byThemselves && !sure ? t("Confirm that the person agreed.") : undefined}
    >
      {(problem) => (
        <>
          {byThemselves ? (
            <>
              <Note tone="mid">
                {t("This person opted out themselves. Surveying them against their will may be unlawful.")}
              </Note>
              <Check
                label={t("They asked to get surveys again")}
                checked={sure}
                onChange={(event) => setSure(event.target.checked)}
              />
            </>
          ) : (
            <p>{t("Surveys go out to this person again, as the campaigns have it.")}</p>
          )}
          <Text
            label={t("Why (kept in the audit log)")}
            value={note}
            onChange={(event) => setNote(event.target.value)}
            required={byThemselves}
            maxLength={300}
            error={problem?.reasonFor("note")}
          />
        </>
      )}
    </FormDialog>
  );
}

function Reset({ customer, close }: Props) {
  const { t } = useTranslation();
  const next = useQuery(nextSurveyQuery(customer.id));
  const first = next.data?.campaigns.filter((one) => one.matches) ?? [];
  const submit = async () => {
    const after = await body(profile.POST("/v1/customers/{id}/reset-last-survey", at(customer.id)));
    refresh(customer.id);
    say(
      after.at && after.campaign_name
        ? t("Due for “{{campaign}}”: {{when}}.", {
            campaign: after.campaign_name,
            when: new Date(after.at) <= new Date() ? t("at once") : dayAndTime(after.at),
          })
        : t("The last survey date was cleared."),
    );
  };
  return (
    <FormDialog title={t("Reset last survey")} close={close} submit={submit} action={t("Reset")}>
      {() => (
        <>
          <p>
            {t("The last survey date ({{when}}) is cleared. The rule for first surveys applies again.", {
              when: customer.last_survey_at ? dayAndTime(customer.last_survey_at) : "–",
            })}
          </p>
          {first.length > 0 ? (
            <Note tone="mid">
              {t(
                "Becomes due for: {{names}}. Where that campaign's first survey comes at once, it goes out within a minute.",
                { names: first.map((one) => one.campaign_name).join(", ") },
              )}
            </Note>
          ) : (
            <Note>{t("No active campaign matches this customer, so nothing is sent now.")}</Note>
          )}
        </>
      )}
    </FormDialog>
  );
}

/** What takes somebody away is done only by who types whom. */
function TypedDialog({
  customer,
  close,
  title,
  action,
  submit,
  children,
}: Props & { title: string; action: string; submit: () => Promise<unknown>; children: ReactNode }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const wanted = customer.email ?? fullName(customer);
  const same = typed.trim().toLowerCase() === wanted.toLowerCase();
  return (
    <FormDialog
      title={title}
      close={close}
      submit={submit}
      action={action}
      danger
      blocked={same ? undefined : t("Type the address to confirm.")}
    >
      {() => (
        <>
          {children}
          <Text
            label={t("Type {{wanted}} to confirm", { wanted })}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            autoComplete="off"
            autoFocus
          />
        </>
      )}
    </FormDialog>
  );
}

function Delete(props: Props) {
  const { t } = useTranslation();
  const { customer } = props;
  const name = fullName(customer);
  const submit = async () => {
    const after = await body(profile.DELETE("/v1/customers/{id}", at(customer.id)));
    queryClient.setQueryData(customerQuery(customer.id).queryKey, after);
    refresh(customer.id);
    say(t("{{name}} was deleted.", { name }), { undo: () => restore(customer, t) });
  };
  return (
    <TypedDialog {...props} title={t("Delete {{name}}", { name })} action={t("Delete")} submit={submit}>
      <p>
        {t(
          "The customer disappears from lists and is never surveyed again. Feedback and survey records are kept for the figures. You can restore the customer later.",
        )}
      </p>
      <p className="muted">
        {t("To remove the personal data as well, choose “Erase personal data” instead.")}
      </p>
    </TypedDialog>
  );
}

function Erase(props: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { customer } = props;
  const submit = async () => {
    await body(profile.POST("/v1/customers/{id}/erase", at(customer.id)));
    say(t("All personal data of the customer was erased."));
    queryClient.removeQueries({ queryKey: ["profile", "customer", customer.id] });
    void queryClient.invalidateQueries({ queryKey: ["profile", "customers"] });
    void navigate({ to: "/customers" });
  };
  return (
    <TypedDialog
      {...props}
      title={t("Erase {{name}} for good", { name: fullName(customer) })}
      action={t("Erase for good")}
      submit={submit}
    >
      <Note tone="bad">{t("This cannot be undone.")}</Note>
      <p>
        {t(
          "Name, address, properties, comments and mails are removed in every service. Scores stay in the figures, without a name. If the address comes back by an import, it stays unsurveyed.",
        )}
      </p>
    </TypedDialog>
  );
}

const DIALOGS: Record<ActionId, (props: Props) => ReactNode> = {
  edit: EditProfile,
  tags: ManageTags,
  properties: ManageProperties,
  feedback: AddFeedback,
  "send-survey": SendSurvey,
  unsubscribe: Unsubscribe,
  resubscribe: Resubscribe,
  reset: Reset,
  delete: Delete,
  erase: Erase,
};
