import { queryOptions } from "@tanstack/react-query";
import { body, feedback } from "../../api/client";
import type { components } from "../../api/generated/feedback";

type Schemas = components["schemas"];
export type Score = Schemas["ScoreBody"];
export type Bucket = Schemas["BucketBody"];
export type Row = Schemas["ValueBody"];
/** The period, and whose answers; the dashboard always says all of it. */
export type Asked = Pick<Schemas["ScoresAsked"], "zone" | "filter" | "answers" | "attributes"> & {
  first_day: string;
  last_day: string;
  campaign_id?: string;
};

const key = (what: string, asked: object) => ["feedback", "dashboard", what, asked];

export const scoresQuery = (asked: Asked) =>
  queryOptions({
    queryKey: key("scores", asked),
    queryFn: () => body(feedback.POST("/v1/dashboard/scores", { body: asked as Schemas["ScoresAsked"] })),
  });
export const seriesQuery = (asked: Asked, metric: string, unit: Schemas["Unit"]) =>
  queryOptions({
    queryKey: key("over-time", { ...asked, metric, unit }),
    queryFn: () =>
      body(
        feedback.POST("/v1/dashboard/over-time", {
          body: { ...asked, metric, unit } as Schemas["SeriesAsked"],
        }),
      ),
  });
export const breakdownQuery = (asked: Asked, metric: string, by: string) =>
  queryOptions({
    queryKey: key("breakdown", { ...asked, metric, by }),
    queryFn: () =>
      body(
        feedback.POST("/v1/dashboard/breakdown", {
          body: { ...asked, metric, by, limit: 12 } as Schemas["BreakdownAsked"],
        }),
      ),
  });
/** Of those who have not answered nothing of that time is known, so it is asked by period and campaign alone. */
export const funnelQuery = ({ first_day, last_day, zone, campaign_id }: Asked) => {
  const asked = { first_day, last_day, zone, ...(campaign_id ? { campaign_id } : {}) };
  return queryOptions({
    queryKey: key("funnel", asked),
    queryFn: () => body(feedback.POST("/v1/dashboard/funnel", { body: asked as Schemas["Asked"] })),
  });
};
export const dimensionsQuery = (metric: string) =>
  queryOptions({
    queryKey: key("dimensions", { metric }),
    queryFn: () =>
      body(feedback.GET("/v1/dashboard/dimensions", { params: { query: { metric: metric as "nps" } } })),
  });
