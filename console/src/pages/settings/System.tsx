import { useQueries, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { send } from "../../api/client";
import type { components } from "../../api/generated/console";
import { Badge, Button, Card, Failed, Panel } from "../../ui/basics";
import { sayProblem } from "../../ui/toasts";
import { Retention } from "./Retention";

type Letters = { items: { id: string; reason: string }[] };
type State = components["schemas"]["SystemBody"];
const SERVICES = ["profile", "scheduler", "outbox", "feedback"];

export function System() {
  const { t } = useTranslation();
  const services = useQuery({
    queryKey: ["console", "system"],
    queryFn: () => send<State>("GET", "/api/console/v1/system"),
    refetchInterval: 10_000,
  });
  const letters = useQueries({
    queries: SERVICES.map((name) => ({
      queryKey: ["dead-letters", name],
      queryFn: () => send<Letters>("GET", `/api/${name}/v1/dead-letters?limit=50`),
    })),
  });
  return (
    <div className="stack">
      <Card title={t("Services")}>
        <Panel query={services}>
          {(found) => (
            <ul className="stack tight">
              {found.services.map((one) => (
                <li key={one.name} className="row">
                  <span className="strong" style={{ width: 100 }}>
                    {one.name}
                  </span>
                  <Badge tone={one.ready ? "good" : "bad"}>{one.ready ? t("Ready") : t("Not ready")}</Badge>
                  <span className="muted">
                    {(Array.isArray(one.faults) ? one.faults : Object.values(one.faults ?? {})).join("; ")}
                  </span>
                </li>
              ))}
            </ul>
          )}
        </Panel>
      </Card>
      <Card title={t("Dead letters")}>
        <div className="stack">
          <p className="muted">
            {t(
              "Records that could not be applied. Others behind them went on; each can be applied again once its cause is mended.",
            )}
          </p>
          {letters.map((query, place) => {
            const name = SERVICES[place]!;
            if (query.error)
              return <Failed key={name} error={query.error} retry={() => void query.refetch()} />;
            return (
              <section key={name}>
                <h3>
                  {name}: {query.data ? query.data.items.length : "…"}
                </h3>
                <ul>
                  {(query.data?.items ?? []).map((one) => (
                    <li key={one.id} className="row">
                      <code className="grow">{one.id}</code>
                      <span className="muted">{one.reason}</span>
                      {(["replay", "discard"] as const).map((what) => (
                        <Button
                          key={what}
                          small
                          onClick={() =>
                            void send(
                              "POST",
                              `/api/${name}/v1/dead-letters/${encodeURIComponent(one.id)}/${what}`,
                              {},
                            ).then(() => query.refetch(), sayProblem)
                          }
                        >
                          {what === "replay" ? t("Apply again") : t("Discard")}
                        </Button>
                      ))}
                    </li>
                  ))}
                </ul>
              </section>
            );
          })}
        </div>
      </Card>
      <Retention />
    </div>
  );
}
