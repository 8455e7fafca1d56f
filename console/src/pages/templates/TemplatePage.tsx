import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useDeferredValue, useState } from "react";
import { useTranslation } from "react-i18next";
import { body, outbox, profile } from "../../api/client";
import { useMay, useUser } from "../../api/may";
import { asProblem, type Problem } from "../../api/problem";
import { templateQuery } from "../../api/queries";
import { queryClient } from "../../api/queryClient";
import type { Finding, Template } from "../../api/types";
import { diff, near } from "../../lib/diff";
import { dayAndTime, fullName, number } from "../../lib/format";
import { Badge, Button, Card, Failed, Loading, Note, PageHead, Panel } from "../../ui/basics";
import { Area, Choice, Segmented, Text } from "../../ui/fields";
import { MailFrame } from "../../ui/MailFrame";
import { Dialog, FormDialog } from "../../ui/overlays";
import { say, sayProblem } from "../../ui/toasts";

export function TemplatePage() {
  const { t } = useTranslation();
  const { id } = useParams({ from: "/shell/templates/$id" });
  const query = useQuery(templateQuery(id));
  if (query.data) return <Shown key={query.data.version} template={query.data} />;
  return (
    <>
      <PageHead title={t("Template")} />
      <Panel query={query}>{() => null}</Panel>
    </>
  );
}

type Part = "desktop" | "phone" | "text";

