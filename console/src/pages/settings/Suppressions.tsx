import { useState } from "react";
import { useTranslation } from "react-i18next";
import { body, outbox, send } from "../../api/client";
import { useMay } from "../../api/may";
import type { AddressCheck, SuppressionReport } from "../../api/types";
import { number } from "../../lib/format";
import { Badge, Button, Card, Failed, Note } from "../../ui/basics";
import { Text } from "../../ui/fields";

const LINES = 5_000;

/** Lists of those who said no elsewhere, and what is known of a single address. */
export function Suppressions() {
  return (
    <div className="halves">
      <Lists />
      <Check />
    </div>
  );
}

/** Pieces of whole lines; a list of a million addresses is more than one request takes. */
function pieces(text: string): string[] {
  const lines = text.split(/\r?\n/).filter(Boolean);
  // A header row tells what the columns mean, in each piece anew.
  const head = lines[0] && !lines[0].startsWith("{") && !lines[0].includes("@") ? lines.shift()! : null;
  return Array.from({ length: Math.ceil(lines.length / LINES) }, (_, place) => {
    const part = lines.slice(place * LINES, (place + 1) * LINES);
    return [...(head ? [head] : []), ...part].join("\n");
  });
}

function Lists() {
  const { t } = useTranslation();
  const may = useMay();
  const [report, setReport] = useState<SuppressionReport | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const take = async (file: File | undefined) => {
    if (!file) return;
    setBusy(true);
    setError(null);
    try {
      const sum: SuppressionReport = { read: 0, added: 0, known: 0, refused: 0, faults: [] };
      const text = await file.text();
      const kind = text.trimStart().startsWith("{") ? "application/x-ndjson" : "text/csv";
      for (const piece of pieces(text)) {
        const found = await send<SuppressionReport>(
          "POST",
          "/api/outbox/v1/suppressions/import",
          piece,
          kind,
        );
        for (const name of ["read", "added", "known", "refused"] as const) sum[name] += found[name];
        sum.faults.push(...found.faults);
      }
      setReport(sum);
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  const reason = may("administer");
  return (
    <Card title={t("Never to be surveyed")}>
      <div className="stack">
        <p>
          {t(
            "Whoever unsubscribes or complains is kept out for good, even if the customer is deleted and imported again. Take over the list of your earlier tool, so that nobody who said no there is asked here.",
          )}
        </p>
        <div className="row">
          <label className="btn" aria-disabled={reason ? true : undefined} title={reason}>
            {busy ? t("Reading …") : t("Take over a list (CSV)")}
            <input
              type="file"
              accept=".csv,.txt,.ndjson,text/csv"
              className="sr"
              disabled={Boolean(reason) || busy}
              onChange={(event) => void take(event.target.files?.[0])}
            />
          </label>
          <a className="btn" href="/api/outbox/v1/suppressions/export" download="suppressions.ndjson">
            {t("Download")}
          </a>
        </div>
        <p className="small muted">
          {t("The download holds no addresses, only marks by which they are known again.")}
        </p>
        {error ? <Failed error={error} what={t("The list could not be read")} /> : null}
        {report && (
          <Note tone={report.refused ? "mid" : "good"} role="status">
            <p>
              {t("{{read}} lines: {{added}} added, {{known}} known already, {{refused}} refused.", {
                read: number(report.read),
                added: number(report.added),
                known: number(report.known),
                refused: number(report.refused),
              })}
            </p>
            <ul className="small">
              {report.faults.slice(0, 5).map((one) => (
                <li key={one.line}>
                  {t("Line {{line}}: {{reason}}", { line: one.line, reason: one.reason })}
                </li>
              ))}
            </ul>
          </Note>
        )}
      </div>
    </Card>
  );
}

function Check() {
  const { t } = useTranslation();
  const [address, setAddress] = useState("");
  const [found, setFound] = useState<AddressCheck | null>(null);
  const [error, setError] = useState<unknown>(null);
  const reasons: Record<string, string> = {
    found: t("Its domain takes mail."),
    "written-right": t("It is written as an address is."),
    "not-an-address": t("That is no e-mail address."),
    disposable: t("It is of a service for throw-away addresses."),
    "no-such-domain": t("There is no such domain."),
    "takes-no-mail": t("The domain says that it takes no mail."),
    "no-mail-server": t("The domain has no mail server."),
    "no-answer": t("Nobody can say just now."),
  };
  return (
    <Card title={t("Check an address")}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          setError(null);
          body(outbox.POST("/v1/addresses/check", { body: { addresses: [address.trim()] } })).then(
            ({ items }) => setFound(items[0] ?? null),
            setError,
          );
        }}
      >
        <Text
          label={t("E-mail")}
          hint={t("Nothing is sent to it, and it costs nothing.")}
          value={address}
          required
          onChange={(event) => setAddress(event.target.value)}
        />
        <div>
          <Button type="submit">{t("Check it")}</Button>
        </div>
        {error ? <Failed error={error} /> : null}
        {found && (
          <p role="status" className="row">
            <Badge tone={found.deliverable ? "good" : found.deliverable === null ? "mid" : "bad"}>
              {found.deliverable
                ? t("Deliverable")
                : found.deliverable === null
                  ? t("Not known")
                  : t("Non-deliverable")}
            </Badge>
            <span className="strong">{found.address}</span> {reasons[found.reason] ?? found.reason}
          </p>
        )}
      </form>
    </Card>
  );
}
