import { useSuspenseQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem, type Problem } from "../api/problem";
import { acceptLink, type Link, lookAtLink, sessionQuery, signIn } from "../api/session";
import { Button, Failed, Note, Title } from "../ui/basics";
import { Text } from "../ui/fields";

function fragment(): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
}

function Box({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <main className="signin">
      <div className="card">
        <div className="stack">
          <div className="row">
            <img src="/favicon.svg" alt="" width={36} height={36} />
            <span className="strong" style={{ fontSize: 17 }}>
              Sounding
            </span>
          </div>
          <Title>{title}</Title>
          {children}
        </div>
      </div>
    </main>
  );
}

export function SignIn({ done }: { done: () => void }) {
  const { t } = useTranslation();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const [token] = useState(() => fragment().link ?? null);
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [asksCode, setAsksCode] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    // A link that is opened where the door stands already changes what is behind the # only.
    const again = () => location.reload();
    addEventListener("hashchange", again);
    return () => removeEventListener("hashchange", again);
  }, []);
  if (token) return <ByLink token={token} done={done} />;

  async function send(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await signIn(email, password, code || undefined);
      done();
    } catch (error) {
      const found = asProblem(error);
      if (found.code === "code-needed") setAsksCode(true);
      else setProblem(found);
    } finally {
      setBusy(false);
    }
  }
  const reason =
    problem &&
    {
      "sign-in-wrong": t("The e-mail address or the password is wrong."),
      "code-wrong": t("That code is wrong, or too old."),
      "too-many-attempts": t("Too many attempts. Wait a few minutes, then try again."),
    }[problem.code];
  const failed = fragment().error;
  return (
    <Box title={t("Sign in")}>
      {failed && (
        <Note tone="bad" role="alert">
          {t("Signing in there did not work ({{code}}).", { code: failed })}
        </Note>
      )}
      {session.first_run && (
        <Note>
          {t("Nobody has an account yet. “sounding up” printed a link that makes the first one; open it.")}
        </Note>
      )}
      {session.sign_in.oidc.map((one) => (
        <a key={one.id} className="btn" href={one.url}>
          {t("Continue with {{name}}", { name: one.name })}
        </a>
      ))}
      {session.sign_in.password && (
        <form className="stack" onSubmit={send}>
          <Text
            label={t("E-mail")}
            type="email"
            autoComplete="username"
            required
            autoFocus
            value={email}
            onChange={(e) => setEmail(e.target.value)}
          />
          <Text
            label={t("Password")}
            type="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(e) => setPassword(e.target.value)}
          />
          {asksCode && (
            <Text
              label={t("Code from your authenticator")}
              inputMode="numeric"
              autoComplete="one-time-code"
              required
              autoFocus
              value={code}
              onChange={(e) => setCode(e.target.value)}
              hint={t("Or one of your recovery codes.")}
            />
          )}
          {problem &&
            (reason ? (
              <Note tone="bad" role="alert">
                {reason}
              </Note>
            ) : (
              <Failed error={problem} />
            ))}
          <Button type="submit" look="primary" busy={busy}>
            {t("Sign in")}
          </Button>
        </form>
      )}
    </Box>
  );
}

/** An invitation, a new password, or the link that `sounding up` prints. */
function ByLink({ token, done }: { token: string; done: () => void }) {
  const { t } = useTranslation();
  const [link, setLink] = useState<Link | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    lookAtLink(token)
      .then(async (found) => {
        if (found.password_needed) {
          setName(found.name ?? "");
          setLink(found);
          return;
        }
        await acceptLink(token);
        history.replaceState(null, "", "/");
        done();
      })
      .catch((error) => setProblem(asProblem(error)));
  }, [token, done]);

  async function send(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await acceptLink(token, name, password);
      history.replaceState(null, "", "/");
      done();
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  }
  if (problem?.code === "link-not-valid") {
    return (
      <Box title={t("This link is used up")}>
        <p>
          {t("Each link works once, and for a while only. Ask for a new one, or sign in with your password.")}
        </p>
        <a className="btn primary" href="/sign-in">
          {t("Sign in")}
        </a>
      </Box>
    );
  }
  return (
    <Box title={link ? t("Welcome") : t("Signing in …")}>
      {link && (
        <form className="stack" onSubmit={send}>
          <p className="muted">{link.email}</p>
          <Text
            label={t("Your name")}
            autoComplete="name"
            value={name}
            onChange={(e) => setName(e.target.value)}
            required
          />
          <Text
            label={t("Choose a password")}
            type="password"
            autoComplete="new-password"
            minLength={12}
            required
            value={password}
            onChange={(e) => setPassword(e.target.value)}
            hint={t("12 characters or more.")}
            error={problem?.code === "password-too-weak" ? problem.message : undefined}
          />
          {problem && problem.code !== "password-too-weak" && <Failed error={problem} />}
          <Button type="submit" look="primary" busy={busy}>
            {t("Go on")}
          </Button>
        </form>
      )}
      {!link && problem && <Failed error={problem} />}
    </Box>
  );
}
