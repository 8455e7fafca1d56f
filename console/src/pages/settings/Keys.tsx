import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { send } from "../../api/client";
import type { components } from "../../api/generated/console";
import { queryClient } from "../../api/queryClient";
import { Badge, Button, Card, Panel, When } from "../../ui/basics";
import { Check, Text } from "../../ui/fields";
import { Confirm, FormDialog } from "../../ui/overlays";
import { ShownOnce, Table } from "../../ui/Table";

type Key = components["schemas"]["KeyBody"];
const KEYS = "/api/console/v1/keys";

export function Keys() {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ["console", "keys"],
    queryFn: () => send<{ items: Key[] }>("GET", KEYS),
  });
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<string | null>(null);
  const [revoking, setRevoking] = useState<Key | null>(null);
  const refresh = () => queryClient.invalidateQueries({ queryKey: ["console", "keys"] });
  return (
    <Card
      title={t("API keys")}
      actions={
        <Button look="primary" onClick={() => setMaking(true)}>
          {t("New key")}
        </Button>
      }
      flush
    >
      <Panel query={query}>
        {({ items }) => (
          <Table
            label={t("List of API keys")}
            rows={items}
            none={t("No keys. Integrations and scripts use one to call the API on this address.")}
            columns={[
              { head: t("Name"), cell: (one) => <span className="strong">{one.name}</span> },
              { head: t("May"), cell: (one) => <span className="small">{one.scopes.join(", ")}</span> },
              { head: t("Made by"), cell: (one) => one.created_by },
              { head: t("Last used"), cell: (one) => <When at={one.last_used_at} /> },
              {
                head: t("Actions"),
                silent: true,
                cell: (one) =>
                  one.revoked_at ? (
                    <Badge tone="mid">{t("Revoked")}</Badge>
                  ) : (
                    <Button small onClick={() => setRevoking(one)}>
                      {t("Revoke")}
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </Panel>
      {making && (
        <NewKey
          close={() => setMaking(false)}
          made={(key) => {
            setMade(key);
            void refresh();
          }}
        />
      )}
      {made && (
        <ShownOnce
          title={t("The new key")}
          about={t("Copy it now; it is never shown again.")}
          text={made}
          close={() => setMade(null)}
        />
      )}
      {revoking && (
        <Confirm
          title={t("Revoke “{{name}}”", { name: revoking.name })}
          action={t("Revoke")}
          danger
          close={() => setRevoking(null)}
          act={async () => {
            await send("POST", `${KEYS}/${revoking.id}/revoke`, {});
            await refresh();
          }}
        >
          <p>{t("From the next request on it is refused.")}</p>
        </Confirm>
      )}
    </Card>
  );
}

function NewKey({ close, made }: { close: () => void; made: (key: string) => void }) {
  const { t } = useTranslation();
  const scopes = useQuery({
    queryKey: ["console", "scopes"],
    queryFn: () => send<{ items: { scope: string; description: string }[] }>("GET", "/api/console/v1/scopes"),
  });
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<string[]>([]);
  return (
    <FormDialog
      title={t("New API key")}
      close={close}
      action={t("Make it")}
      blocked={chosen.length ? undefined : t("Choose what it may do.")}
      submit={async () => made((await send<{ key: string }>("POST", KEYS, { name, scopes: chosen })).key)}
    >
      {(problem) => (
        <>
          <Text
            label={t("Name")}
            required
            autoFocus
            value={name}
            onChange={(event) => setName(event.target.value)}
            error={problem?.reasonFor("name")}
          />
          <fieldset>
            <legend>{t("It may")}</legend>
            <div className="stack tight" style={{ marginTop: 8 }}>
              {(scopes.data?.items ?? []).map((one) => (
                <Check
                  key={one.scope}
                  label={<code>{one.scope}</code>}
                  hint={one.description}
                  checked={chosen.includes(one.scope)}
                  onChange={(event) =>
                    setChosen(
                      event.target.checked
                        ? [...chosen, one.scope]
                        : chosen.filter((scope) => scope !== one.scope),
                    )
                  }
                />
              ))}
            </div>
          </fieldset>
        </>
      )}
    </FormDialog>
  );
}
