import { useQueries } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { send } from "../../api/client";
import type { components } from "../../api/generated/console";
import { number } from "../../lib/format";
import { keptWord } from "../../lib/words";
import { Card, Failed } from "../../ui/basics";
import { Table } from "../../ui/Table";

type Kept = components["schemas"]["RetentionBody"];
const SERVICES = ["profile", "scheduler", "outbox", "feedback", "console"];

/** What is removed by itself, and when; told by each service of its own. */
export function Retention() {
  const { t } = useTranslation();
  const found = useQueries({
    queries: SERVICES.map((name) => ({
      queryKey: ["retention", name],
      queryFn: () => send<Kept>("GET", `/api/${name}/v1/retention`),
    })),
  });
  const rows = found.flatMap(({ data }, place) =>
    (data?.items ?? []).map((one) => ({
      ...one,
      id: `${SERVICES[place]} ${one.what}`,
      service: SERVICES[place]!,
    })),
  );
  return (
    <Card title={t("How long things are kept")} flush>
      <div className="stack tight" style={{ padding: "0 16px 12px" }}>
        <p className="muted">
          {t(
            "What is about a person goes at once, from all services, when the person is erased; only the scores given stay, without a name, and a hash of the address that keeps it from being surveyed.",
          )}
        </p>
        {found.map(
          (query, place) =>
            query.error && (
              <Failed
                key={SERVICES[place]}
                error={query.error}
                what={SERVICES[place]!}
                retry={() => void query.refetch()}
              />
            ),
        )}
      </div>
      <Table
        label={t("List of what is kept")}
        rows={rows}
        columns={[
          { head: t("What"), cell: (one) => keptWord(one.what) },
          { head: t("Service"), cell: (one) => <span className="muted">{one.service}</span> },
          {
            head: t("Kept"),
            cell: (one) =>
              one.days === null
                ? t("until it is removed")
                : t("{{count}} days", { count: one.days, days: number(one.days) }),
          },
        ]}
      />
    </Card>
  );
}
