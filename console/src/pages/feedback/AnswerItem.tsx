import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Answer } from "../../api/types";
import { range } from "../../lib/score";
import { channelWord } from "../../lib/words";
import { isFresh } from "../../live/live";
import { Badge, className3, Score, When } from "../../ui/basics";

/** Marks that say how far an answer is to be trusted. */
export function Flags({ answer }: { answer: Answer }) {
  const { t } = useTranslation();
  return (
    <>
      {answer.provisional && (
        <Badge tone="mid" title={t("Chosen, but not sent yet; left out of the figures until then")}>
          {t("Unconfirmed")}
        </Badge>
      )}
      {answer.suspected_automatic && (
        <Badge tone="mid" title={t("A machine may have clicked; left out of the figures")}>
          {t("Suspected automatic")}
        </Badge>
      )}
      {answer.added_by && (
        <Badge tone="info" title={t("Added by {{name}}", { name: answer.added_by })}>
          {t("Added by hand")}
        </Badge>
      )}
    </>
  );
}

/** One answer as lists show it; the same on a customer's profile and for all. */
export function AnswerItem({
  answer,
  who,
  here,
  children,
}: {
  answer: Answer;
  who?: React.ReactNode;
  here?: boolean;
  children?: React.ReactNode;
}) {
  const { t } = useTranslation();
  return (
    <article
      className={`item ${here ? "here" : ""} ${isFresh(answer.id) ? "fresh" : ""}`}
      aria-label={t("Answer: {{score}}, {{class}}", {
        score: answer.score,
        class: className3(answer.score_class, t),
      })}
    >
      <div className="row">
        <Score score={answer.score} scoreClass={answer.score_class} metric={answer.metric} />
        <span className="strong">{className3(answer.score_class, t)}</span>
        {who}
        <Flags answer={answer} />
        <span className="grow" />
        <Link to="/feedback/$id" params={{ id: answer.id }} className="muted small">
          <When at={answer.answered_at} />
        </Link>
      </div>
      {answer.comment ? (
        <p className="comment">{answer.comment}</p>
      ) : (
        <p className="muted">{t("No comment.")}</p>
      )}
      <p className="small muted">
        {[
          answer.campaign_name ?? (answer.campaign_id ? answer.campaign_id : t("Outside of any campaign")),
          range(answer.metric).name,
          answer.added_by ? null : channelWord(answer.channel),
          answer.added_by ? t("added by {{name}}", { name: answer.added_by }) : null,
        ]
          .filter(Boolean)
          .join(" · ")}
      </p>
      {children}
    </article>
  );
}