function Shown({ template }: { template: Template }) {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const search = useSearch({ from: "/shell/templates/$id" });
  const languages = Object.keys(template.languages);
  const language = search.language && languages.includes(search.language) ? search.language : languages[0]!;
  const [texts, setTexts] = useState(template.languages);
  const [name, setName] = useState(template.name);
  const [part, setPart] = useState<Part>("desktop");
  const [customer, setCustomer] = useState("");
  const [dialog, setDialog] = useState<"test" | "versions" | null>(null);
  const [findings, setFindings] = useState<Finding[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const draft = texts[language]!;
  const asked = useDeferredValue(draft);
  const people = useQuery({
    queryKey: ["profile", "customers", "samples"],
    queryFn: () =>
      body(profile.POST("/v1/customers/search", { body: { filter: {}, sort: "id", limit: 20 } })),
  });
  const preview = useQuery({
    queryKey: ["outbox", "preview", template.id, language, customer, asked],
    queryFn: () =>
      body(
        outbox.POST("/v1/templates/{id}/preview", {
          params: { path: { id: template.id } },
          body: { language, ...(customer ? { customer_id: customer } : {}), draft: asked },
        }),
      ),
    placeholderData: keepPreviousData,
  });
  const changed = name !== template.name || JSON.stringify(texts) !== JSON.stringify(template.languages);
  const reason = template.built_in
    ? t("It comes with Sounding; make a template of your own of it.")
    : may("manage");
  const put = (next: Partial<typeof draft>) => setTexts({ ...texts, [language]: { ...draft, ...next } });
  const save = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const after = await body(
        outbox.PUT("/v1/templates/{id}", {
          params: { path: { id: template.id }, header: { "if-match": `"${template.version}"` } },
          body: { name, default_language: template.default_language ?? null, languages: texts },
        }),
      );
      void queryClient.invalidateQueries({ queryKey: ["outbox", "template", template.id] });
      void queryClient.invalidateQueries({ queryKey: ["outbox", "templates"] });
      say(t("Version {{n}} was saved.", { n: (after as unknown as { version: number }).version }));
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  const check = () =>
    body(outbox.POST("/v1/templates/{id}/check", { params: { path: { id: template.id } } })).then(
      (found) => setFindings(found.items),
      sayProblem,
    );
  const warnings = [...(findings ?? []), ...(preview.data?.warnings ?? [])];
  return (
    <>
      <PageHead
        title={template.name}
        about={
          <>
            <Link to="/templates">{t("All templates")}</Link> · {t("version {{n}}", { n: template.version })}
          </>
        }
      >
        {template.built_in && <Badge>{t("Built in")}</Badge>}
        <Button onClick={() => void check()}>{t("Check")}</Button>
        <Button onClick={() => setDialog("versions")}>{t("Versions")}</Button>
        <Button onClick={() => setDialog("test")} reason={may("manage")}>
          {t("Send a test")}
        </Button>
        <Button
          look="primary"
          busy={busy}
          onClick={() => void save()}
          reason={reason ?? (changed ? undefined : t("Nothing was changed."))}
        >
          {t("Save")}
        </Button>
      </PageHead>
      {problem && (
        <div style={{ marginBottom: 16 }}>
          <Failed error={problem} what={t("It was not saved")} />
        </div>
      )}
      <div className="halves">
        <Card title={t("Text")}>
          <div className="stack">
            <div className="pair">
              <Text
                label={t("Name")}
                value={name}
                onChange={(event) => setName(event.target.value)}
                disabled={Boolean(reason)}
              />
              <Choice
                label={t("Language")}
                value={language}
                onChange={(event) =>
                  void navigate({
                    to: "/templates/$id",
                    params: { id: template.id },
                    search: { language: event.target.value },
                    replace: true,
                  })
                }
                options={languages.map((one) => ({ value: one, label: one }))}
              />
            </div>
            <Text
              label={t("Subject")}
              value={draft.subject}
              onChange={(event) => put({ subject: event.target.value })}
              readOnly={Boolean(reason)}
            />
            <Text
              label={t("Preview line")}
              hint={t("What the inbox shows behind the subject.")}
              value={draft.preheader}
              onChange={(event) => put({ preheader: event.target.value })}
              readOnly={Boolean(reason)}
            />
            <Area
              label={t("MJML with Liquid")}
              className="code"
              spellCheck={false}
              value={draft.mjml}
              onChange={(event) => put({ mjml: event.target.value })}
              readOnly={Boolean(reason)}
            />
          </div>
        </Card>
        <Card title={t("Preview")}>
          <div className="stack">
            <div className="bar">
              <Segmented
                label={t("Preview as")}
                value={part}
                onChange={setPart}
                options={[
                  { value: "desktop", label: t("Desktop") },
                  { value: "phone", label: t("Phone") },
                  { value: "text", label: t("Plain text") },
                ]}
              />
              <Choice
                hideLabel
                label={t("For whom")}
                value={customer}
                onChange={(event) => setCustomer(event.target.value)}
                options={[
                  { value: "", label: t("A sample customer") },
                  ...(people.data?.items ?? []).map((one) => ({ value: one.id, label: fullName(one) })),
                ]}
              />
            </div>
            {preview.isPending && <Loading />}
            {preview.error ? <Failed error={preview.error} what={t("It cannot be shown")} /> : null}
            {preview.data && (
              <>
                <p>
                  <span className="muted">{t("Subject")}</span>{" "}
                  <span className="strong">{preview.data.subject}</span>
                </p>
                {part === "text" ? (
                  <pre tabIndex={0}>{preview.data.text}</pre>
                ) : (
                  <MailFrame
                    className={`${part === "phone" ? "phone" : ""}`}
                    title={t("The mail, as it would be")}
                    html={preview.data.html}
                  />
                )}
                <p className="small muted">
                  {number(preview.data.size / 1024, { maximumFractionDigits: 1 })} kB{" "}
                  {preview.data.size > 102_000 && (
                    <Badge tone="bad">{t("Gmail cuts off what is beyond 102 kB")}</Badge>
                  )}
                </p>
              </>
            )}
            {findings?.length === 0 && <Note tone="good">{t("The checks found nothing wrong.")}</Note>}
            {warnings.map((one, place) => (
              <Note key={`${one.code}${place}`} tone={one.level === "error" ? "bad" : "mid"}>
                {one.reason} <span className="muted small">{one.place}</span>
              </Note>
            ))}
          </div>
        </Card>
      </div>
      {dialog === "test" && (
        <SendTest template={template} language={language} customer={customer} close={() => setDialog(null)} />
      )}
      {dialog === "versions" && <Versions template={template} close={() => setDialog(null)} />}
    </>
  );
}

function SendTest({
  template,
  language,
  customer,
  close,
}: {
  template: Template;
  language: string;
  customer: string;
  close: () => void;
}) {
  const { t } = useTranslation();
  const user = useUser();
  const [to, setTo] = useState(user.email);
  const submit = async () => {
    const { items } = await body(
      outbox.POST("/v1/templates/{id}/test", {
        params: { path: { id: template.id } },
        body: {
          to: to
            .split(",")
            .map((one) => one.trim())
            .filter(Boolean),
          language,
          ...(customer ? { customer_id: customer } : {}),
        },
      }),
    );
    for (const one of items)
      say(`${one.address}: ${one.sent ? t("sent") : t("not sent")} (${one.reply})`, { bad: !one.sent });
  };
  return (
    <FormDialog title={t("Send a test")} close={close} submit={submit} action={t("Send")}>
      {(problem) => (
        <Text
          label={t("To")}
          hint={t("Up to five addresses. What was saved last is sent; its survey links lead nowhere.")}
          value={to}
          onChange={(event) => setTo(event.target.value)}
          required
          autoFocus
          error={problem?.reasonFor("to")}
        />
      )}
    </FormDialog>
  );
}

function Versions({ template, close }: { template: Template; close: () => void }) {
  const { t } = useTranslation();
  const may = useMay();
  const query = useQuery({
    queryKey: ["outbox", "template", template.id, "versions"],
    queryFn: () => body(outbox.GET("/v1/templates/{id}/versions", { params: { path: { id: template.id } } })),
  });
  const [compared, setCompared] = useState<number | null>(null);
  if (compared !== null)
    return <Compared template={template} version={compared} back={() => setCompared(null)} close={close} />;
  const restore = (version: number) =>
    body(
      outbox.POST("/v1/templates/{id}/versions/{version}/restore", {
        params: { path: { id: template.id, version } },
      }),
    ).then(() => {
      void queryClient.invalidateQueries({ queryKey: ["outbox", "template", template.id] });
      close();
      say(t("Version {{n}} is the latest again.", { n: version }));
    }, sayProblem);
  return (
    <Dialog title={t("Versions")} close={close}>
      <Panel query={query}>
        {({ items }) => (
          <ol className="timeline">
            {items.map((one) => (
              <li key={one.version} className={one.version === template.version ? "info" : ""}>
                <p className="row">
                  <span className="grow">
                    <span className="strong">{t("Version {{n}}", { n: one.version })}</span>{" "}
                    <span className="muted">
                      {one.saved_at && dayAndTime(one.saved_at)} · {one.languages.join(", ")}
                    </span>
                  </span>
                  {one.version !== template.version && (
                    <>
                      <Button small look="quiet" onClick={() => setCompared(one.version)}>
                        {t("Compare")}
                      </Button>
                      <Button small onClick={() => void restore(one.version)} reason={may("manage")}>
                        {t("Restore")}
                      </Button>
                    </>
                  )}
                </p>
              </li>
            ))}
          </ol>
        )}
      </Panel>
    </Dialog>
  );
}

/** What the latest version has that a former one had not, and the other way round. */
function Compared({
  template,
  version,
  back,
  close,
}: {
  template: Template;
  version: number;
  back: () => void;
  close: () => void;
}) {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ["outbox", "template", template.id, "versions", version],
    queryFn: () =>
      body(
        outbox.GET("/v1/templates/{id}/versions/{version}", {
          params: { path: { id: template.id, version } },
        }),
      ),
  });
  const parts = { subject: t("Subject"), preheader: t("Preview line"), mjml: "MJML", text: t("Plain text") };
  const changes = (old: Template) =>
    [...new Set([...Object.keys(old.languages), ...Object.keys(template.languages)])].flatMap((language) =>
      Object.entries(parts).flatMap(([part, words]) => {
        const of = (one: Template) =>
          String((one.languages[language] as Record<string, unknown> | undefined)?.[part] ?? "");
        const lines = of(old) === of(template) ? [] : near(diff(of(old), of(template)));
        return lines.length ? [{ id: `${language} ${part}`, title: `${language}: ${words}`, lines }] : [];
      }),
    );
  return (
    <Dialog
      title={t("Version {{old}} and the latest", { old: version })}
      close={close}
      wide
      footer={<Button onClick={back}>{t("All versions")}</Button>}
    >
      <Panel query={query}>
        {(old) => {
          const found = changes(old);
          return found.length ? (
            <div className="stack">
              {found.map((one) => (
                <section key={one.id}>
                  <h3>{one.title}</h3>
                  <pre className="diff" tabIndex={0}>
                    {one.lines.map((line, place) =>
                      line ? (
                        <span key={place} className={line.kind}>
                          {line.kind === "new" ? "+ " : line.kind === "old" ? "− " : "  "}
                          {line.text}
                        </span>
                      ) : (
                        <span key={place}>⋯</span>
                      ),
                    )}
                  </pre>
                </section>
              ))}
            </div>
          ) : (
            <p>{t("Both say the same.")}</p>
          );
        }}
      </Panel>
    </Dialog>
  );
}
