import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { body, scheduler } from "../../api/client";
import { useMay } from "../../api/may";
import { asProblem, type Problem } from "../../api/problem";
import { contactRulesQuery } from "../../api/queries";
import { queryClient } from "../../api/queryClient";
import { Button, Card, Failed, Panel } from "../../ui/basics";
import { Text } from "../../ui/fields";
import { say } from "../../ui/toasts";

export function Rules() {
  const { t } = useTranslation();
  const query = useQuery(contactRulesQuery);
  return (
    <Card title={t("Survey limits")}>
      <Panel query={query}>
        {(rules) => (
          <Form
            key={JSON.stringify(rules)}
            days={rules.quiet_period_days ?? 0}
            zone={rules.timezone ?? "UTC"}
          />
        )}
      </Panel>
    </Card>
  );
}

function Form({ days: daysNow, zone: zoneNow }: { days: number; zone: string }) {
  const { t } = useTranslation();
  const may = useMay();
  const [days, setDays] = useState(daysNow);
  const [zone, setZone] = useState(zoneNow);
  const [problem, setProblem] = useState<Problem | null>(null);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setProblem(null);
    try {
      queryClient.setQueryData(
        contactRulesQuery.queryKey,
        await body(scheduler.PUT("/v1/contact-rules", { body: { quiet_period_days: days, timezone: zone } })),
      );
      say(t("The limits were saved; everyone's next survey follows them."));
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <form className="stack" style={{ maxWidth: 520 }} onSubmit={(event) => void save(event)}>
      <Text
        label={t("Quiet period, days between any two surveys")}
        hint={t("Over all campaigns and channels. 0: none.")}
        type="number"
        min={0}
        max={3650}
        value={days}
        onChange={(event) => setDays(Number(event.target.value))}
        error={problem?.reasonFor("quiet_period_days")}
      />
      <Text
        label={t("Time zone of the company")}
        hint={t("For customers whose own is not known. Such as Europe/Vienna.")}
        value={zone}
        onChange={(event) => setZone(event.target.value)}
        error={problem?.reasonFor("timezone")}
      />
      {problem && !problem.body.errors && <Failed error={problem} />}
      <div>
        <Button type="submit" look="primary" reason={may("manage")}>
          {t("Save")}
        </Button>
      </div>
    </form>
  );
}
