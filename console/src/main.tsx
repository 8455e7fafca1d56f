import "@fontsource-variable/inter";
import "./ui/styles.css";
import "./i18n";
import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode, useEffect, useRef } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./api/queryClient";
import { leave, sessionQuery } from "./api/session";
import { router } from "./router";
import { Failed } from "./ui/basics";

/** Goes to the sign-in page when the session ends, and comes back to where the reader was. */
function App() {
  const session = useQuery(sessionQuery);
  const was = useRef(false);
  const signedIn = session.data?.signed_in ?? false;
  useEffect(() => {
    if (was.current && !signedIn && session.data) leave(location.pathname + location.search);
    else was.current = signedIn;
  }, [signedIn, session.data]);
  if (!session.data) {
    return session.error ? (
      <main style={{ maxWidth: 560 }}>
        <Failed error={session.error} retry={() => void session.refetch()} />
      </main>
    ) : null;
  }
  // All pages are of somebody; without one there is nothing to show until the door is there.
  if (was.current && !signedIn) return null;
  return <RouterProvider router={router} />;
}

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
