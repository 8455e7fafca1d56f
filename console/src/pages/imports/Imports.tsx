import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { FileUp } from "lucide-react";
import { type DragEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { body, profile, send } from "../../api/client";
import { useMay } from "../../api/may";
import { asProblem } from "../../api/problem";
import { importsQuery } from "../../api/queries";
import { queryClient } from "../../api/queryClient";
import { number } from "../../lib/format";
import { importState } from "../../lib/words";
import { Badge, Button, Card, Empty, Failed, PageHead, Panel, When } from "../../ui/basics";

const PART = 256 * 1024;

export function Imports() {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const query = useQuery(importsQuery);
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [sent, setSent] = useState<number | null>(null);
  const [error, setError] = useState<unknown>(null);
  const reason = may("manage");

  async function take(file: File | undefined) {
    if (!file || reason) return;
    setError(null);
    setSent(0);
    try {
      const made = await body(
        profile.POST("/v1/imports", {
          params: { header: { "idempotency-key": crypto.randomUUID() } },
          body: { file_name: file.name.slice(-200) },
        }),
      );
      const parts = Math.max(1, Math.ceil(file.size / PART));
      for (let part = 0; part < parts; part++) {
        await send(
          "PUT",
          `/api/profile/v1/imports/${made.id}/parts/${part}`,
          file.slice(part * PART, (part + 1) * PART),
          "text/csv",
        );
        setSent((part + 1) / parts);
      }
      await queryClient.invalidateQueries({ queryKey: ["profile", "imports"] });
      void navigate({ to: "/imports/$id", params: { id: made.id } });
    } catch (problem) {
      setError(asProblem(problem));
    } finally {
      setSent(null);
    }
  }
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void take(event.dataTransfer.files[0]);
  };
  return (
    <>
      <PageHead
        title={t("Imports")}
        about={t("Customers from CSV files. Nothing happens before you have seen what would.")}
      />
      <div className="stack">
        <section
          className="card"
          aria-label={t("A new file")}
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={drop}
          style={over ? { outline: "2px dashed var(--focus)", outlineOffset: -6 } : undefined}
        >
          <Empty
            icon={FileUp}
            title={
              sent === null
                ? t("Drop a CSV file here")
                : t("Sending the file: {{part}} %", { part: Math.round(sent * 100) })
            }
            actions={
              <>
                <input
                  ref={input}
                  type="file"
                  accept=".csv,.txt,.tsv,text/csv"
                  hidden
                  aria-label={t("CSV file")}
                  onChange={(event) => void take(event.target.files?.[0])}
                />
                <Button look="primary" onClick={() => input.current?.click()} reason={reason}>
                  {t("Choose a file")}
                </Button>
                <a
                  className="btn"
                  download="customers.csv"
                  href={`data:text/csv;charset=utf-8,${encodeURIComponent("email,first_name,last_name,company,tags,plan\nada@example.com,Ada,Byron,Analytical,nps;vip,pro\n")}`}
                >
                  {t("Sample file")}
                </a>
              </>
            }
          >
            {t(
              "One row a customer, with a header row. Encoding and separator are found out. Customers who are known already are updated, found by their id or address.",
            )}
          </Empty>
        </section>
        {error ? <Failed error={error} what={t("The file could not be sent")} /> : null}
        <Panel query={query}>
          {({ items }) =>
            items.length ? (
              <Card title={t("Earlier imports")} flush>
                <div className="scroll" role="region" aria-label={t("List of imports")} tabIndex={0}>
                  <table>
                    <thead>
                      <tr>
                        <th scope="col">{t("File")}</th>
                        <th scope="col">{t("State")}</th>
                        <th scope="col" className="num">
                          {t("Created")}
                        </th>
                        <th scope="col" className="num">
                          {t("Updated")}
                        </th>
                        <th scope="col" className="num">
                          {t("Refused")}
                        </th>
                        <th scope="col">{t("By")}</th>
                        <th scope="col">{t("When")}</th>
                      </tr>
                    </thead>
                    <tbody>
                      {items.map((one) => (
                        <tr key={one.id}>
                          <td>
                            <Link className="name" to="/imports/$id" params={{ id: one.id }}>
                              {one.file_name}
                            </Link>
                          </td>
                          <td>
                            <Badge
                              tone={one.state === "done" ? "good" : one.state === "failed" ? "bad" : "info"}
                            >
                              {one.dry_run && one.state === "done" ? t("Checked") : importState(one.state)}
                            </Badge>
                          </td>
                          <td className="num">{number(one.created)}</td>
                          <td className="num">{number(one.changed)}</td>
                          <td className="num">{number(one.refused)}</td>
                          <td>{one.by}</td>
                          <td className="nowrap">
                            <When at={one.created_at} />
                          </td>
                        </tr>
                      ))}
                    </tbody>
                  </table>
                </div>
              </Card>
            ) : null
          }
        </Panel>
      </div>
    </>
  );
}
