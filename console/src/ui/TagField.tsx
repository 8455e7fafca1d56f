import { X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Text } from "./fields";

/** Whether a tag is among these, without regard to case. */
export const hasTag = (tags: readonly string[], tag: string) =>
  tags.some((one) => one.toLowerCase() === tag.toLowerCase());

/** Tags while they are edited: what is typed and not yet added counts when it is saved. */
export function useTags(before: readonly string[]) {
  const [tags, setTags] = useState(before);
  const [text, setText] = useState("");
  const typed = text.trim();
  const withTag = (tag: string) => (tag && !hasTag(tags, tag) ? [...tags, tag] : [...tags]);
  return {
    tags,
    text,
    typed,
    setText,
    wanted: withTag(typed),
    add: (tag: string) => {
      setTags(withTag(tag));
      setText("");
    },
    remove: (tag: string) => setTags(tags.filter((one) => one !== tag)),
  };
}

/** The tags there are, each with a way to take it off, and a field to add one. */
export function TagField({
  edited,
  hint,
  error,
}: {
  edited: ReturnType<typeof useTags>;
  hint: string;
  error: string | undefined;
}) {
  const { t } = useTranslation();
  return (
    <>
      <ul className="row" style={{ gap: 6 }} aria-label={t("Assigned")}>
        {edited.tags.map((tag) => (
          <li key={tag} className="tag">
            {tag}
            <button
              type="button"
              aria-label={t("Remove {{name}}", { name: tag })}
              onClick={() => edited.remove(tag)}
            >
              <X size={13} aria-hidden />
            </button>
          </li>
        ))}
        {!edited.tags.length && <li className="muted">{t("No tags.")}</li>}
      </ul>
      <Text
        label={t("Add a tag")}
        hint={hint}
        value={edited.text}
        autoFocus
        maxLength={100}
        error={error}
        onChange={(event) => edited.setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !edited.typed) return;
          event.preventDefault();
          edited.add(edited.typed);
        }}
      />
    </>
  );
}
