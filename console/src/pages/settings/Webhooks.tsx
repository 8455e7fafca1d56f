import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { body, feedback } from "../../api/client";
import { queryClient } from "../../api/queryClient";
import type { Attempt, Webhook, WebhookTest } from "../../api/types";
import { number } from "../../lib/format";
import { Badge, Button, Card, Panel, When } from "../../ui/basics";
import { Check, Choice, Text } from "../../ui/fields";
import { ActionMenu, Confirm, Dialog, FormDialog } from "../../ui/overlays";
import { ShownOnce, Table } from "../../ui/Table";
import { say, sayProblem } from "../../ui/toasts";

type Doing = { what: "edit" | "log" | "replay" | "remove" | "secret"; hook: Webhook };
type Kind = Webhook["types"][number];
const KINDS: Kind[] = ["response.changed", "response.removed"];
const kindWords = (t: (key: string) => string): Record<Kind, string> => ({
  "response.changed": t("An answer was given or changed"),
  "response.removed": t("An answer was taken out for good"),
});
const refresh = () => queryClient.invalidateQueries({ queryKey: ["feedback", "webhooks"] });
const of = (hook: Webhook) => ({ params: { path: { id: hook.id } } });

/** Who else is told of answers. */
export function Webhooks() {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ["feedback", "webhooks"],
    queryFn: () => body(feedback.GET("/v1/webhooks", {})),
    refetchInterval: 15_000,
  });
  const [adding, setAdding] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const [doing, setDoing] = useState<Doing | null>(null);
  const [tested, setTested] = useState<WebhookTest | null>(null);
  const close = () => setDoing(null);
  const pause = (hook: Webhook) =>
    void body(
      feedback.PATCH("/v1/webhooks/{id}", { ...of(hook), body: { paused: !hook.paused } as never }),
    ).then(refresh, sayProblem);
  const test = (hook: Webhook) =>
    void body(feedback.POST("/v1/webhooks/{id}/test", of(hook))).then(setTested, sayProblem);
  return (
    <Card
      title={t("Webhooks")}
      actions={
        <Button look="primary" onClick={() => setAdding(true)}>
          {t("New webhook")}
        </Button>
      }
      flush
    >
      <Panel query={query}>
        {({ items }) => (
          <Table
            label={t("List of webhooks")}
            rows={items}
            none={t("No webhooks. One tells a system of yours of each answer, signed, within a second.")}
            columns={[
              {
                head: t("Name"),
                cell: (one) => (
                  <>
                    <span className="strong">{one.name}</span>
                    <span className="muted small" style={{ display: "block" }}>
                      {one.url}
                    </span>
                  </>
                ),
              },
              {
                head: t("Told"),
                cell: (one) =>
                  one.types.map((kind) => (
                    <span key={kind} className="small" style={{ display: "block" }}>
                      {kindWords(t)[kind]}
                    </span>
                  )),
              },
              { head: t("State"), cell: (one) => <State hook={one} /> },
              { head: t("Waiting"), num: true, cell: (one) => number(one.queue?.waiting ?? 0) },
              {
                head: t("Actions"),
                silent: true,
                cell: (one) => (
                  <ActionMenu
                    label={t("Actions")}
                    items={[
                      { id: "edit", label: t("Edit"), act: () => setDoing({ what: "edit", hook: one }) },
                      { id: "test", label: t("Send a sample"), act: () => test(one) },
                      { id: "log", label: t("Log"), act: () => setDoing({ what: "log", hook: one }) },
                      { id: "pause", label: one.paused ? t("Resume") : t("Pause"), act: () => pause(one) },
                      {
                        id: "replay",
                        label: t("Tell a period again"),
                        act: () => setDoing({ what: "replay", hook: one }),
                      },
                      {
                        id: "secret",
                        label: t("New secret"),
                        separated: true,
                        act: () => setDoing({ what: "secret", hook: one }),
                      },
                      {
                        id: "remove",
                        label: t("Delete"),
                        danger: true,
                        act: () => setDoing({ what: "remove", hook: one }),
                      },
                    ]}
                  />
                ),
              },
            ]}
          />
        )}
      </Panel>
      {adding && <WebhookForm close={() => setAdding(false)} made={setSecret} />}
      {doing?.what === "edit" && <WebhookForm hook={doing.hook} close={close} />}
      {secret && (
        <ShownOnce
          title={t("The secret that signs")}
          about={t("The receiver checks with it that a call is ours. It is shown only now.")}
          text={secret}
          close={() => setSecret(null)}
        />
      )}
      {tested && <Tested found={tested} close={() => setTested(null)} />}
      {doing?.what === "log" && <Log hook={doing.hook} close={close} />}
      {doing?.what === "replay" && <Replay hook={doing.hook} close={close} />}
      {doing?.what === "secret" && (
        <Confirm
          title={t("New secret for “{{name}}”", { name: doing.hook.name })}
          action={t("Make it")}
          close={close}
          act={async () =>
            setSecret((await body(feedback.POST("/v1/webhooks/{id}/secret", of(doing.hook)))).secret)
          }
        >
          <p>{t("For a day the old one signs as well, so that nothing is missed meanwhile.")}</p>
        </Confirm>
      )}
      {doing?.what === "remove" && (
        <Confirm
          title={t("Delete “{{name}}”", { name: doing.hook.name })}
          action={t("Delete")}
          danger
          close={close}
          act={async () => {
            await body(feedback.DELETE("/v1/webhooks/{id}", of(doing.hook)));
            await refresh();
          }}
        >
          <p>{t("Nobody is told there any more, nor of what waits now.")}</p>
        </Confirm>
      )}
    </Card>
  );
}

