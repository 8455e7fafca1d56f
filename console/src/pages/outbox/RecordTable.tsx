import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../api/may";
import type { Dispatch } from "../../api/types";
import { howSent, recordState, recordTone } from "../../lib/words";
import { isFresh } from "../../live/live";
import { Badge, Button, Person, When } from "../../ui/basics";
import { isTakenBack, TakeBack, waits } from "./TakeBack";

/** What became of it, in the product's words: responded, ignored, or no answer yet. */
export function Outcome({ row }: { row: Dispatch }) {
  const { t } = useTranslation();
  if (row.responded) return <Badge tone="good">{t("Responded")}</Badge>;
  if (isTakenBack(row)) return <Badge tone="mid">{t("Taken back")}</Badge>;
  if (["sent", "delivered", "opened", "clicked"].includes(row.state)) {
    return (
      <>
        <Badge tone={recordTone(row.state)!}>{recordState(row.state)}</Badge>{" "}
        <span className="muted small nowrap">{t("no answer yet")}</span>
      </>
    );
  }
  return <Badge tone={recordTone(row.state)!}>{recordState(row.state)}</Badge>;
}

export function RecordTable({
  rows,
  open,
  names,
}: {
  rows: Dispatch[];
  open: (id: string) => void;
  names?: Map<string, string>;
}) {
  const { t } = useTranslation();
  const may = useMay();
  const [taking, setTaking] = useState<Dispatch | null>(null);
  const some = rows.some(waits);
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={t("Survey records")}>
      <table>
        <thead>
          <tr>
            {names && <th scope="col">{t("Customer")}</th>}
            <th scope="col">{t("Survey")}</th>
            <th scope="col">{t("How sent")}</th>
            <th scope="col">{t("Outcome")}</th>
            <th scope="col">{t("When")}</th>
            {some && (
              <th scope="col">
                <span className="sr">{t("Actions")}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id} className={isFresh(row.id) ? "fresh" : undefined}>
              {names && (
                <td>
                  <Person id={row.customer_id} name={names.get(row.customer_id) ?? t("Customer")} />
                </td>
              )}
              <td className="survey">
                <button type="button" className="linky" onClick={() => open(row.id)}>
                  {row.subject_line ??
                    (row.channel === "in_app"
                      ? t("Shown in the app")
                      : waits(row)
                        ? t("(made when it is sent)")
                        : t("(no mail was made)"))}
                </button>
                <span className="small muted" style={{ display: "block" }}>
                  {row.campaign_name ?? row.campaign_id}
                </span>
              </td>
              <td className="nowrap">
                {howSent(row.how_sent)}
                {row.reminder_number ? ` ${row.reminder_number}` : ""}
              </td>
              <td>
                <Outcome row={row} />
              </td>
              <td className="nowrap">
                <When at={row.sent_at ?? row.requested_at} />
              </td>
              {some && (
                <td>
                  {waits(row) && (
                    <Button small reason={may("answer")} onClick={() => setTaking(row)}>
                      {t("Take back")}
                    </Button>
                  )}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {taking && <TakeBack record={taking} close={() => setTaking(null)} />}
    </div>
  );
}
