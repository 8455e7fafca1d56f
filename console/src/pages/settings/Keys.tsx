import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { send } from "../../api/client";
import { queryClient } from "../../api/queryClient";
import { Badge, Button, Card, Note, Panel, When } from "../../ui/basics";
import { Check, Text } from "../../ui/fields";
import { Confirm, Dialog, FormDialog } from "../../ui/overlays";

interface Key {
  id: string;
  name: string;
  scopes: string[];
  created_by: string;
  created_at: string;
  revoked_at: string | null;
  last_used_at: string | null;
}
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
          <div className="scroll" role="region" aria-label={t("List of API keys")} tabIndex={0}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{t("Name")}</th>
                  <th scope="col">{t("May")}</th>
                  <th scope="col">{t("Made by")}</th>
                  <th scope="col">{t("Last used")}</th>
                  <th scope="col">
                    <span className="sr">{t("Actions")}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {items.map((one) => (
                  <tr key={one.id}>
                    <td className="strong">{one.name}</td>
                    <td className="small">{one.scopes.join(", ")}</td>
                    <td>{one.created_by}</td>
                    <td>
                      <When at={one.last_used_at} />
                    </td>
                    <td>
                      {one.revoked_at ? (
                        <Badge tone="mid">{t("Revoked")}</Badge>
                      ) : (
                        <Button small onClick={() => setRevoking(one)}>
                          {t("Revoke")}
                        </Button>
                      )}
                    </td>
                  </tr>
                ))}
                {!items.length && (
                  <tr>
                    <td colSpan={5} className="muted">
                      {t("No keys. Integrations and scripts use one to call the API on this address.")}
                    </td>
                  </tr>
                )}
              </tbody>
            </table>
          </div>
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
        <Dialog title={t("The new key")} close={() => setMade(null)}>
          <Note tone="mid">{t("Copy it now; it is never shown again.")}</Note>
          <pre tabIndex={0}>{made}</pre>
        </Dialog>
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
