import { scaleLinear, scalePoint } from "d3-scale";
import { area, line } from "d3-shape";
import { type KeyboardEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { day } from "../lib/format";
import { saveCsv, savePng, saveSvg } from "../lib/save";
import type { Bucket } from "../pages/dashboard/api";
import { ActionMenu } from "../ui/overlays";

const W = 640;
const H = 220;
const PAD = { top: 12, right: 14, bottom: 26, left: 36 };

/** A score over time with its margin; arrow keys step through the points, and a table says the same. */
export function LineChart({
  buckets,
  name,
  domain,
  unit,
}: {
  buckets: Bucket[];
  name: string;
  domain: [number, number];
  unit: string;
}) {
  const { t } = useTranslation();
  const [table, setTable] = useState(false);
  const chart = useRef<SVGSVGElement>(null);
  const points = buckets.filter((one): one is Bucket & { score: number } => one.score !== null);
  const [at, setAt] = useState(-1);
  const here = at < 0 ? points.length - 1 : Math.min(at, points.length - 1);
  const x = scalePoint(
    buckets.map((one) => one.first_day),
    [PAD.left, W - PAD.right],
  ).padding(0.1);
  const y = scaleLinear(domain, [H - PAD.bottom, PAD.top]).nice(4);
  const place = (one: Bucket) => x(one.first_day) ?? 0;
  const path = line<(typeof points)[number]>(place, (one) => y(one.score))(points) ?? "";
  const band =
    area<(typeof points)[number]>(
      place,
      (one) => y(Math.max(domain[0], one.score - (one.margin ?? 0))),
      (one) => y(Math.min(domain[1], one.score + (one.margin ?? 0))),
    )(points) ?? "";
  const words = (one: (typeof points)[number]) =>
    `${day(one.first_day)}: ${name} ${one.score}${unit}, ${t("{{count}} answers", { count: one.count })}`;
  const move = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (by) setAt(Math.max(0, Math.min(points.length - 1, here + by)));
    else if (event.key === "Home") setAt(0);
    else if (event.key === "End") setAt(points.length - 1);
    else return;
    event.preventDefault();
  };
  const current = points[here];
  const every = Math.ceil(buckets.length / 7);
  if (!points.length) return <p className="muted">{t("No answers in this period.")}</p>;
  return (
    <div className="stack tight">
      <div
        className="chart-box"
        role="slider"
        tabIndex={0}
        aria-label={t("{{name}} over time", { name })}
        aria-valuemin={0}
        aria-valuemax={points.length - 1}
        aria-valuenow={here}
        aria-valuetext={current ? words(current) : ""}
        onKeyDown={move}
      >
        <svg ref={chart} className="chart" viewBox={`0 0 ${W} ${H}`} aria-hidden>
          {y.ticks(4).map((tick) => (
            <g key={tick}>
              <line className="axis" x1={PAD.left} x2={W - PAD.right} y1={y(tick)} y2={y(tick)} />
              <text x={PAD.left - 7} y={y(tick) + 4} textAnchor="end">
                {tick}
              </text>
            </g>
          ))}
          {buckets.map((one, index) =>
            index % every === 0 ? (
              <text key={one.first_day} x={place(one)} y={H - 6} textAnchor="middle">
                {day(one.first_day).replace(/ \d{4}$/, "")}
              </text>
            ) : null,
          )}
          <path className="band" d={band} />
          <path className="line" d={path} />
          {points.map((one, index) => (
            <circle
              key={one.first_day}
              className="mark"
              cx={place(one)}
              cy={y(one.score)}
              r={index === here ? 6 : points.length > 40 ? 0 : 3.5}
              onPointerEnter={() => setAt(index)}
            />
          ))}
        </svg>
      </div>
      <p className="row small">
        <span className="muted grow">{current && words(current)}</span>
        <button type="button" className="linky" aria-expanded={table} onClick={() => setTable(!table)}>
          {table ? t("Hide the table") : t("Show as table")}
        </button>
        <ActionMenu
          label={t("Save")}
          items={[
            {
              id: "csv",
              label: t("Figures (CSV)"),
              act: () =>
                saveCsv(name, [
                  [t("From"), t("To"), name, "±", t("Answers")],
                  ...buckets.map((one) => [one.first_day, one.last_day, one.score, one.margin, one.count]),
                ]),
            },
            { id: "png", label: t("Picture (PNG)"), act: () => void savePng(name, chart.current!) },
            { id: "svg", label: t("Picture (SVG)"), act: () => saveSvg(name, chart.current!) },
          ]}
        />
      </p>
      {table && (
        <div className="scroll" role="region" aria-label={t("{{name}} over time", { name })} tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t("From")}</th>
                <th scope="col" className="num">
                  {name}
                </th>
                <th scope="col" className="num">
                  ±
                </th>
                <th scope="col" className="num">
                  {t("Answers")}
                </th>
              </tr>
            </thead>
            <tbody>
              {buckets.map((one) => (
                <tr key={one.first_day}>
                  <td>{day(one.first_day)}</td>
                  <td className="num">{one.score ?? "–"}</td>
                  <td className="num">{one.margin ?? "–"}</td>
                  <td className="num">{one.count}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
