import {
  createRootRoute,
  createRoute,
  createRouter,
  Link,
  lazyRouteComponent,
  Outlet,
  redirect,
  useNavigate,
} from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { queryClient } from "./api/queryClient";
import { sessionQuery } from "./api/session";
import type { Built } from "./lib/filter";
import { Shell } from "./shell/Shell";
import { SignIn } from "./shell/SignIn";
import { Empty, Failed, Loading, PageHead } from "./ui/basics";

const text = (value: unknown) => (typeof value === "string" && value ? value : undefined);

function NotFound() {
  const { t } = useTranslation();
  return (
    <>
      <PageHead title={t("Not found")} />
      <Empty
        icon={Compass}
        title={t("There is no such page")}
        actions={
          <Link to="/" className="btn primary">
            {t("To the dashboard")}
          </Link>
        }
      />
    </>
  );
}

const rootRoute = createRootRoute({
  component: () => (
    <Suspense>
      <Outlet />
    </Suspense>
  ),
});

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  validateSearch: (search): { next?: string } => ({ next: text(search.next) }),
  component: function SignInPage() {
    const navigate = useNavigate();
    const { next } = signInRoute.useSearch();
    return (
      <SignIn
        done={() =>
          void navigate({ href: next?.startsWith("/") && !next.startsWith("//") ? next : "/", replace: true })
        }
      />
    );
  },
});

const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "shell",
  beforeLoad: async ({ location }) => {
    const session = await queryClient.ensureQueryData(sessionQuery);
    if (!session.signed_in)
      throw redirect({ to: "/sign-in", search: location.href === "/" ? {} : { next: location.href } });
  },
  component: Shell,
  errorComponent: ({ error, reset }) => (
    <main style={{ maxWidth: 560 }}>
      <Failed error={error} retry={reset} />
    </main>
  ),
});

const page = { getParentRoute: () => shellRoute };

const dashboard = createRoute({
  ...page,
  path: "/",
  validateSearch: (search): DashboardSearch => search as DashboardSearch,
  component: lazyRouteComponent(() => import("./pages/dashboard/Dashboard"), "Dashboard"),
});
export interface DashboardSearch {
  metric?: string;
  period?: string;
  from?: string;
  to?: string;
  campaign?: string;
  by?: string;
  every?: boolean;
  now?: boolean;
  filter?: Built;
}

const customers = createRoute({
  ...page,
  path: "/customers",
  validateSearch: (search): CustomersSearch => ({
    q: text(search.q) ?? (typeof search.q === "number" ? String(search.q) : undefined),
    sort: text(search.sort),
    segment: text(search.segment),
    filter: (search.filter as Built | undefined) || undefined,
    columns: text(search.columns),
  }),
  component: lazyRouteComponent(() => import("./pages/customers/Customers"), "Customers"),
});
export interface CustomersSearch {
  q?: string | undefined;
  sort?: string | undefined;
  segment?: string | undefined;
  filter?: Built | undefined;
  columns?: string | undefined;
}

const customer = createRoute({
  ...page,
  path: "/customers/$id",
  validateSearch: (search): { tab?: string | undefined; record?: string | undefined } => ({
    tab: text(search.tab),
    record: text(search.record),
  }),
  component: lazyRouteComponent(() => import("./pages/profile/Profile"), "Profile"),
});

const feedback = createRoute({
  ...page,
  path: "/feedback",
  validateSearch: (search): FeedbackSearch => search as FeedbackSearch,
  component: lazyRouteComponent(() => import("./pages/feedback/Feedback"), "Feedback"),
});
export interface FeedbackSearch {
  q?: string;
  score_class?: string;
  metric?: string;
  campaign?: string;
  channel?: string;
  state?: string;
  period?: string;
  since?: string;
  until?: string;
  tag?: string;
  comment?: boolean;
  score?: number;
  open?: string;
  filter?: Record<string, unknown>;
}
const answer = createRoute({
  ...page,
  path: "/feedback/$id",
  component: lazyRouteComponent(() => import("./pages/feedback/AnswerPage"), "AnswerPage"),
});

const campaigns = createRoute({
  ...page,
  path: "/campaigns",
  validateSearch: (
    search,
  ): { state?: string | undefined; kind?: string | undefined; q?: string | undefined } => ({
    state: text(search.state),
    kind: text(search.kind),
    q: text(search.q),
  }),
  component: lazyRouteComponent(() => import("./pages/campaigns/Campaigns"), "Campaigns"),
});
const campaign = createRoute({
  ...page,
  path: "/campaigns/$id",
  validateSearch: (search): { tab?: string | undefined } => ({ tab: text(search.tab) }),
  component: lazyRouteComponent(() => import("./pages/campaigns/CampaignPage"), "CampaignPage"),
});

const templates = createRoute({
  ...page,
  path: "/templates",
  component: lazyRouteComponent(() => import("./pages/templates/Templates"), "Templates"),
});
const template = createRoute({
  ...page,
  path: "/templates/$id",
  validateSearch: (search): { language?: string | undefined } => ({ language: text(search.language) }),
  component: lazyRouteComponent(() => import("./pages/templates/TemplatePage"), "TemplatePage"),
});

const outbox = createRoute({
  ...page,
  path: "/outbox",
  validateSearch: (search): OutboxSearch => search as OutboxSearch,
  component: lazyRouteComponent(() => import("./pages/outbox/Outbox"), "Outbox"),
});
export interface OutboxSearch {
  state?: string;
  campaign?: string;
  channel?: string;
  how?: string;
  period?: string;
  record?: string;
}

const imports = createRoute({
  ...page,
  path: "/imports",
  component: lazyRouteComponent(() => import("./pages/imports/Imports"), "Imports"),
});
const importRoute = createRoute({
  ...page,
  path: "/imports/$id",
  component: lazyRouteComponent(() => import("./pages/imports/ImportPage"), "ImportPage"),
});

const settings = createRoute({
  ...page,
  path: "/settings",
  validateSearch: (search): { tab?: string | undefined } => ({ tab: text(search.tab) }),
  component: lazyRouteComponent(() => import("./pages/settings/Settings"), "Settings"),
});

/** Within the shell, so that the way on is where it always is. */
const missing = createRoute({ ...page, path: "$", component: NotFound });

export const router = createRouter({
  routeTree: rootRoute.addChildren([
    signInRoute,
    shellRoute.addChildren([
      dashboard,
      customers,
      customer,
      feedback,
      answer,
      campaigns,
      campaign,
      templates,
      template,
      outbox,
      imports,
      importRoute,
      settings,
      missing,
    ]),
  ]),
  defaultPreload: "intent",
  defaultPreloadDelay: 40,
  scrollRestoration: true,
  defaultPendingMs: 150,
  defaultPendingComponent: () => <Loading lines={6} />,
  defaultErrorComponent: ({ error, reset }) => <Failed error={error} retry={reset} />,
  defaultNotFoundComponent: NotFound,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
