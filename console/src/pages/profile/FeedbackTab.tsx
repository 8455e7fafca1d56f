import { useQuery } from "@tanstack/react-query";
import { MessageSquareText } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../api/may";
import { customerAnswersQuery } from "../../api/queries";
import type { Customer } from "../../api/types";
import { day } from "../../lib/format";
import { tone } from "../../lib/score";
import { Button, Card, Empty, Panel, When } from "../../ui/basics";
import { Choice } from "../../ui/fields";
import { AnswerItem } from "../feedback/AnswerItem";
import { answerQuery } from "../feedback/api";
import { toggle, Work } from "../feedback/Work";

/** What colleagues wrote to an answer. */
function Notes({ id }: { id: string }) {
  const query = useQuery(answerQuery(id));
  return (
    <Panel query={query} lines={1}>
      {({ notes }) => (
        <ul className="notes">
          {notes.map((note) => (
            <li key={note.id}>
              <p className="comment">{note.text}</p>
              <p className="small muted">
                {note.by} · <When at={note.at} />
              </p>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

export function FeedbackTab({ customer, add }: { customer: Customer; add: () => void }) {
  const { t } = useTranslation();
  const may = useMay();
  const query = useQuery(customerAnswersQuery(customer.id));
  const [wanted, setWanted] = useState("");
  const [order, setOrder] = useState("newest");
  return (
    <Panel query={query}>
      {({ items }) => {
        const shown = items
          .filter((one) => !wanted || tone(one.score_class) === wanted)
          .sort((a, b) =>
            order === "score"
              ? a.score - b.score
              : order === "oldest"
                ? a.answered_at.localeCompare(b.answered_at)
                : b.answered_at.localeCompare(a.answered_at),
          );
        if (!items.length) {
          const next = customer.next_survey?.at;
          return (
            <Card>
              <Empty
                icon={MessageSquareText}
                title={t("No answers yet")}
                actions={
                  <Button
                    onClick={add}
                    reason={customer.deleted_at ? t("The customer was deleted.") : may("answer")}
                  >
                    {t("Add survey feedback")}
                  </Button>
                }
              >
                {next
                  ? t("Next survey: {{day}}.", { day: day(next) })
                  : t("No survey is due. “Why?” beside Next survey tells the reason.")}
              </Empty>
            </Card>
          );
        }
        return (
          <div className="stack">
            <div className="bar">
              <Choice
                label={t("Show")}
                value={wanted}
                onChange={(event) => setWanted(event.target.value)}
                options={[
                  { value: "", label: t("All answers") },
                  { value: "good", label: t("Promoters and satisfied") },
                  { value: "mid", label: t("Passives and neutral") },
                  { value: "bad", label: t("Detractors and unsatisfied") },
                ]}
              />
              <Choice
                label={t("Order")}
                value={order}
                onChange={(event) => setOrder(event.target.value)}
                options={[
                  { value: "newest", label: t("Newest first") },
                  { value: "oldest", label: t("Oldest first") },
                  { value: "score", label: t("Lowest score first") },
                ]}
              />
              <span className="grow" />
              <p className="muted" style={{ alignSelf: "center" }}>
                {t("{{count}} answers", { count: shown.length })}
              </p>
            </div>
            <section className="card divided" aria-label={t("Answers")}>
              {shown.map((one) => (
                <AnswerItem key={one.id} answer={one}>
                  <Work answer={one} resolve={() => void toggle(one, t)} />
                  {one.work.note_count > 0 && <Notes id={one.id} />}
                </AnswerItem>
              ))}
              {!shown.length && <p className="item muted">{t("None like that.")}</p>}
            </section>
          </div>
        );
      }}
    </Panel>
  );
}
