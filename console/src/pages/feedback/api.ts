import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { body, feedback } from "../../api/client";
import type { components } from "../../api/generated/feedback";
import { queryClient } from "../../api/queryClient";
import type { FeedbackSearch } from "../../router";
import { since } from "../outbox/period";

export type ResponseEdit = Partial<components["schemas"]["ResponseEdit"]>;
export type Detail = components["schemas"]["ResponseDetail"];
export type Note = components["schemas"]["NoteBody"];

export function wantedOf(search: FeedbackSearch) {
  const from = search.since ?? since(search.period);
  return {
    ...(search.q ? { q: search.q } : {}),
    ...(search.score_class ? { score_class: search.score_class } : {}),
    ...(search.score !== undefined ? { min_score: search.score, max_score: search.score } : {}),
    ...(search.metric ? { metric: search.metric } : {}),
    ...(search.campaign ? { campaign_id: search.campaign } : {}),
    ...(search.channel ? { channel: search.channel } : {}),
    ...(search.state ? { state: search.state as "open" } : {}),
    ...(search.tag ? { tag: search.tag } : {}),
    ...(search.comment ? { has_comment: true } : {}),
    ...(from ? { since: from } : {}),
    ...(search.until ? { until: search.until } : {}),
    ...(search.filter ? { filter: search.filter } : {}),
  };
}
export type WantedAnswers = ReturnType<typeof wantedOf>;

export const answersQuery = (wanted: WantedAnswers) =>
  infiniteQueryOptions({
    queryKey: ["feedback", "answers", "list", wanted],
    queryFn: ({ pageParam }) =>
      body(
        feedback.POST("/v1/responses/search", {
          body: {
            filter: {},
            ...wanted,
            sort: "-answered_at",
            limit: 50,
            ...(pageParam ? { after: pageParam } : {}),
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
export const answerCountQuery = (wanted: WantedAnswers) =>
  queryOptions({
    queryKey: ["feedback", "answers", "count", wanted],
    queryFn: () =>
      body(feedback.POST("/v1/responses/count", { body: { filter: {}, ...wanted, up_to: 100_000 } })),
  });
export const answerQuery = (id: string) =>
  queryOptions({
    queryKey: ["feedback", "answer", id],
    queryFn: () => body(feedback.GET("/v1/responses/{id}", { params: { path: { id } } })),
  });

const header = () => ({ "idempotency-key": crypto.randomUUID() });
const refresh = () => queryClient.invalidateQueries({ queryKey: ["feedback"] });

export async function editAnswer(id: string, edit: ResponseEdit) {
  const after = await body(
    feedback.PATCH("/v1/responses/{id}", {
      params: { path: { id }, header: header() },
      body: edit as components["schemas"]["ResponseEdit"],
    }),
  );
  await refresh();
  return after;
}
export async function addNote(id: string, text: string) {
  await body(
    feedback.POST("/v1/responses/{id}/notes", { params: { path: { id }, header: header() }, body: { text } }),
  );
  await refresh();
}
export async function removeNote(id: string, note: string) {
  await body(
    feedback.DELETE("/v1/responses/{id}/notes/{note_id}", {
      params: { path: { id, note_id: note }, header: header() },
    }),
  );
  await refresh();
}
export async function eraseAnswer(id: string) {
  await body(feedback.DELETE("/v1/responses/{id}", { params: { path: { id }, header: header() } }));
  queryClient.removeQueries({ queryKey: ["feedback", "answer", id] });
  void queryClient.invalidateQueries({ queryKey: ["profile"] });
  await refresh();
}
