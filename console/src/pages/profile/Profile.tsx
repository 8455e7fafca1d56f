import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ChevronDown, Copy, Send, UserX } from "lucide-react";
import { useState } from "react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useMay } from "../../api/may";
import { asProblem } from "../../api/problem";
import { customerQuery } from "../../api/queries";
import type { Customer } from "../../api/types";
import { dayAndTime, fullName } from "../../lib/format";
import { statusWord } from "../../lib/words";
import { isFresh } from "../../live/live";
import { Avatar, Badge, Button, Empty, Failed, Loading, Note, PageHead, Title, When } from "../../ui/basics";
import { ActionMenu } from "../../ui/overlays";
import { say } from "../../ui/toasts";
import { ActivityTab } from "./ActivityTab";
import { ActionDialog, type ActionId, actionItems, restore } from "./actions";
import { FeedbackTab } from "./FeedbackTab";
import { General } from "./General";
import { OutboxTab } from "./OutboxTab";

const TABS = ["feedback", "outbox", "activity"] as const;

export function Profile() {
  const { id } = useParams({ from: "/shell/customers/$id" });
  const { t } = useTranslation();
  const query = useQuery(customerQuery(id));
  if (query.data) return <Shown key={id} customer={query.data} stale={query.error} />;
  if (query.error && asProblem(query.error).status === 404) {
    return (
      <>
        <PageHead title={t("Customer not found")} />
        <Empty
          icon={UserX}
          title={t("There is no such customer")}
          actions={
            <Link className="btn primary" to="/customers">
              {t("All customers")}
            </Link>
          }
        >
          {t(
            "The link may be old, or the customer was erased. Their scores stay in the figures, without a name.",
          )}
        </Empty>
      </>
    );
  }
  return (
    <>
      <PageHead title={t("Customer")} />
      {query.error ? (
        <Failed error={query.error} retry={() => void query.refetch()} />
      ) : (
        <div className="cols">
          <div className="card">
            <div className="body">
              <Loading lines={9} />
            </div>
          </div>
          <div className="card">
            <div className="body">
              <Loading lines={6} />
            </div>
          </div>
        </div>
      )}
    </>
  );
}

function Shown({ customer, stale }: { customer: Customer; stale: unknown }) {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const search = useSearch({ from: "/shell/customers/$id" });
  const [action, setAction] = useState<ActionId | null>(null);
  const name = fullName(customer);
  const tab = TABS.find((one) => one === search.tab) ?? "feedback";
  const undeliverable = customer.deleted_at
    ? t("The customer was deleted.")
    : !customer.email
      ? t("There is no e-mail address.")
      : customer.status
        ? t("This customer is {{status}}.", { status: statusWord(customer.status).toLowerCase() })
        : undefined;
  return (
    <div className={isFresh(customer.id) ? "fresh" : undefined}>
      <header className="page-head">
        <Avatar name={name} big />
        <div className="grow">
          <div className="row">
            <Title document={t("{{name}} · Customers", { name })}>{name}</Title>
            {customer.status && <Badge tone="bad">{statusWord(customer.status)}</Badge>}
            {customer.deleted_at && <Badge tone="mid">{t("Deleted")}</Badge>}
          </div>
          <p className="row" style={{ gap: "0 10px" }}>
            <span>{[customer.job_title, customer.company].filter(Boolean).join(", ")}</span>
            {customer.email && (
              <span>
                <a href={`mailto:${customer.email}`}>{customer.email}</a>
                <Button
                  look="icon"
                  small
                  icon={Copy}
                  aria-label={t("Copy the address")}
                  onClick={() =>
                    void navigator.clipboard?.writeText(customer.email!).then(() => say(t("Copied")))
                  }
                />
              </span>
            )}
          </p>
        </div>
        <div className="row">
          {customer.deleted_at ? (
            <Button onClick={() => void restore(customer, t)} reason={may("manage")}>
              {t("Restore")}
            </Button>
          ) : (
            <Button
              look="primary"
              icon={Send}
              onClick={() => setAction("send-survey")}
              reason={may("answer") ?? undeliverable}
            >
              {t("Send survey")}
            </Button>
          )}
          <ActionMenu label={t("Actions")} items={actionItems(customer, may, t, setAction)}>
            {t("Actions")}
            <ChevronDown size={15} aria-hidden />
          </ActionMenu>
        </div>
      </header>
      {stale ? (
        <div style={{ marginBottom: 16 }}>
          <Note tone="mid" role="status">
            {t("The customers' service does not answer. You see what was known before.")}
          </Note>
        </div>
      ) : null}
      {customer.deleted_at && (
        <div style={{ marginBottom: 16 }}>
          <Note tone="mid">
            {t(
              "Deleted on {{when}}. Nobody will survey this person; feedback and survey records are kept for the figures.",
              { when: dayAndTime(customer.deleted_at) },
            )}
          </Note>
        </div>
      )}
      <div className="cols">
        <General customer={customer} act={setAction} />
        <Tabs
          selectedKey={tab}
          onSelectionChange={(key) =>
            void navigate({
              to: "/customers/$id",
              params: { id: customer.id },
              search: key === "feedback" ? {} : { tab: String(key) },
              replace: true,
            })
          }
        >
          <TabList className="tablist" aria-label={t("About {{name}}", { name })}>
            <Tab id="feedback">{t("Feedback")}</Tab>
            <Tab id="outbox">{t("Outbox")}</Tab>
            <Tab id="activity">{t("Activity")}</Tab>
          </TabList>
          <TabPanel id="feedback">
            <FeedbackTab customer={customer} add={() => setAction("feedback")} />
          </TabPanel>
          <TabPanel id="outbox">
            <OutboxTab
              customer={customer}
              send={undeliverable ? undefined : () => setAction("send-survey")}
            />
          </TabPanel>
          <TabPanel id="activity">
            <ActivityTab customer={customer} />
          </TabPanel>
        </Tabs>
      </div>
      {action && <ActionDialog action={action} customer={customer} close={() => setAction(null)} />}
      <p className="small muted" style={{ marginTop: 20 }}>
        {t("Added")} <When at={customer.created_at} /> · {t("changed")} <When at={customer.changed_at} /> ·{" "}
        <code>{customer.id}</code>
      </p>
    </div>
  );
}
