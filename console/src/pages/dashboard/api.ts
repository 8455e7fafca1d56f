import { queryOptions } from "@tanstack/react-query";
import { send } from "../../api/client";

/** The figures of feedback's dashboard. */
export interface Figure {
  count: number;
  score: number | null;
  margin: number | null;
  classes: Record<string, { count: number; percent: number }>;
}
export interface Score extends Figure {
  metric: string;
  distribution: Record<string, number>;
  left_out: { provisional: number; suspected_automatic: number };
  previous: Figure | null;
  change: { difference: number; margin: number; clear: boolean } | null;
}
export interface Bucket extends Figure {
  first_day: string;
  last_day: string;
}
export interface Row extends Figure {
  value: string | number | boolean | null;
  label: string | null;
  few: boolean;
}
export interface Step {
  name: string;
  count: number;
  percent_of_sent: number | null;
}
export interface Asked {
  first_day: string;
  last_day: string;
  zone: string;
  campaign_id?: string;
  filter: Record<string, unknown>;
  answers: "last" | "every";
  attributes: "then" | "now";
}

const ask = <T>(what: string, body: object) =>
  queryOptions({
    queryKey: ["feedback", "dashboard", what, body],
    queryFn: () => send<T>("POST", `/api/feedback/v1/dashboard/${what}`, body),
  });

export const scoresQuery = (asked: Asked) => ask<{ scores: Score[] }>("scores", asked);
export const seriesQuery = (asked: Asked, metric: string, unit: string) =>
  ask<{ buckets: Bucket[] }>("over-time", { ...asked, metric, unit });
export const breakdownQuery = (asked: Asked, metric: string, by: string) =>
  ask<{ items: Row[]; values: number }>("breakdown", { ...asked, metric, by, limit: 12 });
export const funnelQuery = ({
  answers: _answers,
  attributes: _attributes,
  filter: _filter,
  ...asked
}: Asked) => ask<{ steps: Step[] }>("funnel", asked);
export const dimensionsQuery = (metric: string) =>
  queryOptions({
    queryKey: ["feedback", "dashboard", "dimensions", metric],
    queryFn: () =>
      send<{ items: { name: string; of: string }[] }>(
        "GET",
        `/api/feedback/v1/dashboard/dimensions?metric=${metric}`,
      ),
  });
