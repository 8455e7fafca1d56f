import { Link, useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import type { TFunction } from "i18next";
import { ArrowDown, ArrowUp } from "lucide-react";
import { memo, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { CustomerRow } from "../../api/queries";
import { day, relative } from "../../lib/format";
import { classesOf } from "../../lib/score";
import { statusWord } from "../../lib/words";
import { useShortcuts } from "../../shell/shortcuts";
import { Avatar, Badge, Score, Trend } from "../../ui/basics";

export const COLUMNS = ["name", "company", "score", "status", "last", "next", "tags", "source"] as const;
export type ColumnName = (typeof COLUMNS)[number];
const WIDTHS: Record<ColumnName, string> = {
  name: "minmax(220px, 2fr)",
  company: "minmax(130px, 1.2fr)",
  score: "150px",
  status: "130px",
  last: "140px",
  next: "130px",
  tags: "minmax(140px, 1fr)",
  source: "110px",
};
const SORTED: Partial<Record<ColumnName, string>> = {
  name: "name",
  company: "company",
  score: "last_score",
  last: "last_survey_at",
  next: "next_survey_at",
};
const ROW = 46;

export function columnWord(name: ColumnName, t: TFunction): string {
  const words: Record<ColumnName, string> = {
    name: t("Customer"),
    company: t("Company"),
    score: t("Score and trend"),
    status: t("Status"),
    last: t("Last survey"),
    next: t("Next survey"),
    tags: t("Tags"),
    source: t("Source"),
  };
  return words[name];
}

interface Props {
  rows: CustomerRow[];
  total: number;
  columns: ColumnName[];
  sort: string;
  onSort: (sort: string) => void;
  selected: ReadonlySet<string>;
  everyone: boolean;
  onSelect: (selected: ReadonlySet<string>) => void;
  more: () => void;
  loading: boolean;
}

/** Only the rows in sight are in the document; more are fetched before the end comes in sight. */
export function CustomerGrid({
  rows,
  total,
  columns,
  sort,
  onSort,
  selected,
  everyone,
  onSelect,
  more,
  loading,
}: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const box = useRef<HTMLDivElement>(null);
  const [here, setHere] = useState(-1);
  const template = `44px ${columns.map((name) => WIDTHS[name]).join(" ")}`;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last > rows.length - 300) more();
  }, [last, rows.length, more]);

  const toggle = useCallback(
    (id: string) => {
      const next = new Set(selected);
      if (!next.delete(id)) next.add(id);
      onSelect(next);
    },
    [selected, onSelect],
  );
  const step = useCallback(
    (by: number) => {
      setHere((before) => {
        const next = Math.max(0, Math.min(rows.length - 1, before + by));
        virtual.scrollToIndex(next);
        return next;
      });
    },
    [rows.length, virtual],
  );
  useShortcuts(
    useMemo(
      () => ({
        j: () => step(1),
        k: () => step(-1),
        x: () => rows[here] && toggle(rows[here].id),
        ...(rows[here]
          ? { Enter: () => void navigate({ to: "/customers/$id", params: { id: rows[here]!.id } }) }
          : {}),
      }),
      [step, rows, here, toggle, navigate],
    ),
  );
  const all = rows.length > 0 && rows.every((row) => selected.has(row.id));
  return (
    <section className="card" aria-label={t("Customers")}>
      <div
        className="grid"
        ref={box}
        role="grid"
        aria-rowcount={total + 1}
        aria-colcount={columns.length + 1}
        tabIndex={0}
        aria-label={t("Customers")}
        aria-busy={loading}
      >
        <div role="rowgroup" style={{ position: "sticky", top: 0, zIndex: 2 }}>
          <div role="row" className="ghead" style={{ gridTemplateColumns: template }} aria-rowindex={1}>
            <div role="columnheader">
              <input
                type="checkbox"
                aria-label={t("Select all that are loaded")}
                checked={all || everyone}
                onChange={() => onSelect(all ? new Set() : new Set(rows.map((row) => row.id)))}
                style={{ width: 18, height: 18 }}
              />
            </div>
            {columns.map((name) => {
              const by = SORTED[name];
              const down = sort === `-${by}`;
              const active = by && (sort === by || down);
              return (
                <div
                  key={name}
                  role="columnheader"
                  aria-sort={active ? (down ? "descending" : "ascending") : undefined}
                >
                  {by ? (
                    <button type="button" onClick={() => onSort(sort === by ? `-${by}` : by)}>
                      {columnWord(name, t)}
                      {active &&
                        (down ? <ArrowDown size={13} aria-hidden /> : <ArrowUp size={13} aria-hidden />)}
                    </button>
                  ) : (
                    columnWord(name, t)
                  )}
                </div>
              );
            })}
          </div>
        </div>
        <div role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => (
            <Row
              key={rows[item.index]!.id}
              row={rows[item.index]!}
              index={item.index}
              top={item.start}
              template={template}
              columns={columns}
              here={item.index === here}
              selected={everyone || selected.has(rows[item.index]!.id)}
              toggle={toggle}
            />
          ))}
        </div>
      </div>
    </section>
  );
}

