import { QueryClient } from "@tanstack/react-query";
import { asProblem } from "./problem";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      gcTime: 300_000,
      // What was refused stays refused; what was away is asked once more, then the reader is told.
      retry: (failures, error) => asProblem(error).away && failures < 1,
      retryDelay: 600,
      refetchOnWindowFocus: true,
    },
    mutations: { retry: false },
  },
});
