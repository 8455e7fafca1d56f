import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Mail, Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { body, outbox } from "../../api/client";
import { useMay } from "../../api/may";
import { templatesQuery } from "../../api/queries";
import { queryClient } from "../../api/queryClient";
import { Badge, Button, Card, Empty, PageHead, Panel, When } from "../../ui/basics";
import { Choice, Text } from "../../ui/fields";
import { FormDialog } from "../../ui/overlays";

export const builtInQuery = {
  queryKey: ["outbox", "templates", "built-in"],
  queryFn: async () =>
    (await body(outbox.GET("/v1/templates", { params: { query: { built_in: true } } }))).items ?? [],
};

export function Templates() {
  const { t } = useTranslation();
  const may = useMay();
  const query = useQuery(templatesQuery);
  const [adding, setAdding] = useState(false);
  const add = (
    <Button look="primary" icon={Plus} reason={may("manage")} onClick={() => setAdding(true)}>
      {t("New template")}
    </Button>
  );
  return (
    <>
      <PageHead title={t("Templates")} about={t("What the mails look like, in each language.")}>
        {add}
      </PageHead>
      <Panel query={query}>
        {(items) =>
          items.length ? (
            <Card flush>
              <div className="scroll" tabIndex={0} role="region" aria-label={t("Templates")}>
                <table>
                  <thead>
                    <tr>
                      <th scope="col">{t("Template")}</th>
                      <th scope="col">{t("Subject")}</th>
                      <th scope="col">{t("Languages")}</th>
                      <th scope="col">{t("Saved")}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {items.map((one) => (
                      <tr key={one.id}>
                        <td>
                          <Link className="name" to="/templates/$id" params={{ id: one.id }}>
                            {one.name}
                          </Link>{" "}
                          {one.built_in && <Badge>{t("Built in")}</Badge>}
                        </td>
                        <td className="muted">
                          <span className="sentence">{Object.values(one.languages)[0]?.subject}</span>
                        </td>
                        <td>{Object.keys(one.languages).join(", ")}</td>
                        <td className="nowrap">
                          <When at={one.saved_at} />
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            </Card>
          ) : (
            <Card>
              <Empty icon={Mail} title={t("No templates yet")} actions={add}>
                {t("Begin with one of those that come with Sounding, and make it yours.")}
              </Empty>
            </Card>
          )
        }
      </Panel>
      {adding && <NewTemplate close={() => setAdding(false)} />}
    </>
  );
}

function NewTemplate({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const own = useQuery(templatesQuery);
  const builtIn = useQuery(builtInQuery);
  const all = [...(builtIn.data ?? []), ...(own.data ?? [])];
  const [name, setName] = useState("");
  const [from, setFrom] = useState("");
  const base = all.find((one) => one.id === from) ?? all[0];
  const submit = async () => {
    const id = `${
      name
        .toLowerCase()
        .normalize("NFKD")
        .replaceAll(/[^a-z0-9]+/g, "-")
        .replaceAll(/^-|-$/g, "") || "template"
    }-${crypto.randomUUID().slice(0, 6)}`;
    await body(
      outbox.PUT("/v1/templates/{id}", {
        params: { path: { id } },
        body: { name, default_language: base!.default_language ?? null, languages: base!.languages },
      }),
    );
    await queryClient.invalidateQueries({ queryKey: ["outbox", "templates"] });
    void navigate({ to: "/templates/$id", params: { id } });
  };
  return (
    <FormDialog
      title={t("New template")}
      close={close}
      submit={submit}
      action={t("Create")}
      blocked={base ? undefined : t("Loading …")}
    >
      {(problem) => (
        <>
          <Text
            label={t("Name")}
            value={name}
            onChange={(event) => setName(event.target.value)}
            required
            autoFocus
            maxLength={200}
            error={problem?.reasonFor("name")}
          />
          <Choice
            label={t("Begin with")}
            value={base?.id ?? ""}
            onChange={(event) => setFrom(event.target.value)}
            options={all.map((one) => ({ value: one.id, label: one.name }))}
          />
        </>
      )}
    </FormDialog>
  );
}
