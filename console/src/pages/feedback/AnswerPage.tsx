import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { MessageSquareX, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay, useUser } from "../../api/may";
import { asProblem } from "../../api/problem";
import { dayAndTime, shown } from "../../lib/format";
import { range } from "../../lib/score";
import { channelWord, fieldWord } from "../../lib/words";
import {
  Badge,
  Button,
  Card,
  className3,
  Empty,
  PageHead,
  Panel,
  Person,
  Score,
  When,
} from "../../ui/basics";
import { Area } from "../../ui/fields";
import { Confirm } from "../../ui/overlays";
import { say, sayProblem } from "../../ui/toasts";
import { useNames } from "../outbox/names";
import { AnswerItem, Flags } from "./AnswerItem";
import { addNote, answerQuery, type Detail, editAnswer, eraseAnswer, removeNote } from "./api";
import { TagDialog } from "./Work";

export function AnswerPage() {
  const { t } = useTranslation();
  const { id } = useParams({ from: "/shell/feedback/$id" });
  const query = useQuery(answerQuery(id));
  if (query.error && asProblem(query.error).status === 404) {
    return (
      <>
        <PageHead title={t("Answer not found")} />
        <Empty
          icon={MessageSquareX}
          title={t("There is no such answer")}
          actions={
            <Link className="btn primary" to="/feedback">
              {t("All answers")}
            </Link>
          }
        />
      </>
    );
  }
  return query.data ? (
    <Shown answer={query.data} />
  ) : (
    <>
      <PageHead title={t("Answer")} />
      <Panel query={query}>{() => null}</Panel>
    </>
  );
}

