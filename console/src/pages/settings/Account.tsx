import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { send } from "../../api/client";
import { useUser } from "../../api/may";
import { asProblem, type Problem } from "../../api/problem";
import { queryClient } from "../../api/queryClient";
import { saveSettings } from "../../api/session";
import { Badge, Button, Card, Failed, Note } from "../../ui/basics";
import { Check, Text } from "../../ui/fields";
import { FormDialog } from "../../ui/overlays";
import { say, sayProblem } from "../../ui/toasts";
import { Sessions } from "./Sessions";

export function Account() {
  const { t } = useTranslation();
  const user = useUser();
  const [setup, setSetup] = useState<{ secret: string; qr_svg: string } | null>(null);
  const [removing, setRemoving] = useState(false);
  const [recovery, setRecovery] = useState<string[] | null>(null);
  const refresh = () => queryClient.invalidateQueries({ queryKey: ["session"] });
  return (
    <div className="stack">
      <div className="halves">
        <Card title={t("You")}>
          <dl className="facts">
            <dt>{t("Name")}</dt>
            <dd>{user.name}</dd>
            <dt>{t("E-mail")}</dt>
            <dd>{user.email}</dd>
            <dt>{t("Role")}</dt>
            <dd>
              <Badge tone="info">{t(user.role)}</Badge>
            </dd>
          </dl>
          <div style={{ marginTop: 14 }}>
            <Check
              label={t("Single-key shortcuts")}
              hint={t("Such as / to find and j, k to move; “?” lists them.")}
              checked={user.settings.shortcuts !== false}
              onChange={(event) =>
                void saveSettings({ ...user.settings, shortcuts: event.target.checked }).catch(sayProblem)
              }
            />
          </div>
        </Card>
        {user.has_password && <Password />}
        <Card title={t("Second factor")}>
          <div className="stack">
            <p>
              {user.totp
                ? t("An authenticator's code is asked for at sign-in.")
                : t(
                    "A code from an authenticator app protects the account even where the password is known.",
                  )}
            </p>
            {recovery && (
              <Note tone="good">
                <p>{t("Keep these recovery codes; they are shown once.")}</p>
                <pre tabIndex={0}>{recovery.join("\n")}</pre>
              </Note>
            )}
            <div>
              {user.totp ? (
                <Button onClick={() => setRemoving(true)}>{t("Turn it off")}</Button>
              ) : (
                <Button
                  onClick={() =>
                    void send<{ secret: string; qr_svg: string }>("POST", "/api/session/totp", {}).then(
                      setSetup,
                      sayProblem,
                    )
                  }
                >
                  {t("Set it up")}
                </Button>
              )}
            </div>
          </div>
        </Card>
        {setup && (
          <CodeDialog
            title={t("Set up the second factor")}
            close={() => setSetup(null)}
            act={async (code) => {
              const made = await send<{ recovery_codes: string[] }>("POST", "/api/session/totp/confirm", {
                code,
              });
              setRecovery(made.recovery_codes);
              await refresh();
            }}
          >
            <p>{t("Scan this with your authenticator, then type the code that it shows.")}</p>
            <img
              src={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(setup.qr_svg)}`}
              alt={t("QR code of the secret")}
              width={200}
              height={200}
              style={{ background: "#fff", padding: 8, borderRadius: 8 }}
            />
            <p>
              <code>{setup.secret}</code>
            </p>
          </CodeDialog>
        )}
        {removing && (
          <CodeDialog
            title={t("Turn off the second factor")}
            close={() => setRemoving(false)}
            act={async (code) => {
              await send("POST", "/api/session/totp/remove", { code });
              await refresh();
            }}
          >
            <p>{t("Type a code from your authenticator.")}</p>
          </CodeDialog>
        )}
      </div>
      <Sessions />
    </div>
  );
}

function CodeDialog({
  title,
  close,
  act,
  children,
}: {
  title: string;
  close: () => void;
  act: (code: string) => Promise<void>;
  children: React.ReactNode;
}) {
  const { t } = useTranslation();
  const [code, setCode] = useState("");
  return (
    <FormDialog title={title} close={close} submit={() => act(code)} action={t("Go on")}>
      {() => (
        <>
          {children}
          <Text
            label={t("Code")}
            inputMode="numeric"
            autoComplete="one-time-code"
            required
            autoFocus
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
        </>
      )}
    </FormDialog>
  );
}

function Password() {
  const { t } = useTranslation();
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setProblem(null);
    try {
      await send("PUT", "/api/session/password", { old_password: old, new_password: fresh });
      setOld("");
      setFresh("");
      say(t("The password was changed; your other sessions ended."));
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <Card title={t("Password")}>
      <form className="stack" onSubmit={(event) => void save(event)}>
        <Text
          label={t("Now")}
          type="password"
          autoComplete="current-password"
          required
          value={old}
          onChange={(event) => setOld(event.target.value)}
        />
        <Text
          label={t("New")}
          hint={t("12 characters or more.")}
          type="password"
          autoComplete="new-password"
          minLength={12}
          required
          value={fresh}
          onChange={(event) => setFresh(event.target.value)}
        />
        {problem && <Failed error={problem} />}
        <div>
          <Button type="submit">{t("Change it")}</Button>
        </div>
      </form>
    </Card>
  );
}