function State({ hook }: { hook: Webhook }) {
  const { t } = useTranslation();
  if (hook.paused) return <Badge tone="mid">{t("Paused")}</Badge>;
  if (!hook.queue?.failing) return <Badge tone="good">{t("Active")}</Badge>;
  return (
    <>
      <Badge tone="bad">{t("Failing")}</Badge>{" "}
      <span className="muted small">
        {t("since")} <When at={hook.queue.failing_since} />
      </span>
    </>
  );
}

/** A new one, or what one is to be from now on. */
function WebhookForm({
  hook,
  close,
  made,
}: {
  hook?: Webhook;
  close: () => void;
  made?: (secret: string) => void;
}) {
  const { t } = useTranslation();
  const [name, setName] = useState(hook?.name ?? "");
  const [url, setUrl] = useState(hook?.url ?? "");
  const [format, setFormat] = useState<Webhook["format"]>(hook?.format ?? "standard");
  const [unconfirmed, setUnconfirmed] = useState(hook?.include_provisional ?? false);
  const [types, setTypes] = useState<Kind[]>(hook?.types ?? ["response.changed"]);
  const wanted = { name, url, types, format, include_provisional: unconfirmed };
  const create = async () => {
    const answer = await body(
      feedback.POST("/v1/webhooks", {
        params: { header: { "idempotency-key": crypto.randomUUID() } },
        body: { ...wanted, filter: {}, paused: false },
      }),
    );
    made?.(answer.secret);
  };
  const change = (before: Webhook) =>
    body(
      feedback.PATCH("/v1/webhooks/{id}", {
        params: { path: { id: before.id }, header: { "if-match": `"${before.seq}"` } },
        body: wanted as never,
      }),
    );
  const submit = async () => {
    await (hook ? change(hook) : create());
    await refresh();
  };
  return (
    <FormDialog
      title={hook ? t("Edit “{{name}}”", { name: hook.name }) : t("New webhook")}
      close={close}
      action={hook ? t("Save") : t("Create")}
      submit={submit}
      blocked={types.length ? undefined : t("Choose what it is told.")}
    >
      {(problem) => (
        <>
          <Text
            label={t("Name")}
            required
            autoFocus
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.target.value)}
            error={problem?.reasonFor("name")}
          />
          <Text
            label={t("Address")}
            hint={t("With https. It gets a POST for each.")}
            type="url"
            required
            value={url}
            onChange={(event) => setUrl(event.target.value)}
            error={problem?.reasonFor("url")}
          />
          <Choice
            label={t("Shape")}
            value={format}
            onChange={(event) => setFormat(event.target.value as Webhook["format"])}
            options={[
              { value: "standard", label: t("For programs (Standard Webhooks)") },
              { value: "slack", label: t("A message, as Slack takes it") },
            ]}
          />
          <Told types={types} set={setTypes} />
          <Check
            label={t("Unconfirmed scores too")}
            hint={t("Chosen, but not yet sent off.")}
            checked={unconfirmed}
            onChange={(event) => setUnconfirmed(event.target.checked)}
          />
        </>
      )}
    </FormDialog>
  );
}

