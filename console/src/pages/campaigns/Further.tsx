import { ArrowDown, ArrowUp, Plus, Trash2, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { FurtherQuestion } from "../../api/types";
import { Button, className3 } from "../../ui/basics";
import { Check, Choice, Text } from "../../ui/fields";

const MOST = 10;
const KINDS = ["text", "single_choice", "multiple_choice", "rating"] as const;
type Option = NonNullable<FurtherQuestion["choices"]>[number];

/** An id that none of these has: answers are kept by it, so it never changes. */
function freeId(before: string, taken: string[]): string {
  let number = taken.length + 1;
  while (taken.includes(`${before}${number}`)) number++;
  return `${before}${number}`;
}

/** What is asked after the score, one after the other, each of those whom it concerns. */
export function Further({
  questions,
  language,
  classes,
  onChange,
}: {
  questions: FurtherQuestion[];
  language: string;
  classes: string[];
  onChange: (questions: FurtherQuestion[]) => void;
}) {
  const { t } = useTranslation();
  const put = (place: number, next: Partial<FurtherQuestion>) =>
    onChange(questions.map((one, index) => (index === place ? { ...one, ...next } : one)));
  const move = (place: number, by: number) => {
    const made = [...questions];
    made.splice(place + by, 0, made.splice(place, 1)[0]!);
    onChange(made);
  };
  const add = () =>
    onChange([
      ...questions,
      {
        id: freeId(
          "q",
          questions.map((one) => one.id),
        ),
        kind: "text",
        texts: {},
        required: false,
        choices: [],
      },
    ]);
  return (
    <div className="stack">
      {questions.map((one, place) => (
        <fieldset key={one.id} className="group">
          <legend className="row">
            <span className="grow">{t("Question {{n}}", { n: place + 1 })}</span>
            <Button
              look="icon"
              small
              icon={ArrowUp}
              aria-label={t("Ask question {{n}} earlier", { n: place + 1 })}
              reason={place ? undefined : t("It is the first.")}
              onClick={() => move(place, -1)}
            />
            <Button
              look="icon"
              small
              icon={ArrowDown}
              aria-label={t("Ask question {{n}} later", { n: place + 1 })}
              reason={place < questions.length - 1 ? undefined : t("It is the last.")}
              onClick={() => move(place, 1)}
            />
            <Button
              look="icon"
              small
              icon={Trash2}
              aria-label={t("Remove question {{n}}", { n: place + 1 })}
              onClick={() =>
                onChange(
                  questions
                    .filter((_, index) => index !== place)
                    // Nothing can depend on a question that is no more.
                    .map((other) =>
                      other.show_if?.question === one.id ? { ...other, show_if: null } : other,
                    ),
                )
              }
            />
          </legend>
          <One
            question={one}
            before={questions.slice(0, place)}
            language={language}
            classes={classes}
            put={(next) => put(place, next)}
          />
        </fieldset>
      ))}
      <div>
        <Button
          small
          icon={Plus}
          onClick={add}
          reason={questions.length < MOST ? undefined : t("Ten at most: people give up earlier.")}
        >
          {t("Question")}
        </Button>
      </div>
    </div>
  );
}

type Part = {
  question: FurtherQuestion;
  before: FurtherQuestion[];
  language: string;
  classes: string[];
  put: (next: Partial<FurtherQuestion>) => void;
};

function One({ question, before, language, classes, put }: Part) {
  const { t } = useTranslation();
  const words = {
    text: t("Text"),
    single_choice: t("One of several"),
    multiple_choice: t("Several of several"),
    rating: t("Rating from 1 to 5"),
  };
  const chosen = question.kind === "single_choice" || question.kind === "multiple_choice";
  return (
    <div className="stack tight">
      <div className="pair">
        <Text
          label={t("Question")}
          required
          maxLength={500}
          value={question.texts[language] ?? ""}
          onChange={(event) => put({ texts: { ...question.texts, [language]: event.target.value } })}
        />
        <Choice
          label={t("Answered by")}
          value={question.kind}
          onChange={(event) => put({ kind: event.target.value as FurtherQuestion["kind"] })}
          options={KINDS.map((kind) => ({ value: kind, label: words[kind] }))}
        />
      </div>
      {chosen && (
        <Options
          options={question.choices ?? []}
          language={language}
          onChange={(choices) => put({ choices })}
        />
      )}
      <ShowIf question={question} before={before} language={language} classes={classes} put={put} />
      <Check
        label={t("Must be answered to go on")}
        checked={question.required}
        onChange={(event) => put({ required: event.target.checked })}
      />
    </div>
  );
}

function Options({
  options,
  language,
  onChange,
}: {
  options: Option[];
  language: string;
  onChange: (options: Option[]) => void;
}) {
  const { t } = useTranslation();
  return (
    <div className="stack tight">
      {options.map((one, place) => (
        <div className="row" key={one.id}>
          <span className="grow">
            <Text
              hideLabel
              label={t("Choice {{n}}", { n: place + 1 })}
              required
              maxLength={200}
              value={one.labels[language] ?? ""}
              onChange={(event) =>
                onChange(
                  options.map((other) =>
                    other === one
                      ? { ...one, labels: { ...one.labels, [language]: event.target.value } }
                      : other,
                  ),
                )
              }
            />
          </span>
          <Button
            look="icon"
            icon={X}
            aria-label={t("Remove choice {{n}}", { n: place + 1 })}
            onClick={() => onChange(options.filter((other) => other !== one))}
          />
        </div>
      ))}
      <div>
        <Button
          small
          look="quiet"
          icon={Plus}
          onClick={() =>
            onChange([
              ...options,
              {
                id: freeId(
                  "c",
                  options.map((one) => one.id),
                ),
                labels: {},
              },
            ])
          }
        >
          {t("Choice")}
        </Button>
      </div>
    </div>
  );
}

function ShowIf({ question, before, language, classes, put }: Part) {
  const { t } = useTranslation();
  const asked = question.show_if;
  const set = (next: Partial<NonNullable<typeof asked>>) => {
    const made = { classes: [], answers: [], question: null, ...asked, ...next };
    put({ show_if: made.classes.length || made.question ? made : null });
  };
  const other = before.find((one) => one.id === asked?.question);
  const choosable = before.filter((one) => one.choices?.length);
  return (
    <div className="stack tight">
      <fieldset>
        <legend>{t("Asked of")}</legend>
        <div className="row" style={{ gap: 16 }}>
          {classes.map((name) => (
            <Check
              key={name}
              label={className3(name, t)}
              checked={!asked?.classes?.length || asked.classes.includes(name)}
              onChange={(event) => {
                const now = asked?.classes?.length ? asked.classes : classes;
                const made = event.target.checked ? [...now, name] : now.filter((one) => one !== name);
                set({ classes: made.length === classes.length ? [] : made });
              }}
            />
          ))}
        </div>
      </fieldset>
      {choosable.length > 0 && (
        <div className="row" style={{ alignItems: "end", gap: 16 }}>
          <Choice
            label={t("Only after")}
            value={asked?.question ?? ""}
            onChange={(event) => set({ question: event.target.value || null, answers: [] })}
            options={[
              { value: "", label: t("any answer") },
              ...choosable.map((one) => ({ value: one.id, label: one.texts[language] ?? one.id })),
            ]}
          />
          {other?.choices?.map((one) => (
            <Check
              key={one.id}
              label={one.labels[language] ?? one.id}
              checked={asked?.answers?.includes(one.id) ?? false}
              onChange={(event) =>
                set({
                  answers: event.target.checked
                    ? [...(asked?.answers ?? []), one.id]
                    : (asked?.answers ?? []).filter((id) => id !== one.id),
                })
              }
            />
          ))}
        </div>
      )}
    </div>
  );
}
