import { useQuery } from "@tanstack/react-query";
import { Building2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { body, outbox } from "../../api/client";
import { useMay } from "../../api/may";
import { brandsQuery } from "../../api/queries";
import { queryClient } from "../../api/queryClient";
import type { Brand } from "../../api/types";
import { Badge, Button, Card, Empty, Panel } from "../../ui/basics";
import { Choice, Text } from "../../ui/fields";
import { Dialog, FormDialog } from "../../ui/overlays";
import { say } from "../../ui/toasts";

export function Senders() {
  const { t } = useTranslation();
  const may = useMay();
  const query = useQuery(brandsQuery);
  const [editing, setEditing] = useState<Brand | "new" | null>(null);
  const [checking, setChecking] = useState<Brand | null>(null);
  return (
    <div className="stack">
      <div className="row">
        <span className="grow" />
        <Button onClick={() => setEditing("new")} reason={may("manage")}>
          {t("New brand")}
        </Button>
      </div>
      <Panel query={query}>
        {(items) => (
          <div className="halves">
            {items.map((one) => (
              <Card
                key={one.id}
                title={one.name}
                actions={
                  <>
                    <Button small look="quiet" onClick={() => setChecking(one)}>
                      {t("Check the domain")}
                    </Button>
                    <Button small look="quiet" onClick={() => setEditing(one)} reason={may("manage")}>
                      {t("Edit")}
                    </Button>
                  </>
                }
              >
                <dl className="facts">
                  <dt>{t("Sender")}</dt>
                  <dd>
                    {one.sender_name} &lt;{one.sender_email}&gt;
                  </dd>
                  <dt>{t("Replies to")}</dt>
                  <dd>{one.reply_to ?? "–"}</dd>
                  <dt>{t("Survey pages")}</dt>
                  <dd>{one.public_url ?? t("the default")}</dd>
                  <dt>{t("Language")}</dt>
                  <dd>{one.default_language}</dd>
                  <dt>{t("A no refuses")}</dt>
                  <dd>{one.unsubscribe_scope === "all" ? t("all surveys") : t("surveys of this brand")}</dd>
                  <dt>{t("Colour")}</dt>
                  <dd className="row">
                    <span
                      className="dot"
                      style={{ background: one.color, width: 18, height: 18 }}
                      aria-hidden
                    />{" "}
                    <code>{one.color}</code>
                  </dd>
                </dl>
              </Card>
            ))}
            {!items.length && (
              <Card>
                <Empty icon={Building2} title={t("No brand yet")}>
                  {t("A brand is who the mails come from, and how they look.")}
                </Empty>
              </Card>
            )}
          </div>
        )}
      </Panel>
      {editing && <BrandDialog brand={editing === "new" ? null : editing} close={() => setEditing(null)} />}
      {checking && <DomainCheck brand={checking} close={() => setChecking(null)} />}
    </div>
  );
}

const BLANK = {
  name: "",
  sender_name: "",
  sender_email: "",
  reply_to: null,
  public_url: null,
  color: "#1f5f8b",
  background_color: "#f3f6f9",
  logo_url: null,
  postal_address: null,
  default_language: "en",
  unsubscribe_scope: "all",
  bounce_domain: null,
  dkim_selector: null,
};

function BrandDialog({ brand, close }: { brand: Brand | null; close: () => void }) {
  const { t } = useTranslation();
  const { id: _id, version: _version, ...given } = brand ?? { ...BLANK, id: "", version: 0 };
  const [now, setNow] = useState<Omit<Brand, "id" | "version">>(given as Omit<Brand, "id" | "version">);
  const set = (name: keyof typeof now) => (event: { target: { value: string } }) =>
    setNow({
      ...now,
      [name]: event.target.value || (["name", "sender_name", "sender_email"].includes(name) ? "" : null),
    });
  const submit = async () => {
    const id =
      brand?.id ??
      (now.name
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, "-")
        .replaceAll(/^-|-$/g, "") ||
        "brand");
    await body(
      outbox.PUT("/v1/brands/{id}", {
        params: { path: { id }, header: brand ? { "if-match": `"${brand.version}"` } : {} },
        body: now,
      }),
    );
    await queryClient.invalidateQueries({ queryKey: ["outbox", "brands"] });
    say(t("“{{name}}” was saved.", { name: now.name }));
  };
  return (
    <FormDialog
      title={brand ? t("Edit {{name}}", { name: brand.name }) : t("New brand")}
      close={close}
      submit={submit}
      action={t("Save")}
    >
      {(problem) => (
        <>
          <Text
            label={t("Name")}
            value={now.name}
            onChange={set("name")}
            required
            autoFocus
            error={problem?.reasonFor("name")}
          />
          <div className="pair">
            <Text
              label={t("Sender's name")}
              value={now.sender_name}
              onChange={set("sender_name")}
              required
              error={problem?.reasonFor("sender_name")}
            />
            <Text
              label={t("Sender's address")}
              type="email"
              value={now.sender_email}
              onChange={set("sender_email")}
              required
              error={problem?.reasonFor("sender_email")}
            />
          </div>
          <div className="pair">
            <Text
              label={t("Replies to")}
              type="email"
              value={now.reply_to ?? ""}
              onChange={set("reply_to")}
              error={problem?.reasonFor("reply_to")}
            />
            <Text
              label={t("Survey pages at")}
              type="url"
              placeholder="https://"
              value={now.public_url ?? ""}
              onChange={set("public_url")}
              error={problem?.reasonFor("public_url")}
            />
          </div>
          <div className="pair">
            <Text
              label={t("Logo")}
              type="url"
              placeholder="https://"
              value={now.logo_url ?? ""}
              onChange={set("logo_url")}
              error={problem?.reasonFor("logo_url")}
            />
            <Text label={t("Colour")} type="color" value={now.color} onChange={set("color")} />
            <Text
              label={t("Background")}
              type="color"
              value={now.background_color}
              onChange={set("background_color")}
            />
          </div>
          <Text
            label={t("Postal address")}
            value={now.postal_address ?? ""}
            onChange={set("postal_address")}
          />
          <div className="pair">
            <Text
              label={t("Language")}
              value={now.default_language}
              onChange={set("default_language")}
              error={problem?.reasonFor("default_language")}
            />
            <Choice
              label={t("A no refuses")}
              value={now.unsubscribe_scope}
              onChange={set("unsubscribe_scope")}
              options={[
                { value: "all", label: t("all surveys") },
                { value: "brand", label: t("surveys of this brand") },
              ]}
            />
          </div>
        </>
      )}
    </FormDialog>
  );
}

function DomainCheck({ brand, close }: { brand: Brand; close: () => void }) {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ["outbox", "brand-check", brand.id],
    queryFn: () => body(outbox.POST("/v1/brands/{id}/check", { params: { path: { id: brand.id } } })),
  });
  const tones = { pass: "good", warn: "mid", fail: "bad" } as const;
  return (
    <Dialog title={t("Domain of {{name}}", { name: brand.name })} close={close} wide>
      <Panel query={query}>
        {(found) => (
          <>
            <p>
              {found.ready
                ? t("Mails of {{domain}} will be taken for real.", { domain: found.domain })
                : t("Some receivers may not trust mails of {{domain}} yet.", { domain: found.domain })}
            </p>
            {found.checks.map((one) => (
              <div key={one.name} className="stack tight">
                <p className="row">
                  <Badge tone={tones[one.state as "pass"]!}>{one.state}</Badge>{" "}
                  <span className="strong">{one.name.toUpperCase()}</span> <code>{one.place}</code>
                </p>
                <p className="muted">{one.reason}</p>
                {one.wanted && <pre tabIndex={0}>{one.wanted}</pre>}
              </div>
            ))}
          </>
        )}
      </Panel>
    </Dialog>
  );
}
