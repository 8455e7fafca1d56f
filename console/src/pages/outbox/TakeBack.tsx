import { useState } from "react";
import { useTranslation } from "react-i18next";
import { body, outbox } from "../../api/client";
import { queryClient } from "../../api/queryClient";
import type { Dispatch } from "../../api/types";
import { Because } from "../../ui/fields";
import { FormDialog } from "../../ui/overlays";
import { say } from "../../ui/toasts";

/** Whether it may still be kept from going out; the answer decides. */
export const waits = (record: Dispatch) => record.state === "queued";
export const isTakenBack = (record: Dispatch) => record.state_reason === "taken-back";

export function TakeBack({ record, close }: { record: Dispatch; close: () => void }) {
  const { t } = useTranslation();
  const submit = async (note: string) => {
    await body(
      outbox.POST("/v1/dispatches/{id}/take-back", { params: { path: { id: record.id } }, body: { note } }),
    );
    say(t("It was taken back and will not go out."));
  };
  return (
    <Asking title={t("Take this survey back")} close={close} submit={submit}>
      <p>
        {t(
          "It will not go out, for good. The campaign asks this customer again when the next turn comes, as if this one had gone out; a survey by hand can be sent at any time.",
        )}
      </p>
    </Asking>
  );
}

export function TakeBackCampaign({ id, active, close }: { id: string; active: boolean; close: () => void }) {
  const { t } = useTranslation();
  const submit = async (note: string) => {
    const ask = () =>
      body(outbox.POST("/v1/campaigns/{id}/take-back", { params: { path: { id } }, body: { note } }));
    let count = 0;
    for (let more = true; more; ) {
      const done = await ask();
      count += done.taken_back;
      more = done.more;
    }
    say(count ? t("{{count}} surveys were taken back.", { count }) : t("Nothing was waiting."));
  };
  return (
    <Asking title={t("Take back what waits")} close={close} submit={submit}>
      <p>
        {t(
          "Every survey of this campaign that has not gone out will not go out, for good. Each of these customers is asked again when the next turn comes.",
        )}
      </p>
      {active && (
        <p>{t("What becomes due from now on goes out as ever; pause the campaign if that is not wanted.")}</p>
      )}
    </Asking>
  );
}

function Asking({
  title,
  close,
  submit,
  children,
}: {
  title: string;
  close: () => void;
  submit: (note: string) => Promise<void>;
  children: React.ReactNode;
}) {
  const { t } = useTranslation();
  const [note, setNote] = useState("");
  return (
    <FormDialog
      title={title}
      close={close}
      action={t("Take back")}
      danger
      submit={async () => {
        await submit(note);
        await queryClient.invalidateQueries({ queryKey: ["outbox"] });
      }}
    >
      {(problem) => (
        <>
          {children}
          <Because
            label={t("Why")}
            hint={t("It is kept in the record, with your name.")}
            value={note}
            put={setNote}
            error={problem?.reasonFor("note")}
          />
        </>
      )}
    </FormDialog>
  );
}
