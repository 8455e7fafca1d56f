import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { body, outbox } from "../../api/client";
import { useMay } from "../../api/may";
import { sendingQuery } from "../../api/queries";
import { queryClient } from "../../api/queryClient";
import { number } from "../../lib/format";
import { destinationWord } from "../../lib/words";
import { Badge, Button, Card, When } from "../../ui/basics";
import { Why } from "../../ui/fields";
import { FormDialog } from "../../ui/overlays";
import { Table } from "../../ui/Table";
import { say } from "../../ui/toasts";

/** Mail servers that take no mail now, or less of it; nothing where all take what they get. */
export function Destinations() {
  const { t } = useTranslation();
  const may = useMay();
  const { data } = useQuery(sendingQuery);
  const [opening, setOpening] = useState<string | null>(null);
  if (!data?.stopped.length && !data?.spared.length) return null;
  const rows = [
    ...data.stopped.map((one) => ({
      id: `stopped ${one.destination}`,
      destination: one.destination,
      state: <Badge tone="bad">{t("Stopped")}</Badge>,
      why: t("It refused {{refused}} of {{all}} mails within an hour as unwanted.", {
        refused: number(one.refused),
        all: number(one.refused + one.sent),
      }),
      goesOn: <When at={one.until} />,
      act: (
        <Button small reason={may("administer")} onClick={() => setOpening(one.destination)}>
          {t("Open again")}
        </Button>
      ),
    })),
    ...data.spared.map((one) => ({
      id: `spared ${one.destination}`,
      destination: one.destination,
      state: <Badge tone="mid">{t("Slowed")}</Badge>,
      why: (
        <>
          {t("It asked for less")} <When at={one.slowed_at} />.{" "}
          {t("Now {{rate}} mails a second, {{used}} of {{most}} at once.", {
            rate: number(one.rate, { maximumFractionDigits: 2 }),
            used: number(one.connections_used),
            most: number(one.connections),
          })}
        </>
      ),
      goesOn: t("Bit by bit"),
      act: null,
    })),
  ];
  return (
    <Card title={t("Mail servers that hold us back")} flush>
      <Table
        label={t("List of mail servers")}
        rows={rows}
        columns={[
          {
            head: t("Where"),
            cell: (one) => <span className="strong">{destinationWord(one.destination)}</span>,
          },
          { head: t("State"), cell: (one) => one.state },
          { head: t("Why"), cell: (one) => <span className="sentence">{one.why}</span> },
          { head: t("Goes on"), cell: (one) => one.goesOn },
          { head: t("Actions"), silent: true, cell: (one) => one.act },
        ]}
      />
      {opening && <Open destination={opening} close={() => setOpening(null)} />}
    </Card>
  );
}

function Open({ destination, close }: { destination: string; close: () => void }) {
  const { t } = useTranslation();
  const [note, setNote] = useState("");
  const name = destinationWord(destination);
  const submit = async () => {
    await body(outbox.POST("/v1/sending/open", { body: { destination, note: note || null } }));
    await queryClient.invalidateQueries({ queryKey: ["outbox", "sending"] });
    say(t("Mails go to {{name}} again.", { name }));
  };
  return (
    <FormDialog
      title={t("Open {{name}} again", { name })}
      close={close}
      submit={submit}
      action={t("Open again")}
    >
      {() => (
        <>
          <p>
            {t(
              "Do so once the cause is mended, such as the sender's domain or an entry on a block list. Where it goes on refusing, it is stopped anew.",
            )}
          </p>
          <Why value={note} put={setNote} autoFocus />
        </>
      )}
    </FormDialog>
  );
}
