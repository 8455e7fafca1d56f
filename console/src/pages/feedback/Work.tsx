import { Check, RotateCcw, StickyNote, Tag } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../api/may";
import type { Answer } from "../../api/types";
import { Badge, Button } from "../../ui/basics";
import { Area } from "../../ui/fields";
import { FormDialog } from "../../ui/overlays";
import { TagField, useTags } from "../../ui/TagField";
import { say, sayProblem } from "../../ui/toasts";
import { addNote, editAnswer } from "./api";

/** Resolve an answer, or open it again, with a way back. */
export async function toggle(answer: Answer, t: (text: string) => string) {
  const before = answer.work.state;
  const state = before === "open" ? "resolved" : "open";
  try {
    await editAnswer(answer.id, { state });
    say(state === "resolved" ? t("Resolved.") : t("Open again."), {
      undo: () => editAnswer(answer.id, { state: before }),
    });
  } catch (error) {
    sayProblem(error);
  }
}

/** How far colleagues are with an answer, and what they can do about it. */
export function Work({ answer, resolve }: { answer: Answer; resolve: () => void }) {
  const { t } = useTranslation();
  const may = useMay();
  const [dialog, setDialog] = useState<"note" | "tag" | null>(null);
  const { work } = answer;
  return (
    <div className="row">
      {work.state === "resolved" && <Badge tone="good">{t("Resolved")}</Badge>}
      {work.tags.map((tag) => (
        <span key={tag} className="tag">
          {tag}
        </span>
      ))}
      {work.assigned_to && (
        <span className="muted small">{t("for {{name}}", { name: work.assigned_to })}</span>
      )}
      {work.note_count > 0 && (
        <span className="muted small">{t("{{count}} notes", { count: work.note_count })}</span>
      )}
      <span className="grow" />
      <Button
        small
        look="quiet"
        icon={work.state === "open" ? Check : RotateCcw}
        onClick={resolve}
        reason={may("answer")}
      >
        {work.state === "open" ? t("Resolve") : t("Open again")}
      </Button>
      <Button small look="quiet" icon={Tag} onClick={() => setDialog("tag")} reason={may("answer")}>
        {t("Tag")}
      </Button>
      <Button small look="quiet" icon={StickyNote} onClick={() => setDialog("note")} reason={may("answer")}>
        {t("Note")}
      </Button>
      {dialog === "note" && <NoteDialog answer={answer} close={() => setDialog(null)} />}
      {dialog === "tag" && <TagDialog answer={answer} close={() => setDialog(null)} />}
    </div>
  );
}

export function NoteDialog({ answer, close }: { answer: Answer; close: () => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  return (
    <FormDialog
      title={t("Note for colleagues")}
      close={close}
      action={t("Add note")}
      submit={async () => {
        await addNote(answer.id, text);
        say(t("The note was added."));
      }}
    >
      {(problem) => (
        <Area
          label={t("Note")}
          hint={t("The customer never sees it.")}
          value={text}
          onChange={(event) => setText(event.target.value)}
          required
          maxLength={5000}
          autoFocus
          error={problem?.reasonFor("text")}
        />
      )}
    </FormDialog>
  );
}

export function TagDialog({ answer, close }: { answer: Answer; close: () => void }) {
  const { t } = useTranslation();
  const edited = useTags(answer.work.tags);
  const submit = () => editAnswer(answer.id, { tags: edited.wanted });
  return (
    <FormDialog title={t("Tags of this answer")} close={close} action={t("Save")} submit={submit}>
      {(problem) => (
        <TagField
          edited={edited}
          hint={t("What the answer is about, such as pricing. Enter adds it.")}
          error={problem?.reasonFor("tags")}
        />
      )}
    </FormDialog>
  );
}
