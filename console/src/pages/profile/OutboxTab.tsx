import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Send } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../api/may";
import { customerStatsQuery, recordsQuery } from "../../api/queries";
import type { Customer, Figures } from "../../api/types";
import { number, share } from "../../lib/format";
import { Button, Card, Empty, Panel } from "../../ui/basics";
import { RecordDrawer } from "../outbox/RecordDrawer";
import { RecordTable } from "../outbox/RecordTable";

export function StatTiles({ figures }: { figures: Figures }) {
  const { t } = useTranslation();
  const tiles: [string, string, string?][] = [
    [
      t("Response rate"),
      share(figures.response_rate),
      figures.response_rate_of === "delivered" ? t("of delivered") : t("of sent"),
    ],
    [
      t("Sent"),
      number(figures.sent),
      figures.reminders ? t("and {{count}} reminders", { count: figures.reminders }) : undefined,
    ],
    [
      t("Delivered"),
      figures.delivered ? number(figures.delivered) : "–",
      figures.delivered ? undefined : t("not known"),
    ],
    [t("Opened"), number(figures.opened), t("roughly")],
    [t("Responded"), number(figures.responded)],
  ];
  return (
    <dl className="tiles">
      {tiles.map(([name, value, note]) => (
        <div className="tile" key={name}>
          <dt>{name}</dt>
          <dd>
            {value}
            {note && <small>{note}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function OutboxTab({ customer, send }: { customer: Customer; send: (() => void) | undefined }) {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const { record } = useSearch({ from: "/shell/customers/$id" });
  const stats = useQuery(customerStatsQuery(customer.id));
  const records = useInfiniteQuery(recordsQuery({ customer_id: customer.id }));
  const items = records.data?.pages.flatMap((page) => page.items);
  const open = (id: string | undefined) =>
    void navigate({
      to: "/customers/$id",
      params: { id: customer.id },
      search: { tab: "outbox", record: id },
      replace: true,
    });
  return (
    <div className="stack">
      <Panel query={stats} lines={2}>
        {(figures) => <StatTiles figures={figures} />}
      </Panel>
      <p className="small muted">
        {t(
          "“Opened” is approximate: mail programs and proxies fetch pictures on their own, and others block them.",
        )}
      </p>
      <Panel query={{ ...records, data: items, isPending: records.isPending, refetch: records.refetch }}>
        {(rows) =>
          rows.length ? (
            <Card title={t("Surveys")} flush>
              <RecordTable rows={rows} open={open} />
              {records.hasNextPage && (
                <div className="row" style={{ padding: 12, justifyContent: "center" }}>
                  <Button onClick={() => void records.fetchNextPage()}>{t("Show more")}</Button>
                </div>
              )}
            </Card>
          ) : (
            <Card>
              <Empty
                icon={Send}
                title={t("Never surveyed")}
                actions={
                  send && (
                    <Button onClick={send} reason={may("answer")}>
                      {t("Send survey")}
                    </Button>
                  )
                }
              >
                {t("Every survey that goes out to this customer will be listed here.")}
              </Empty>
            </Card>
          )
        }
      </Panel>
      {record && <RecordDrawer id={record} close={() => open(undefined)} />}
    </div>
  );
}
