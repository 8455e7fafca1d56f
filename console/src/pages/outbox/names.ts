import { useQueries } from "@tanstack/react-query";
import { customerQuery } from "../../api/queries";
import { fullName } from "../../lib/format";

/** The names of those whose ids a list holds; a name that cannot be had is left out. */
export function useNames(ids: (string | null)[]): Map<string, string> {
  const wanted = [...new Set(ids.filter((id): id is string => Boolean(id)))];
  return useQueries({
    queries: wanted.map((id) => ({ ...customerQuery(id), staleTime: 120_000 })),
    combine: (found) =>
      new Map(found.flatMap((one) => (one.data ? [[one.data.id, fullName(one.data)] as const] : []))),
  });
}
