import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { body, outbox } from "../../api/client";
import { useMay } from "../../api/may";
import { customerQuery, mailQuery, recordQuery, recordTimelineQuery } from "../../api/queries";
import { queryClient } from "../../api/queryClient";
import type { Dispatch } from "../../api/types";
import { dayAndTime, fullName, shown } from "../../lib/format";
import { channelWord, happenedWord, howSent } from "../../lib/words";
import { Button, Note, Panel, Person } from "../../ui/basics";
import { Because, Check, Segmented } from "../../ui/fields";
import { MailFrame } from "../../ui/MailFrame";
import { Drawer, FormDialog } from "../../ui/overlays";
import { say } from "../../ui/toasts";
import { Outcome } from "./RecordTable";
import { isTakenBack, TakeBack, waits } from "./TakeBack";

const SHOWN = new Set(["campaign_id", "message_id", "reason"]);

export function RecordDrawer({ id, close }: { id: string; close: () => void }) {
  const { t } = useTranslation();
  const record = useQuery(recordQuery(id));
  const timeline = useQuery(recordTimelineQuery(id));
  const customer = useQuery({
    ...customerQuery(record.data?.customer_id ?? ""),
    enabled: Boolean(record.data),
  });
  const may = useMay();
  const [mail, setMail] = useState(false);
  const [taking, setTaking] = useState(false);
  return (
    <Drawer title={record.data?.subject_line ?? t("Survey record")} close={close}>
      <Panel query={record}>
        {(one) => (
          <>
            <dl className="facts">
              <dt>{t("Customer")}</dt>
              <dd>
                <Person
                  id={one.customer_id}
                  name={customer.data ? fullName(customer.data) : t("Open the profile")}
                />
              </dd>
              <dt>{t("Campaign")}</dt>
              <dd>{one.campaign_name ?? one.campaign_id}</dd>
              <dt>{t("How sent")}</dt>
              <dd>
                {howSent(one.how_sent)} · {channelWord(one.channel)}
              </dd>
              <dt>{t("Outcome")}</dt>
              <dd>
                <Outcome row={one} />{" "}
                {one.state_reason && !isTakenBack(one) && (
                  <span className="muted">{one.state_reason.replaceAll("-", " ")}</span>
                )}
              </dd>
              {one.smtp_reply && (
                <>
                  <dt>{t("Mail server")}</dt>
                  <dd>
                    <code>
                      {String(one.smtp_reply.code ?? "")} {String(one.smtp_reply.text ?? "")}
                    </code>
                  </dd>
                </>
              )}
            </dl>
            <Unknown record={one} />
            {waits(one) && (
              <div>
                <Button reason={may("answer")} onClick={() => setTaking(true)}>
                  {t("Take back")}
                </Button>
              </div>
            )}
            {taking && <TakeBack record={one} close={() => setTaking(false)} />}
            {one.sent_at && one.channel === "email" && (
              <div>
                <Button onClick={() => setMail(!mail)} aria-expanded={mail}>
                  {mail ? t("Hide the mail") : t("View mail as sent")}
                </Button>
              </div>
            )}
            {mail && <Mail id={id} />}
          </>
        )}
      </Panel>
      <section className="stack tight">
        <h3>{t("What happened")}</h3>
        <Panel query={timeline}>
          {({ items }) => (
            <ol className="timeline">
              {items.map((one, place) => (
                <li
                  key={`${one.at}${place}`}
                  className={one.what === "responded" ? "good" : one.what === "ended" ? "" : "info"}
                >
                  <p className="strong">{happenedWord(one.what)}</p>
                  <p className="small muted">{dayAndTime(one.at)}</p>
                  {Object.entries(one.detail ?? {})
                    .filter(
                      ([name, value]) =>
                        value !== null && value !== "" && !SHOWN.has(name) && typeof value !== "object",
                    )
                    .map(([name, value]) => (
                      <p key={name} className="small muted">
                        {name.replaceAll("_", " ")}: {shown(value)}
                      </p>
                    ))}
                </li>
              ))}
            </ol>
          )}
        </Panel>
      </section>
    </Drawer>
  );
}

/** Nobody knows whether it arrived, so it is never sent again by itself; a person may know, or decide. */
function Unknown({ record }: { record: Dispatch }) {
  const { t } = useTranslation();
  const may = useMay();
  const [saying, setSaying] = useState<"arrived" | "lost" | null>(null);
  const [again, setAgain] = useState(true);
  const [note, setNote] = useState("");
  if (record.state !== "unknown") return null;
  const ids = [record.id];
  const settle = async () => {
    const done = await body(
      outbox.POST("/v1/unknowns/settle", { body: { ids, note, delivered: saying === "arrived" } }),
    );
    if (!done.done.length) throw new Error(Object.values(done.refused)[0]);
    if (saying === "lost" && again)
      await body(outbox.POST("/v1/unknowns/send-again", { body: { ids, note } }));
    await queryClient.invalidateQueries({ queryKey: ["outbox"] });
    say(saying === "lost" && again ? t("A new survey is on its way.") : t("It was written down."));
  };
  return (
    <Note tone="mid">
      <p>
        {t(
          "The connection broke while this mail was handed over, so nobody knows whether it arrived. It is not sent twice by itself.",
        )}
      </p>
      <div className="row">
        <Button small reason={may("administer")} onClick={() => setSaying("arrived")}>
          {t("It arrived")}
        </Button>
        <Button small reason={may("administer")} onClick={() => setSaying("lost")}>
          {t("It did not arrive")}
        </Button>
      </div>
      {saying && (
        <FormDialog
          title={saying === "arrived" ? t("It arrived") : t("It did not arrive")}
          close={() => setSaying(null)}
          submit={settle}
          action={t("Write it down")}
        >
          {(problem) => (
            <>
              <Because
                label={t("How it is known")}
                hint={t("Such as: seen in the mail server's log.")}
                value={note}
                put={setNote}
                error={problem?.reasonFor("note")}
              />
              {saying === "lost" && (
                <Check
                  label={t("Send a new survey in its place")}
                  checked={again}
                  onChange={(event) => setAgain(event.target.checked)}
                />
              )}
            </>
          )}
        </FormDialog>
      )}
    </Note>
  );
}

function Mail({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useQuery(mailQuery(id));
  const [part, setPart] = useState<"html" | "text">("html");
  return (
    <Panel query={query}>
      {(mail) => (
        <div className="stack tight">
          <div className="row">
            <Segmented
              label={t("Part of the mail")}
              value={part}
              onChange={setPart}
              options={[
                { value: "html", label: t("As seen") },
                { value: "text", label: t("Plain text") },
              ]}
            />
            <span className="muted small">
              {t("from")} {mail.sender}
            </span>
          </div>
          {part === "html" ? (
            <MailFrame title={t("The mail as it went out")} html={mail.html} />
          ) : (
            <pre>{mail.text}</pre>
          )}
        </div>
      )}
    </Panel>
  );
}
