import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { send } from "../../api/client";
import type { components } from "../../api/generated/console";
import { useUser } from "../../api/may";
import { queryClient } from "../../api/queryClient";
import type { Role } from "../../api/session";
import { Badge, Button, Card, Panel, When } from "../../ui/basics";
import { Choice, Text } from "../../ui/fields";
import { ActionMenu, Confirm, FormDialog } from "../../ui/overlays";
import { ShownOnce, Table } from "../../ui/Table";
import { sayProblem } from "../../ui/toasts";

type Row = components["schemas"]["UserBody"];
const ROLES: Role[] = ["viewer", "agent", "manager", "admin"];
const USERS = "/api/console/v1/users";
const TONES: Record<string, "good" | "info" | "mid"> = { active: "good", invited: "info", disabled: "mid" };

export function Users() {
  const { t } = useTranslation();
  const me = useUser();
  const query = useQuery({
    queryKey: ["console", "users"],
    queryFn: () => send<{ items: Row[] }>("GET", USERS),
  });
  const [inviting, setInviting] = useState(false);
  const [link, setLink] = useState<string | null>(null);
  const [removing, setRemoving] = useState<Row | null>(null);
  const refresh = () => queryClient.invalidateQueries({ queryKey: ["console", "users"] });
  const change = (one: Row, body: object) =>
    void send("PATCH", `${USERS}/${one.id}`, body).then(refresh, sayProblem);
  const states: Record<string, string> = {
    invited: t("Invited"),
    active: t("Active"),
    disabled: t("Disabled"),
  };
  return (
    <Card
      title={t("Users")}
      actions={
        <Button look="primary" onClick={() => setInviting(true)}>
          {t("Invite")}
        </Button>
      }
      flush
    >
      <Panel query={query}>
        {({ items }) => (
          <Table
            label={t("List of users")}
            rows={items}
            columns={[
              {
                head: t("Who"),
                cell: (one) => (
                  <>
                    <span className="strong">{one.name || one.email}</span>
                    <span className="muted small" style={{ display: "block" }}>
                      {one.email}
                    </span>
                  </>
                ),
              },
              {
                head: t("Role"),
                cell: (one) => (
                  <Choice
                    hideLabel
                    label={t("Role of {{name}}", { name: one.email })}
                    value={one.role}
                    disabled={one.id === me.id}
                    onChange={(event) => change(one, { role: event.target.value })}
                    options={ROLES.map((role) => ({ value: role, label: t(role) }))}
                  />
                ),
              },
              {
                head: t("State"),
                cell: (one) => (
                  <>
                    <Badge tone={TONES[one.state] ?? "mid"}>{states[one.state] ?? one.state}</Badge>{" "}
                    {one.totp && <Badge>{t("2 factors")}</Badge>}
                  </>
                ),
              },
              { head: t("Last here"), cell: (one) => <When at={one.last_sign_in_at} /> },
              {
                head: t("Actions"),
                silent: true,
                cell: (one) => (
                  <ActionMenu
                    label={t("More")}
                    items={[
                      {
                        id: "link",
                        label: t("New link to sign in"),
                        act: () =>
                          void send<{ link: string }>("POST", `${USERS}/${one.id}/link`, {}).then(
                            (made) => setLink(made.link),
                            sayProblem,
                          ),
                      },
                      {
                        id: "totp",
                        label: t("Reset the second factor"),
                        reason: one.totp ? undefined : t("It is off."),
                        act: () =>
                          void send("POST", `${USERS}/${one.id}/reset-totp`, {}).then(refresh, sayProblem),
                      },
                      {
                        id: "state",
                        label: one.state === "disabled" ? t("Let in again") : t("Disable"),
                        reason: one.id === me.id ? t("That is you.") : undefined,
                        act: () => change(one, { disabled: one.state !== "disabled" }),
                      },
                      {
                        id: "delete",
                        label: t("Delete"),
                        danger: true,
                        reason: one.id === me.id ? t("That is you.") : undefined,
                        act: () => setRemoving(one),
                      },
                    ]}
                  />
                ),
              },
            ]}
          />
        )}
      </Panel>
      {inviting && (
        <Invite
          close={() => setInviting(false)}
          made={(text) => {
            setLink(text);
            void refresh();
          }}
        />
      )}
      {link && (
        <ShownOnce
          title={t("A link that works once")}
          about={t("Send it to the person yourself. It is shown only now.")}
          text={link}
          close={() => setLink(null)}
        />
      )}
      {removing && (
        <Confirm
          title={t("Delete {{name}}", { name: removing.email })}
          action={t("Delete")}
          danger
          close={() => setRemoving(null)}
          act={async () => {
            await send("DELETE", `${USERS}/${removing.id}`);
            await refresh();
          }}
        >
          <p>{t("Sessions end at once. What the person did stays in the audit logs.")}</p>
        </Confirm>
      )}
    </Card>
  );
}

function Invite({ close, made }: { close: () => void; made: (link: string) => void }) {
  const { t } = useTranslation();
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [role, setRole] = useState<string>("agent");
  return (
    <FormDialog
      title={t("Invite a colleague")}
      close={close}
      action={t("Invite")}
      submit={async () => made((await send<{ link: string }>("POST", USERS, { email, name, role })).link)}
    >
      {(problem) => (
        <>
          <Text
            label={t("E-mail")}
            type="email"
            required
            autoFocus
            value={email}
            onChange={(event) => setEmail(event.target.value)}
            error={problem?.reasonFor("email")}
          />
          <Text
            label={t("Name")}
            required
            value={name}
            onChange={(event) => setName(event.target.value)}
            error={problem?.reasonFor("name")}
          />
          <Choice
            label={t("Role")}
            value={role}
            onChange={(event) => setRole(event.target.value)}
            options={ROLES.map((one) => ({ value: one, label: t(one) }))}
            hint={t(
              "Viewers look; agents see to answers and single surveys; managers run campaigns and imports; admins do all.",
            )}
          />
        </>
      )}
    </FormDialog>
  );
}