function Told({ types, set }: { types: Kind[]; set: (types: Kind[]) => void }) {
  const { t } = useTranslation();
  const words = kindWords(t);
  return (
    <fieldset className="stack tight">
      <legend>{t("What it is told")}</legend>
      {KINDS.map((kind) => (
        <Check
          key={kind}
          label={words[kind]}
          checked={types.includes(kind)}
          onChange={(event) =>
            set(KINDS.filter((one) => (one === kind ? event.target.checked : types.includes(one))))
          }
        />
      ))}
    </fieldset>
  );
}

function Tested({ found, close }: { found: WebhookTest; close: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog title={t("What came back")} close={close}>
      <p className="row">
        <Badge tone={found.delivered ? "good" : "bad"}>{found.delivered ? t("Taken") : t("Not taken")}</Badge>
        <span>
          {found.status ?? found.fault} ·{" "}
          {t("{{seconds}} s", { seconds: number(found.seconds, { maximumFractionDigits: 2 }) })}
        </span>
      </p>
      {found.excerpt && <pre tabIndex={0}>{found.excerpt}</pre>}
    </Dialog>
  );
}

function Log({ hook, close }: { hook: Webhook; close: () => void }) {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ["feedback", "webhooks", hook.id, "attempts"],
    queryFn: () => body(feedback.GET("/v1/webhooks/{id}/attempts", of(hook))),
  });
  const words: Record<string, string> = {
    delivered: t("Taken"),
    again: t("To be tried again"),
    gave_up: t("Given up"),
  };
  return (
    <Dialog title={t("Log of “{{name}}”", { name: hook.name })} close={close} wide>
      <Panel query={query}>
        {({ items }) => (
          <Table<Attempt>
            label={t("Attempts of the last 30 days")}
            rows={items}
            none={t("Nothing was sent yet.")}
            columns={[
              { head: t("When"), cell: (one) => <When at={one.at} exact /> },
              {
                head: t("Outcome"),
                cell: (one) => (
                  <Badge tone={one.outcome === "delivered" ? "good" : "bad"}>
                    {words[one.outcome] ?? one.outcome}
                  </Badge>
                ),
              },
              { head: t("Answer"), cell: (one) => one.status ?? one.fault },
              { head: t("Said"), cell: (one) => <span className="small">{one.excerpt.slice(0, 80)}</span> },
            ]}
          />
        )}
      </Panel>
    </Dialog>
  );
}

function Replay({ hook, close }: { hook: Webhook; close: () => void }) {
  const { t } = useTranslation();
  const today = new Date().toISOString().slice(0, 10);
  const [from, setFrom] = useState(today);
  const [to, setTo] = useState(today);
  const submit = async () => {
    const until = new Date(Date.parse(to) + 86_400_000).toISOString();
    await body(
      feedback.POST("/v1/webhooks/{id}/replay", {
        params: { path: { id: hook.id }, header: { "idempotency-key": crypto.randomUUID() } },
        body: { since: `${from}T00:00:00Z`, until },
      }),
    );
    await refresh();
    say(t("They are on their way again."));
  };
  return (
    <FormDialog
      title={t("Tell “{{name}}” again", { name: hook.name })}
      close={close}
      action={t("Tell again")}
      submit={submit}
    >
      {(problem) => (
        <>
          <p>{t("All answers that changed in these days are told once more, as they are now.")}</p>
          <div className="pair">
            <Text
              label={t("From")}
              type="date"
              required
              max={to}
              value={from}
              onChange={(event) => setFrom(event.target.value)}
              error={problem?.reasonFor("since")}
            />
            <Text
              label={t("To")}
              type="date"
              required
              min={from}
              max={today}
              value={to}
              onChange={(event) => setTo(event.target.value)}
              error={problem?.reasonFor("until")}
            />
          </div>
        </>
      )}
    </FormDialog>
  );
}
