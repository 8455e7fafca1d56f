import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { body, scheduler } from "../../api/client";
import { brandsQuery } from "../../api/queries";
import { Button, Card, Note, Panel } from "../../ui/basics";
import { Choice } from "../../ui/fields";
import { Table } from "../../ui/Table";
import { say } from "../../ui/toasts";

/** Which apps may show surveys, and what their makers need. */
export function Apps() {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ["scheduler", "in-app"],
    queryFn: () => body(scheduler.GET("/v1/in-app", {})),
  });
  return (
    <Panel query={query}>
      {(found) => (
        <div className="stack">
          <Card title={t("Keys that apps sign with")} flush>
            <Table
              label={t("List of app keys")}
              rows={found.keys.map((one) => ({ ...one, id: one.brand_id }))}
              none={t("No key is in force, so no survey is shown in any app.")}
              columns={[
                {
                  head: t("Brand"),
                  cell: (one) => (
                    <span className="strong">
                      {one.brand_id === "*" ? t("Every other brand") : one.brand_id}
                    </span>
                  ),
                },
                {
                  head: t("Fingerprints"),
                  cell: (one) => one.fingerprints.map((mark) => <code key={mark}>{mark} </code>),
                },
              ]}
            />
          </Card>
          <Card title={t("How apps are known")}>
            <div className="stack">
              <dl className="facts wide">
                <dt>{t("Users are known by")}</dt>
                <dd>{t("their id in the source “{{source}}”", { source: found.source })}</dd>
                <dt>{t("Pages that may ask")}</dt>
                <dd>{found.origins.includes("*") ? t("any") : found.origins.join(", ") || t("none yet")}</dd>
              </dl>
              <Note>
                {t(
                  "Keys, pages and the source are settings of the scheduler, so that no database holds what apps sign with: SOUNDING_SCHEDULER_IN_APP_SECRETS, …_ORIGINS and …_SOURCE. To change a key without a gap, whoever runs Sounding names both, the app signs with the new one, and the old one is taken out. A key that is taken out is refused from then on.",
                )}
              </Note>
            </div>
          </Card>
          <SetUp endpoint={found.endpoint} />
        </div>
      )}
    </Panel>
  );
}

function SetUp({ endpoint }: { endpoint: string }) {
  const { t } = useTranslation();
  const brands = useQuery(brandsQuery);
  const [chosen, setChosen] = useState("");
  const brand = chosen || brands.data?.[0]?.id || "default";
  const page = `<script src="${location.origin}/snippet.js" defer></script>
<script>
  addEventListener("load", () => Sounding.init({
    endpoint: "${endpoint}",
    brand: "${brand}",
    user: { id: "USER_ID", signature: "SIGNATURE" },
  }));
</script>`;
  const server = `import hashlib, hmac

signature = hmac.new(KEY.encode(), USER_ID.encode(), hashlib.sha256).hexdigest()`;
  return (
    <Card title={t("Put surveys into an app")}>
      <div className="stack">
        <Choice
          label={t("Brand")}
          value={brand}
          onChange={(event) => setChosen(event.target.value)}
          options={(brands.data ?? []).map((one) => ({ value: one.id, label: one.name }))}
        />
        <Copied title={t("On the page")} text={page} />
        <Copied title={t("On your server, never in the browser")} text={server} />
        <p className="small muted">
          {t(
            "The page asks at the address above, which must reach both the scheduler’s /in-app and the survey pages. Which survey is shown, when and how often, is set in an in-app campaign.",
          )}
        </p>
      </div>
    </Card>
  );
}

function Copied({ title, text }: { title: string; text: string }) {
  const { t } = useTranslation();
  return (
    <section className="stack tight">
      <div className="row">
        <h3 className="grow">{title}</h3>
        <Button
          small
          aria-label={t("Copy: {{what}}", { what: title })}
          onClick={() => void navigator.clipboard?.writeText(text).then(() => say(t("Copied")))}
        >
          {t("Copy")}
        </Button>
      </div>
      <pre tabIndex={0}>{text}</pre>
    </section>
  );
}
