import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { send } from "../../api/client";
import type { components } from "../../api/generated/console";
import { queryClient } from "../../api/queryClient";
import { Badge, Button, Card, Panel, When } from "../../ui/basics";
import { Table } from "../../ui/Table";
import { say, sayProblem } from "../../ui/toasts";

type Open = components["schemas"]["OpenSessions"];
const SESSIONS = "/api/session/sessions";

/** A browser by its name, as far as its own words tell. */
function browser(agent: string): string {
  const [, name] = /(Edg|OPR|Firefox|Chrome|Safari)\//.exec(agent) ?? [];
  const [, system] =
    /\((?:Macintosh; )?(Windows|iPhone|iPad|Android|X11|Linux|Intel Mac OS X)/.exec(agent) ?? [];
  const names: Record<string, string> = { Edg: "Edge", OPR: "Opera" };
  const systems: Record<string, string> = { X11: "Linux", "Intel Mac OS X": "macOS" };
  return [names[name ?? ""] ?? name, systems[system ?? ""] ?? system].filter(Boolean).join(", ") || agent;
}

/** Where one is signed in, and signing out there. */
export function Sessions() {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ["console", "sessions"],
    queryFn: () => send<Open>("GET", SESSIONS),
  });
  const end = (id: string) =>
    void send("DELETE", `${SESSIONS}/${id}`).then(() => {
      say(t("Signed out there."));
      return queryClient.invalidateQueries({ queryKey: ["console", "sessions"] });
    }, sayProblem);
  return (
    <Card title={t("Where you are signed in")} flush>
      <Panel query={query}>
        {({ items }) => (
          <Table
            label={t("Your sessions")}
            rows={items}
            columns={[
              { head: t("Browser"), cell: (one) => <span title={one.agent}>{browser(one.agent)}</span> },
              { head: t("From"), cell: (one) => one.address },
              { head: t("Last used"), cell: (one) => <When at={one.seen_at} /> },
              {
                head: t("Actions"),
                silent: true,
                cell: (one) =>
                  one.current ? (
                    <Badge tone="good">{t("This one")}</Badge>
                  ) : (
                    <Button small onClick={() => end(one.id)}>
                      {t("Sign out")}
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </Panel>
    </Card>
  );
}
