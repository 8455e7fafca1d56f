import { useQuery } from "@tanstack/react-query";
import { FolderPlus, Plus, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { campaignsQuery, propertiesQuery, tagsQuery } from "../api/queries";
import { type Built, type Clause, type Group, isGroup } from "../lib/filter";
import { fieldWord, opWord, statusWord } from "../lib/words";
import { Button } from "./basics";
import { Choice, type Option, Segmented, Text } from "./fields";

export type FieldKind =
  | "text"
  | "number"
  | "moment"
  | "labels"
  | "boolean"
  | "date"
  | "list"
  | "status"
  | "campaign"
  | "choice";
export interface FieldSpec {
  name: string;
  kind: FieldKind;
  options?: Option[];
}

const OPS: Record<FieldKind, string[]> = {
  text: ["eq", "ne", "contains", "in", "exists", "missing"],
  number: ["eq", "ne", "gte", "lte", "gt", "lt", "exists", "missing"],
  moment: ["lt", "gt", "exists", "missing"],
  labels: ["has", "has_not", "exists", "missing"],
  boolean: ["eq", "exists", "missing"],
  date: ["eq", "lt", "gt", "exists", "missing"],
  list: ["has", "has_not", "contains", "exists", "missing"],
  status: ["eq", "ne", "exists", "missing"],
  campaign: ["has", "has_not"],
  choice: ["eq", "ne"],
};

const CUSTOMER: FieldSpec[] = [
  { name: "tags", kind: "labels" },
  ...[
    "company",
    "job_title",
    "email",
    "city",
    "state",
    "country",
    "language",
    "timezone",
    "source",
    "first_name",
    "last_name",
  ].map((name): FieldSpec => ({ name, kind: "text" })),
  { name: "status", kind: "status" },
  { name: "last_score", kind: "number" },
  { name: "last_survey_at", kind: "moment" },
  { name: "created_at", kind: "moment" },
];
/** What only the list of customers can ask for; an audience cannot. */
const LISTED: FieldSpec[] = [
  { name: "next_survey_at", kind: "moment" },
  { name: "campaigns", kind: "campaign" },
  { name: "sent", kind: "number" },
  { name: "response_rate", kind: "number" },
];

/** The fields that can be asked for, with those of the property catalogue. */
export function useCustomerFields(scope: "list" | "audience"): FieldSpec[] {
  const properties = useQuery(propertiesQuery);
  return [
    ...CUSTOMER,
    ...(scope === "list" ? LISTED : []),
    ...(properties.data?.items ?? []).map(
      (one): FieldSpec => ({ name: `properties.${one.name}`, kind: one.type as FieldKind }),
    ),
  ];
}

const fresh = (): Clause => ({ field: "tags", op: "has", value: "" });

/** Any number of clauses, and groups of them one level deep; the same one for lists, segments, audiences and dashboards. */
export function FilterBuilder({
  value,
  onChange,
  fields,
  relative,
}: {
  value: Built;
  onChange: (value: Built) => void;
  fields: FieldSpec[];
  relative?: boolean;
}) {
  const { t } = useTranslation();
  const put = (index: number, part: Clause | Group | null) =>
    onChange({
      ...value,
      parts: part
        ? value.parts.map((one, place) => (place === index ? part : one))
        : value.parts.filter((_, place) => place !== index),
    });
  return (
    <div className="builder" role="group" aria-label={t("Conditions")}>
      {value.parts.length > 1 && (
        <Match value={value.match} onChange={(match) => onChange({ ...value, match })} />
      )}
      {value.parts.map((part, index) =>
        isGroup(part) ? (
          <div className="group" key={index} role="group" aria-label={t("Group of conditions")}>
            <Match value={part.match} onChange={(match) => put(index, { ...part, match })} />
            {part.parts.map((clause, inner) => (
              <ClauseRow
                key={inner}
                clause={clause}
                fields={fields}
                relative={relative ?? false}
                onChange={(next) => {
                  const parts = next
                    ? part.parts.map((one, place) => (place === inner ? next : one))
                    : part.parts.filter((_, place) => place !== inner);
                  put(index, parts.length ? { ...part, parts } : null);
                }}
              />
            ))}
            <div>
              <Button
                small
                look="quiet"
                icon={Plus}
                onClick={() => put(index, { ...part, parts: [...part.parts, fresh()] })}
              >
                {t("Condition in this group")}
              </Button>
            </div>
          </div>
        ) : (
          <ClauseRow
            key={index}
            clause={part}
            fields={fields}
            relative={relative ?? false}
            onChange={(next) => put(index, next)}
          />
        ),
      )}
      <div className="row">
        <Button small icon={Plus} onClick={() => onChange({ ...value, parts: [...value.parts, fresh()] })}>
          {t("Condition")}
        </Button>
        <Button
          small
          look="quiet"
          icon={FolderPlus}
          onClick={() =>
            onChange({
              ...value,
              parts: [...value.parts, { match: value.match === "all" ? "any" : "all", parts: [fresh()] }],
            })
          }
        >
          {t("Group")}
        </Button>
      </div>
    </div>
  );
}

function Match({ value, onChange }: { value: "all" | "any"; onChange: (value: "all" | "any") => void }) {
  const { t } = useTranslation();
  return (
    <div>
      <Segmented
        label={t("How many must hold")}
        value={value}
        onChange={onChange}
        options={[
          { value: "all", label: t("All hold") },
          { value: "any", label: t("Any holds") },
        ]}
      />
    </div>
  );
}

function ClauseRow({
  clause,
  fields,
  relative,
  onChange,
}: {
  clause: Clause;
  fields: FieldSpec[];
  relative: boolean;
  onChange: (clause: Clause | null) => void;
}) {
  const { t } = useTranslation();
  const spec = fields.find((one) => one.name === clause.field) ?? {
    name: clause.field,
    kind: "text" as const,
  };
  const ops = OPS[spec.kind] ?? OPS.text;
  const options = [
    ...(fields.some((one) => one.name === clause.field)
      ? []
      : [{ value: clause.field, label: fieldWord(clause.field) }]),
    ...fields.map((one) => ({ value: one.name, label: fieldWord(one.name) })),
  ];
  const momentOps: Record<string, string> = {
    lt: t("is longer ago than"),
    gt: t("is less long ago than"),
    exists: opWord("exists"),
    missing: opWord("missing"),
  };
  return (
    <div className="clause">
      <Choice
        hideLabel
        label={t("Field")}
        value={clause.field}
        options={options}
        onChange={(event) => {
          const next = fields.find((one) => one.name === event.target.value)!;
          onChange({
            field: next.name,
            op: (OPS[next.kind] ?? OPS.text)[0]!,
            value: next.kind === "boolean" ? true : next.kind === "moment" ? { days_ago: 30 } : "",
          });
        }}
      />
      <Choice
        hideLabel
        label={t("Comparison")}
        value={clause.op}
        options={ops.map((op) => ({
          value: op,
          label: spec.kind === "moment" ? momentOps[op]! : opWord(op),
        }))}
        onChange={(event) => {
          const op = event.target.value;
          const list =
            op === "in"
              ? String(clause.value ?? "")
                  .split(",")
                  .map((one) => one.trim())
                  .filter(Boolean)
              : Array.isArray(clause.value)
                ? clause.value.join(", ")
                : clause.value;
          onChange({ ...clause, op, value: list });
        }}
      />
      {clause.op === "exists" || clause.op === "missing" ? (
        <span />
      ) : (
        <Value
          clause={clause}
          spec={spec}
          relative={relative}
          onChange={(value) => onChange({ ...clause, value })}
        />
      )}
      <Button look="icon" icon={X} aria-label={t("Remove this condition")} onClick={() => onChange(null)} />
    </div>
  );
}

function Value({
  clause,
  spec,
  relative,
  onChange,
}: {
  clause: Clause;
  spec: FieldSpec;
  relative: boolean;
  onChange: (value: unknown) => void;
}) {
  const { t } = useTranslation();
  const tags = useQuery({ ...tagsQuery, enabled: spec.name === "tags" });
  const campaigns = useQuery({ ...campaignsQuery, enabled: spec.kind === "campaign" });
  const label = t("Value");
  const value = clause.value;
  if (spec.kind === "number") {
    return (
      <Text
        hideLabel
        label={label}
        type="number"
        step="any"
        value={value === undefined ? "" : String(value)}
        onChange={(event) => onChange(event.target.value === "" ? "" : Number(event.target.value))}
      />
    );
  }
  if (spec.kind === "boolean") {
    return (
      <Choice
        hideLabel
        label={label}
        value={value === false ? "no" : "yes"}
        onChange={(event) => onChange(event.target.value === "yes")}
        options={[
          { value: "yes", label: t("Yes") },
          { value: "no", label: t("No") },
        ]}
      />
    );
  }
  if (spec.kind === "moment") {
    const days =
      typeof value === "object" && value !== null
        ? (value as { days_ago: number }).days_ago
        : typeof value === "string" && value
          ? Math.round((Date.now() - Date.parse(value)) / 86_400_000)
          : "";
    const moment = (count: number) => (relative ? { days_ago: count } : { days_ago: count });
    return (
      <Text
        hideLabel
        label={t("Days")}
        type="number"
        min={0}
        max={3650}
        value={String(days)}
        placeholder={t("days")}
        onChange={(event) => onChange(event.target.value === "" ? "" : moment(Number(event.target.value)))}
      />
    );
  }
  if (spec.kind === "date")
    return (
      <Text
        hideLabel
        label={label}
        type="date"
        value={String(value ?? "")}
        onChange={(event) => onChange(event.target.value)}
      />
    );
  if (spec.kind === "status") {
    return (
      <Choice
        hideLabel
        label={label}
        value={String(value ?? "")}
        onChange={(event) => onChange(event.target.value)}
        options={[
          { value: "", label: t("Choose …"), disabled: true },
          ...["unsubscribed", "hard_bounced", "non_deliverable"].map((one) => ({
            value: one,
            label: statusWord(one),
          })),
        ]}
      />
    );
  }
  if (spec.kind === "campaign") {
    return (
      <Choice
        hideLabel
        label={label}
        value={String(value ?? "")}
        onChange={(event) => onChange(event.target.value)}
        options={[
          { value: "", label: t("Choose …"), disabled: true },
          ...(campaigns.data?.items ?? []).map((one) => ({ value: one.id, label: one.name })),
        ]}
      />
    );
  }
  if (spec.options) {
    return (
      <Choice
        hideLabel
        label={label}
        value={String(value ?? "")}
        onChange={(event) => onChange(event.target.value)}
        options={[{ value: "", label: t("Choose …"), disabled: true }, ...spec.options]}
      />
    );
  }
  const listed = clause.op === "in";
  return (
    <>
      <Text
        hideLabel
        label={label}
        list={spec.name === "tags" ? "all-tags" : undefined}
        placeholder={listed ? t("one, another") : spec.name === "tags" ? t("tag") : t("value")}
        value={Array.isArray(value) ? value.join(", ") : String(value ?? "")}
        onChange={(event) =>
          onChange(listed ? event.target.value.split(",").map((one) => one.trimStart()) : event.target.value)
        }
      />
      {spec.name === "tags" && (
        <datalist id="all-tags">
          {(tags.data?.items ?? []).map((one) => (
            <option key={one.tag} value={one.tag} />
          ))}
        </datalist>
      )}
    </>
  );
}
