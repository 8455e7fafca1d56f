import "@fontsource-variable/inter";
import "./ui/styles.css";
import "./i18n";
import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode, useEffect, useRef } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./api/queryClient";
import { sessionQuery } from "./api/session";
import { router } from "./router";
import { Failed } from "./ui/basics";

/** Goes to the sign-in page when the session ends, and comes back to where the reader was. */
function App() {
  const session = useQuery(sessionQuery);
  const was = useRef(false);
  const signedIn = session.data?.signed_in ?? false;
  useEffect(() => {
    if (was.current && !signedIn && session.data)
      void router.navigate({ to: "/sign-in", search: { next: router.state.location.href } });
    was.current = signedIn;
  }, [signedIn, session.data]);
  if (!session.data) {
    return session.error ? (
      <main style={{ maxWidth: 560 }}>
        <Failed error={session.error} retry={() => void session.refetch()} />
      </main>
    ) : null;
  }
  return <RouterProvider router={router} />;
}

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
