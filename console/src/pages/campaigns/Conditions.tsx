import { Plus, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { type Clause, fromTree, isGroup, type Tree, toTree } from "../../lib/filter";
import { opWord } from "../../lib/words";
import { Button, Note } from "../../ui/basics";
import { Choice, Segmented, Text } from "../../ui/fields";

const OPS = ["eq", "ne", "in", "contains", "gte", "lte", "exists", "missing"];
const BEFORE = "payload.";

/** What is typed, as an event would have it: numbers as numbers, a list with commas. */
function read(text: string, op: string): unknown {
  if (op === "in") return text.split(",").map((one) => one.trimStart());
  return text.trim() !== "" && !Number.isNaN(Number(text)) ? Number(text) : text;
}

/** Which events of a type start the campaign: clauses over what they carry. */
export function Conditions({ value, onChange }: { value: Tree; onChange: (tree: Tree) => void }) {
  const { t } = useTranslation();
  const built = fromTree(value);
  if (!built || built.parts.some(isGroup)) {
    return (
      <Note>{t("These conditions nest deeper than is shown here. They can be changed over the API.")}</Note>
    );
  }
  const clauses = built.parts as Clause[];
  // What is not whole yet stays on the page, too: only names of the payload can be asked for.
  const tell = (parts: Clause[], match = built.match) =>
    onChange(parts.length ? { [match]: parts } : toTree({ match, parts }));
  const put = (place: number, next: Clause) =>
    tell(clauses.map((one, index) => (index === place ? next : one)));
  return (
    <div className="builder" role="group" aria-label={t("Conditions")}>
      <p className="muted">
        {clauses.length ? t("Only events of which this holds:") : t("Every event of this type starts it.")}
      </p>
      {clauses.length > 1 && (
        <div>
          <Segmented
            label={t("How many must hold")}
            value={built.match}
            onChange={(match) => tell(clauses, match)}
            options={[
              { value: "all", label: t("All hold") },
              { value: "any", label: t("Any holds") },
            ]}
          />
        </div>
      )}
      {clauses.map((clause, place) => (
        <div className="clause" key={place}>
          <Text
            hideLabel
            label={t("What the event carries")}
            placeholder={t("such as priority")}
            required
            value={clause.field.replace(BEFORE, "")}
            onChange={(event) => put(place, { ...clause, field: BEFORE + event.target.value.trim() })}
          />
          <Choice
            hideLabel
            label={t("Comparison")}
            value={clause.op}
            onChange={(event) => {
              const op = event.target.value;
              const text = Array.isArray(clause.value) ? clause.value.join(", ") : String(clause.value ?? "");
              put(place, { ...clause, op, value: read(text, op) });
            }}
            options={OPS.map((op) => ({ value: op, label: opWord(op) }))}
          />
          {clause.op === "exists" || clause.op === "missing" ? (
            <span />
          ) : (
            <Text
              hideLabel
              label={t("Value")}
              placeholder={clause.op === "in" ? t("one, another") : t("value")}
              required
              value={Array.isArray(clause.value) ? clause.value.join(", ") : String(clause.value ?? "")}
              onChange={(event) => put(place, { ...clause, value: read(event.target.value, clause.op) })}
            />
          )}
          <Button
            look="icon"
            icon={X}
            aria-label={t("Remove this condition")}
            onClick={() => tell(clauses.filter((_, index) => index !== place))}
          />
        </div>
      ))}
      <div>
        <Button small icon={Plus} onClick={() => tell([...clauses, { field: BEFORE, op: "eq", value: "" }])}>
          {t("Condition")}
        </Button>
      </div>
    </div>
  );
}
