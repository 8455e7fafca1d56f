import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { send } from "../../api/client";
import type { components } from "../../api/generated/console";
import { Badge, Button, Card, Panel, When } from "../../ui/basics";
import { Table } from "../../ui/Table";

type Page = components["schemas"]["SignInPage"];
const SIGN_INS = "/api/console/v1/sign-ins";

/** Who came in and who tried, for a year. */
export function SignIns() {
  const { t } = useTranslation();
  const query = useInfiniteQuery({
    queryKey: ["console", "sign-ins"],
    queryFn: ({ pageParam }) =>
      send<Page>("GET", `${SIGN_INS}?limit=50${pageParam ? `&after=${encodeURIComponent(pageParam)}` : ""}`),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next ?? null,
  });
  const rows = query.data?.pages.flatMap((page) => page.items);
  const outcomes: Record<string, string> = {
    signed_in: t("Signed in"),
    refused: t("Wrong password"),
    code_refused: t("Wrong code"),
    too_many: t("Too many tries"),
    not_allowed: t("Not allowed in"),
  };
  const ways = (how: string) =>
    how.startsWith("link") ? t("by a link") : how.startsWith("oidc") ? how.slice(5) : t("by password");
  return (
    <Card title={t("Sign-ins")} flush>
      <Panel query={{ ...query, data: rows }}>
        {(items) => (
          <>
            <Table
              label={t("List of sign-ins")}
              rows={items}
              none={t("Nobody has signed in yet.")}
              columns={[
                { head: t("When"), cell: (one) => <When at={one.at} exact /> },
                { head: t("Who"), cell: (one) => one.email },
                {
                  head: t("Outcome"),
                  cell: (one) => (
                    <Badge tone={one.outcome === "signed_in" ? "good" : "bad"}>
                      {outcomes[one.outcome] ?? one.outcome}
                    </Badge>
                  ),
                },
                { head: t("How"), cell: (one) => ways(one.how) },
                { head: t("From"), cell: (one) => <span title={one.agent}>{one.address}</span> },
              ]}
            />
            {query.hasNextPage && (
              <div className="row" style={{ justifyContent: "center", padding: 12 }}>
                <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                  {t("Show more")}
                </Button>
              </div>
            )}
          </>
        )}
      </Panel>
    </Card>
  );
}
