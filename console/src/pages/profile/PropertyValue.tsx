import { useTranslation } from "react-i18next";
import { Choice, Text } from "../../ui/fields";

/** The editor that fits a property's type. */
export function PropertyValue({
  label,
  type,
  value,
  onChange,
  error,
  autoFocus,
}: {
  label: string;
  type: string;
  value: unknown;
  onChange: (value: unknown) => void;
  error?: string | undefined;
  autoFocus?: boolean;
}) {
  const { t } = useTranslation();
  if (type === "boolean") {
    return (
      <Choice
        label={label}
        error={error}
        value={value === true ? "yes" : value === false ? "no" : ""}
        onChange={(event) => onChange(event.target.value === "yes")}
        options={[
          { value: "", label: t("Choose …"), disabled: true },
          { value: "yes", label: t("Yes") },
          { value: "no", label: t("No") },
        ]}
      />
    );
  }
  if (type === "number") {
    return (
      <Text
        label={label}
        error={error}
        type="number"
        step="any"
        required
        autoFocus={autoFocus}
        value={value === undefined || value === null ? "" : String(value)}
        onChange={(event) => onChange(event.target.value === "" ? null : Number(event.target.value))}
      />
    );
  }
  if (type === "date") {
    return (
      <Text
        label={label}
        error={error}
        type="date"
        required
        autoFocus={autoFocus}
        value={typeof value === "string" ? value.slice(0, 10) : ""}
        onChange={(event) => onChange(event.target.value)}
      />
    );
  }
  if (type === "list") {
    return (
      <Text
        label={label}
        error={error}
        hint={t("Several values, with commas between them.")}
        autoFocus={autoFocus}
        required
        value={Array.isArray(value) ? value.join(", ") : ""}
        onChange={(event) => onChange(event.target.value.split(",").map((one) => one.trimStart()))}
        onBlur={() =>
          Array.isArray(value) && onChange(value.map((one) => String(one).trim()).filter(Boolean))
        }
      />
    );
  }
  return (
    <Text
      label={label}
      error={error}
      required
      autoFocus={autoFocus}
      maxLength={5000}
      value={typeof value === "string" ? value : ""}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
