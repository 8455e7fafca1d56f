import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { body, profile } from "../../api/client";
import { queryClient } from "../../api/queryClient";
import { fullName } from "../../lib/format";
import { Text } from "../../ui/fields";
import { FormDialog } from "../../ui/overlays";
import { say } from "../../ui/toasts";

export function AddCustomer({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [values, setValues] = useState<Record<string, string>>({});
  const [key] = useState(() => crypto.randomUUID());
  const fields: [string, string, string?][] = [
    ["first_name", t("First name")],
    ["last_name", t("Last name")],
    ["email", t("E-mail"), "email"],
    ["phone", t("Phone"), "tel"],
    ["company", t("Company")],
    ["job_title", t("Job title")],
    ["city", t("City")],
    ["country", t("Country")],
  ];
  const submit = async () => {
    const { tags, ...rest } = values;
    const said = Object.fromEntries(Object.entries(rest).filter(([, text]) => text.trim()));
    const made = await body(
      profile.POST("/v1/customers", {
        params: { header: { "idempotency-key": key } },
        body: {
          ...said,
          external_ids: {},
          ...(tags?.trim()
            ? {
                tags: tags
                  .split(",")
                  .map((one) => one.trim())
                  .filter(Boolean),
              }
            : {}),
        },
      }),
    );
    void queryClient.invalidateQueries({ queryKey: ["profile", "customers"] });
    say(t("{{name}} was added.", { name: fullName(made) }));
    void navigate({ to: "/customers/$id", params: { id: made.id } });
  };
  const some = Object.values(values).some((text) => text.trim());
  return (
    <FormDialog
      title={t("Add customer")}
      close={close}
      submit={submit}
      action={t("Add customer")}
      blocked={some ? undefined : t("Fill in a name or an address.")}
    >
      {(problem) => (
        <>
          <div className="pair">
            {fields.map(([name, label, type], place) => (
              <Text
                key={name}
                label={label}
                type={type ?? "text"}
                autoFocus={place === 0}
                value={values[name] ?? ""}
                onChange={(event) => setValues({ ...values, [name]: event.target.value })}
                error={problem?.reasonFor(name)}
                autoComplete="off"
              />
            ))}
          </div>
          <Text
            label={t("Tags")}
            hint={t("Several with commas between them.")}
            value={values.tags ?? ""}
            onChange={(event) => setValues({ ...values, tags: event.target.value })}
            error={problem?.reasonFor("tags")}
          />
          {typeof problem?.body.customer_id === "string" && (
            <Link to="/customers/$id" params={{ id: problem.body.customer_id }}>
              {t("Open the customer who has this address")}
            </Link>
          )}
        </>
      )}
    </FormDialog>
  );
}
