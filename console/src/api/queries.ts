import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { Tree } from "../lib/filter";
import { body, feedback, outbox, profile, scheduler } from "./client";
import type { Customer } from "./types";

const at = (id: string) => ({ params: { path: { id } } });

export const customerQuery = (id: string) =>
  queryOptions({
    queryKey: ["profile", "customer", id],
    queryFn: () => body(profile.GET("/v1/customers/{id}", at(id))),
  });

export interface Wanted {
  filter: Tree;
  q?: string;
  segment?: string;
  sort?: string;
}

/** What the list shows of a customer: a hundred thousand of them must fit into memory. */
export interface CustomerRow {
  id: string;
  name: string;
  email: string | null;
  company: string | null;
  status: string | null;
  deleted: boolean;
  trend: number[];
  classes: (string | null)[];
  tags: string[];
  last: string | null;
  next: string | null;
  nextKind: string | null;
  source: string;
}

function row(one: Customer): CustomerRow {
  return {
    id: one.id,
    name: [one.first_name, one.last_name].filter(Boolean).join(" ") || one.email || one.id,
    email: one.email,
    company: one.company,
    status: one.status,
    deleted: one.deleted_at !== null,
    trend: one.score_trend,
    classes: one.score_classes,
    tags: one.tags,
    last: one.last_survey_at,
    next: one.next_survey?.at ?? null,
    nextKind: one.next_survey?.kind ?? null,
    source: one.source_label,
  };
}

