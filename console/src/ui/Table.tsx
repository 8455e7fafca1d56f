import type { Key, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button, Note } from "./basics";
import { Dialog } from "./overlays";
import { say } from "./toasts";

export interface Column<T> {
  head: string;
  /** Read by screen readers only, as over a column of buttons. */
  silent?: boolean;
  num?: boolean;
  cell: (row: T) => ReactNode;
}

/** Rows of things, wider than a phone where they must be: then they move sideways, by keys too. */
export function Table<T extends { id: Key }>({
  label,
  columns,
  rows,
  none,
}: {
  label: string;
  columns: Column<T>[];
  rows: T[];
  none?: string;
}) {
  return (
    <div className="scroll" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map((one) => (
              <th key={one.head} scope="col" className={one.num ? "num" : undefined}>
                {one.silent ? <span className="sr">{one.head}</span> : one.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              {columns.map((one) => (
                <td key={one.head} className={one.num ? "num" : undefined}>
                  {one.cell(row)}
                </td>
              ))}
            </tr>
          ))}
          {!rows.length && none && (
            <tr>
              <td colSpan={columns.length} className="muted">
                {none}
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}

/** What is shown this once: a link, a key, a secret. */
export function ShownOnce({
  title,
  text,
  about,
  close,
}: {
  title: string;
  text: string;
  about: string;
  close: () => void;
}) {
  const { t } = useTranslation();
  return (
    <Dialog title={title} close={close}>
      <Note tone="mid">{about}</Note>
      <pre tabIndex={0}>{text}</pre>
      <div>
        <Button onClick={() => void navigator.clipboard?.writeText(text).then(() => say(t("Copied")))}>
          {t("Copy")}
        </Button>
      </div>
    </Dialog>
  );
}