function Shown({ answer }: { answer: Detail }) {
  const { t } = useTranslation();
  const may = useMay();
  const user = useUser();
  const navigate = useNavigate();
  const names = useNames([answer.customer_id]);
  const [tagging, setTagging] = useState(false);
  const [erasing, setErasing] = useState(false);
  const { work } = answer;
  const reason = may("answer");
  const name = answer.customer_id ? (names.get(answer.customer_id) ?? t("Customer")) : t("Anonymous");
  const change = (edit: Parameters<typeof editAnswer>[1], text: string) =>
    void editAnswer(answer.id, edit).then(() => say(text), sayProblem);
  return (
    <>
      <PageHead
        title={t("{{score}} from {{name}}", { score: answer.score, name })}
        about={<Link to="/feedback">{t("All answers")}</Link>}
      >
        <Button
          look="primary"
          reason={reason}
          onClick={() =>
            change(
              { state: work.state === "open" ? "resolved" : "open" },
              work.state === "open" ? t("Resolved.") : t("Open again."),
            )
          }
        >
          {work.state === "open" ? t("Resolve") : t("Open again")}
        </Button>
        <Button
          reason={reason}
          onClick={() =>
            work.assigned_to === user.email
              ? change({ assigned_to: null }, t("Nobody's now."))
              : change({ assigned_to: user.email }, t("It is yours."))
          }
        >
          {work.assigned_to === user.email ? t("Let go") : t("Take it")}
        </Button>
        <Button
          look="icon"
          icon={Trash2}
          aria-label={t("Take this answer out for good")}
          reason={may("administer")}
          onClick={() => setErasing(true)}
        />
      </PageHead>
      <div className="cols turned">
        <div className="stack">
          <Card title={t("Answer")}>
            <div className="stack">
              <div className="row">
                <Score score={answer.score} scoreClass={answer.score_class} metric={answer.metric} big />
                <span className="strong">{className3(answer.score_class, t)}</span>
                <Badge tone={work.state === "open" ? "info" : "good"}>
                  {work.state === "open" ? t("Open") : t("Resolved")}
                </Badge>
                <Flags answer={answer} />
              </div>
              {answer.comment ? (
                <p className="comment" style={{ fontSize: 17 }}>
                  {answer.comment}
                </p>
              ) : (
                <p className="muted">{t("No comment.")}</p>
              )}
              {answer.suspected_automatic && (
                <div>
                  <Button
                    small
                    reason={reason}
                    onClick={() => change({ suspected_automatic: false }, t("It counts now."))}
                  >
                    {t("A person gave it: count it")}
                  </Button>
                </div>
              )}
              {answer.provisional && (
                <div>
                  <Button
                    small
                    reason={reason}
                    onClick={() => change({ provisional: false }, t("It counts now."))}
                  >
                    {t("Count it, though it was not sent off")}
                  </Button>
                </div>
              )}
            </div>
          </Card>
          <Notes answer={answer} reason={reason} />
          {answer.others.length > 0 && (
            <section className="card divided" aria-label={t("Other answers of the same customer")}>
              <div className="item">
                <h2>{t("Other answers of the same customer")}</h2>
              </div>
              {answer.others.map((one) => (
                <AnswerItem key={one.id} answer={one} />
              ))}
            </section>
          )}
        </div>
        <div className="stack">
          <Card title={t("About it")}>
            <dl className="facts">
              <dt>{t("Customer")}</dt>
              <dd>
                <Person id={answer.customer_id} name={name} />
              </dd>
              <dt>{t("Campaign")}</dt>
              <dd>
                {answer.campaign_id ? (
                  <Link to="/campaigns/$id" params={{ id: answer.campaign_id }}>
                    {answer.campaign_name ?? answer.campaign_id}
                  </Link>
                ) : (
                  t("None")
                )}
              </dd>
              <dt>{t("Metric")}</dt>
              <dd>{range(answer.metric).name}</dd>
              <dt>{t("Channel")}</dt>
              <dd>{channelWord(answer.channel)}</dd>
              <dt>{t("Given")}</dt>
              <dd>
                <When at={answer.answered_at} exact />
              </dd>
              <dt>{t("Seen to by")}</dt>
              <dd>{work.assigned_to ?? t("nobody yet")}</dd>
              <dt>{t("Tags")}</dt>
              <dd>
                <span className="row" style={{ gap: 4 }}>
                  {work.tags.map((tag) => (
                    <span key={tag} className="tag">
                      {tag}
                    </span>
                  ))}
                  <Button small look="quiet" reason={reason} onClick={() => setTagging(true)}>
                    {t("Tag")}
                  </Button>
                </span>
              </dd>
            </dl>
          </Card>
          <Card title={t("The customer, at that time")}>
            <dl className="facts">
              {Object.entries(answer.attributes)
                .flatMap(([key, value]) =>
                  key === "properties"
                    ? Object.entries((value ?? {}) as Record<string, unknown>)
                    : [[key, value] as [string, unknown]],
                )
                .filter(
                  ([, value]) => value !== null && value !== "" && !(Array.isArray(value) && !value.length),
                )
                .map(([key, value]) => (
                  <div key={key} style={{ display: "contents" }}>
                    <dt>{fieldWord(key)}</dt>
                    <dd>{shown(value)}</dd>
                  </div>
                ))}
            </dl>
          </Card>
          {answer.audit.length > 0 && (
            <Card title={t("What was done")}>
              <ol className="timeline">
                {answer.audit.map((one) => (
                  <li key={one.id}>
                    <p>{one.action.replaceAll("-", " ")}</p>
                    <p className="small muted">
                      {one.by} · {dayAndTime(one.at)}
                    </p>
                  </li>
                ))}
              </ol>
            </Card>
          )}
        </div>
      </div>
      {tagging && <TagDialog answer={answer} close={() => setTagging(false)} />}
      {erasing && (
        <Confirm
          title={t("Take this answer out for good")}
          action={t("Take it out")}
          danger
          close={() => setErasing(false)}
          act={async () => {
            await eraseAnswer(answer.id);
            void navigate({ to: "/feedback" });
          }}
        >
          <p>
            {t("It disappears from lists and figures, and cannot be given again. This cannot be undone.")}
          </p>
        </Confirm>
      )}
    </>
  );
}

function Notes({ answer, reason }: { answer: Detail; reason: string | undefined }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const send = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    await addNote(answer.id, text).then(() => setText(""), sayProblem);
    setBusy(false);
  };
  return (
    <Card title={t("Notes")}>
      <div className="stack">
        {answer.notes.map((note) => (
          <div key={note.id}>
            <p className="comment">{note.text}</p>
            <p className="small muted row">
              {note.by} · <When at={note.at} />
              <Button
                small
                look="quiet"
                reason={reason}
                onClick={() => void removeNote(answer.id, note.id).catch(sayProblem)}
              >
                {t("Remove")}
              </Button>
            </p>
          </div>
        ))}
        <form className="stack tight" onSubmit={(event) => void send(event)}>
          <Area
            label={t("Note for colleagues")}
            value={text}
            onChange={(event) => setText(event.target.value)}
            maxLength={5000}
            required
          />
          <div>
            <Button type="submit" busy={busy} reason={reason}>
              {t("Add note")}
            </Button>
          </div>
        </form>
      </div>
    </Card>
  );
}