export const customersQuery = (wanted: Wanted) =>
  infiniteQueryOptions({
    queryKey: ["profile", "customers", wanted],
    queryFn: async ({ pageParam }) => {
      const limit = pageParam ? 1000 : 100;
      const asked = { ...wanted, sort: wanted.sort ?? "-created_at", after: pageParam, limit };
      const page = await body(profile.POST("/v1/customers/search", { body: asked }));
      return { items: page.items.map(row), next: page.next ?? null };
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const customerCountQuery = (wanted: Wanted) =>
  queryOptions({
    queryKey: ["profile", "customers", "count", wanted],
    queryFn: () => {
      const { filter, q, segment } = wanted;
      return body(
        profile.POST("/v1/customers/count", { body: { filter, q, segment, sort: "id", up_to: 1_000_000 } }),
      );
    },
  });

export const auditQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ["profile", "audit", id],
    queryFn: ({ pageParam }) =>
      body(
        profile.GET("/v1/customers/{id}/audit", {
          params: { path: { id }, query: { after: pageParam ?? undefined } },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const historyQuery = (id: string) =>
  queryOptions({
    queryKey: ["profile", "history", id],
    queryFn: () => body(profile.GET("/v1/customers/{id}/history", at(id))),
  });

export const tagsQuery = queryOptions({
  queryKey: ["profile", "tags"],
  queryFn: () => body(profile.GET("/v1/tags", {})),
});
export const propertiesQuery = queryOptions({
  queryKey: ["profile", "properties"],
  queryFn: () => body(profile.GET("/v1/properties", {})),
});
export const segmentsQuery = queryOptions({
  queryKey: ["profile", "segments"],
  queryFn: () => body(profile.GET("/v1/segments", {})),
});
export const importsQuery = queryOptions({
  queryKey: ["profile", "imports"],
  queryFn: () => body(profile.GET("/v1/imports", { params: { query: { limit: 100 } } })),
});
export const importQuery = (id: string) =>
  queryOptions({
    queryKey: ["profile", "import", id],
    queryFn: () => body(profile.GET("/v1/imports/{id}", at(id))),
    refetchInterval: (query) =>
      ["running", "undoing", "queued"].includes(query.state.data?.state ?? "") ? 700 : false,
  });
export const jobQuery = (id: string) =>
  queryOptions({
    queryKey: ["profile", "job", id],
    queryFn: () => body(profile.GET("/v1/jobs/{id}", at(id))),
    refetchInterval: (query) =>
      ["queued", "running"].includes(query.state.data?.state ?? "queued") ? 600 : false,
  });

export const nextSurveyQuery = (id: string) =>
  queryOptions({
    queryKey: ["scheduler", "next-survey", id],
    queryFn: () => body(scheduler.GET("/v1/customers/{id}/next-survey", at(id))),
  });
export const campaignsQuery = queryOptions({
  queryKey: ["scheduler", "campaigns"],
  queryFn: () => body(scheduler.GET("/v1/campaigns", { params: { query: { limit: 1000 } } })),
});
export const campaignQuery = (id: string) =>
  queryOptions({
    queryKey: ["scheduler", "campaign", id],
    queryFn: () => body(scheduler.GET("/v1/campaigns/{id}", at(id))),
  });
export const campaignVersionsQuery = (id: string) =>
  queryOptions({
    queryKey: ["scheduler", "campaign", id, "versions"],
    queryFn: () => body(scheduler.GET("/v1/campaigns/{id}/versions", at(id))),
  });
export const ledgerQuery = (id: string) =>
  queryOptions({
    queryKey: ["scheduler", "campaign", id, "ledger"],
    queryFn: () => body(scheduler.GET("/v1/campaigns/{id}/ledger", at(id))),
  });
export const contactRulesQuery = queryOptions({
  queryKey: ["scheduler", "contact-rules"],
  queryFn: () => body(scheduler.GET("/v1/contact-rules", {})),
});

export interface RecordsWanted {
  customer_id?: string;
  campaign_id?: string;
  campaign?: string;
  state?: string[];
  channel?: string;
  how_sent?: string;
  since?: string;
  until?: string;
}
export const recordsQuery = (wanted: RecordsWanted, limit = 100) =>
  infiniteQueryOptions({
    queryKey: ["outbox", "records", wanted],
    queryFn: ({ pageParam }) =>
      body(
        outbox.GET("/v1/dispatches", {
          params: { query: { ...wanted, after: pageParam ?? undefined, limit } },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
export const recordQuery = (id: string) =>
  queryOptions({
    queryKey: ["outbox", "record", id],
    queryFn: () => body(outbox.GET("/v1/dispatches/{id}", at(id))),
  });
export const recordTimelineQuery = (id: string) =>
  queryOptions({
    queryKey: ["outbox", "record", id, "timeline"],
    queryFn: () => body(outbox.GET("/v1/dispatches/{id}/timeline", at(id))),
  });
export const mailQuery = (id: string) =>
  queryOptions({
    queryKey: ["outbox", "mail", id],
    queryFn: () => body(outbox.GET("/v1/dispatches/{id}/mail", at(id))),
    staleTime: 600_000,
  });
export const customerTimelineQuery = (id: string) =>
  queryOptions({
    queryKey: ["outbox", "timeline", id],
    queryFn: () => body(outbox.GET("/v1/customers/{id}/timeline", at(id))),
  });
export const customerStatsQuery = (id: string) =>
  queryOptions({
    queryKey: ["outbox", "stats", id],
    queryFn: () => body(outbox.GET("/v1/customers/{id}/stats", at(id))),
  });
export const statsQuery = (query: { campaign_id?: string; since?: string; until?: string }) =>
  queryOptions({
    queryKey: ["outbox", "stats", "all", query],
    queryFn: () => body(outbox.GET("/v1/stats", { params: { query } })),
  });
export const sendingQuery = queryOptions({
  queryKey: ["outbox", "sending"],
  queryFn: () => body(outbox.GET("/v1/sending", {})),
});
export const templatesQuery = queryOptions({
  queryKey: ["outbox", "templates"],
  queryFn: async () => (await body(outbox.GET("/v1/templates", {}))).items ?? [],
});
export const templateQuery = (id: string) =>
  queryOptions({
    queryKey: ["outbox", "template", id],
    queryFn: () => body(outbox.GET("/v1/templates/{id}", at(id))),
  });
export const brandsQuery = queryOptions({
  queryKey: ["outbox", "brands"],
  queryFn: async () => (await body(outbox.GET("/v1/brands", {}))).items ?? [],
});

export const customerAnswersQuery = (id: string) =>
  queryOptions({
    queryKey: ["feedback", "answers", "of", id],
    queryFn: () =>
      body(feedback.GET("/v1/responses", { params: { query: { customer_id: id, limit: 100 } } })),
  });