const Row = memo(function Row({
  row,
  index,
  top,
  template,
  columns,
  here,
  selected,
  toggle,
}: {
  row: CustomerRow;
  index: number;
  top: number;
  template: string;
  columns: ColumnName[];
  here: boolean;
  selected: boolean;
  toggle: (id: string) => void;
}) {
  const { t } = useTranslation();
  return (
    <div
      role="row"
      className={`grow-row ${here ? "here" : ""}`}
      aria-rowindex={index + 2}
      aria-selected={selected}
      style={{ gridTemplateColumns: template, transform: `translateY(${top}px)` }}
    >
      <div role="gridcell">
        <input
          type="checkbox"
          aria-label={t("Select {{name}}", { name: row.name })}
          checked={selected}
          onChange={() => toggle(row.id)}
          style={{ width: 18, height: 18 }}
        />
      </div>
      {columns.map((name) => (
        <div key={name} role="gridcell">
          <Cell name={name} row={row} />
        </div>
      ))}
    </div>
  );
});

function Cell({ name, row }: { name: ColumnName; row: CustomerRow }) {
  const { t } = useTranslation();
  switch (name) {
    case "name":
      return (
        <div className="who">
          <Avatar name={row.name} />
          <span style={{ minWidth: 0 }}>
            <Link to="/customers/$id" params={{ id: row.id }}>
              {row.name}
            </Link>
            <small>{row.email}</small>
          </span>
        </div>
      );
    case "company":
      return <>{row.company}</>;
    case "score": {
      const score = row.trend.at(-1);
      const classes = classesOf(row.trend, row.classes);
      return score === undefined ? (
        <span className="muted">–</span>
      ) : (
        <span className="row" style={{ flexWrap: "nowrap" }}>
          <Score score={score} scoreClass={classes.at(-1)!} />
          <Trend scores={row.trend} classes={classes} />
        </span>
      );
    }
    case "status":
      return row.deleted ? (
        <Badge tone="mid">{t("Deleted")}</Badge>
      ) : row.status ? (
        <Badge tone="bad">{statusWord(row.status)}</Badge>
      ) : (
        <span className="sr">{t("Can be surveyed")}</span>
      );
    case "last":
      return row.last ? (
        <time dateTime={row.last} title={day(row.last)}>
          {relative(row.last)}
        </time>
      ) : (
        <span className="muted">{t("never")}</span>
      );
    case "next":
      return row.nextKind === "scheduled" ? (
        <>{t("Scheduled")}</>
      ) : row.next ? (
        <time dateTime={row.next} title={day(row.next)}>
          {new Date(row.next) <= new Date() ? t("At once") : day(row.next)}
        </time>
      ) : (
        <span className="muted">–</span>
      );
    case "tags":
      return (
        <span title={row.tags.join(", ")}>
          {row.tags.slice(0, 3).map((tag) => (
            <span key={tag} className="tag" style={{ marginInlineEnd: 4 }}>
              {tag}
            </span>
          ))}
          {row.tags.length > 3 && <span className="muted small">+{row.tags.length - 3}</span>}
        </span>
      );
    case "source":
      return <>{row.source}</>;
  }
}
