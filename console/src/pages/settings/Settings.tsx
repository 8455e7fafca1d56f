import { Link, useSearch } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useUser } from "../../api/may";
import { PageHead } from "../../ui/basics";
import { Account } from "./Account";
import { Apps } from "./Apps";
import { Catalogue } from "./Catalogue";
import { Keys } from "./Keys";
import { Rules } from "./Rules";
import { Senders } from "./Senders";
import { SignIns } from "./SignIns";
import { Suppressions } from "./Suppressions";
import { System } from "./System";
import { Users } from "./Users";
import { Webhooks } from "./Webhooks";

function People() {
  return (
    <div className="stack">
      <Users />
      <SignIns />
    </div>
  );
}

export function Settings() {
  const { t } = useTranslation();
  const user = useUser();
  const { tab = "account" } = useSearch({ from: "/shell/settings" });
  const admin = user.permissions.includes("administer");
  const tabs: [string, string, () => React.ReactNode, boolean][] = [
    ["account", t("Account"), Account, true],
    ["senders", t("Brands and senders"), Senders, true],
    ["rules", t("Survey limits"), Rules, true],
    ["suppressions", t("Suppressions"), Suppressions, true],
    ["catalogue", t("Properties and tags"), Catalogue, true],
    ["users", t("Users"), People, admin],
    ["keys", t("API keys"), Keys, admin],
    ["webhooks", t("Webhooks"), Webhooks, admin],
    ["apps", t("In apps"), Apps, admin],
    ["system", t("System"), System, admin],
  ];
  const shown = tabs.filter(([, , , allowed]) => allowed);
  const row = useRef<HTMLElement>(null);
  useEffect(() => {
    const show = () => {
      const here = row.current?.querySelector<HTMLElement>(`[href$="tab=${tab}"]`);
      if (here) row.current!.scrollLeft = here.offsetLeft - 24;
    };
    show();
    addEventListener("resize", show);
    return () => removeEventListener("resize", show);
  }, [tab]);
  const Chosen = (shown.find(([id]) => id === tab) ?? shown[0]!)[2];
  return (
    <>
      <PageHead title={t("Settings")} />
      <nav ref={row} className="tablist" aria-label={t("Settings")} style={{ marginBottom: 16 }}>
        {shown.map(([id, label]) => (
          <Link key={id} to="/settings" search={{ tab: id }} aria-current={tab === id ? "page" : undefined}>
            {label}
          </Link>
        ))}
      </nav>
      <Chosen />
    </>
  );
}
