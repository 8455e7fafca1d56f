import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import {
  CircleHelp,
  FileUp,
  LayoutDashboard,
  LogOut,
  Mail,
  Megaphone,
  Menu as MenuIcon,
  MessageSquareText,
  Monitor,
  Moon,
  Search,
  Send,
  Settings,
  Sun,
  Users,
} from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useUser } from "../api/may";
import { saveSettings, signOut } from "../api/session";
import { startLive, useLiveState } from "../live/live";
import { Avatar, arrive, Button } from "../ui/basics";
import { ActionMenu, Dialog } from "../ui/overlays";
import { sayProblem, Toasts } from "../ui/toasts";
import { Palette } from "./Palette";
import { allowShortcuts, useShortcuts } from "./shortcuts";

export const PLACES = [
  { to: "/", label: "Dashboard", icon: LayoutDashboard, key: "d" },
  { to: "/customers", label: "Customers", icon: Users, key: "c" },
  { to: "/feedback", label: "Feedback", icon: MessageSquareText, key: "f" },
  { to: "/campaigns", label: "Campaigns", icon: Megaphone, key: "m" },
  { to: "/templates", label: "Templates", icon: Mail, key: "t" },
  { to: "/outbox", label: "Outbox", icon: Send, key: "o" },
  { to: "/imports", label: "Imports", icon: FileUp, key: "i" },
  { to: "/settings", label: "Settings", icon: Settings, key: "s" },
] as const;

export function applyTheme(theme: "system" | "light" | "dark" | undefined) {
  if (!theme || theme === "system") {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem("sounding.theme");
  } else {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem("sounding.theme", theme);
  }
}

/** The part of the guide that is about the page. */
function helpFor(path: string): string {
  const [, name, id] = path.split("/");
  if (!name) return "/help/dashboard/";
  if (name === "customers" && id) return "/help/profile/";
  return PLACES.some((one) => one.to === `/${name}`) ? `/help/${name}/` : "/help/";
}

function LiveChip() {
  const { t } = useTranslation();
  const state = useLiveState();
  const words = { live: t("Live"), reconnecting: t("Reconnecting"), off: t("Paused") };
  return (
    <span
      className={`chip live ${state === "live" ? "good" : state === "reconnecting" ? "mid" : ""}`}
      role="status"
      title={t("Whether this page follows changes by itself")}
    >
      {words[state]}
    </span>
  );
}

function UserMenu() {
  const { t } = useTranslation();
  const user = useUser();
  const navigate = useNavigate();
  const dark = document.documentElement.dataset.theme;
  const choose = (theme: "system" | "light" | "dark") => {
    applyTheme(theme);
    saveSettings({ ...user.settings, theme }).catch(sayProblem);
  };
  return (
    <ActionMenu
      icon
      label={t("Account of {{name}}", { name: user.name || user.email })}
      items={[
        {
          id: "account",
          label: user.name || user.email,
          icon: <Settings size={16} />,
          act: () => void navigate({ to: "/settings", search: { tab: "account" } }),
        },
        {
          id: "system",
          label: t("Theme of the system"),
          icon: <Monitor size={16} />,
          separated: true,
          reason: dark ? undefined : t("Chosen"),
          act: () => choose("system"),
        },
        {
          id: "light",
          label: t("Light theme"),
          icon: <Sun size={16} />,
          reason: dark === "light" ? t("Chosen") : undefined,
          act: () => choose("light"),
        },
        {
          id: "dark",
          label: t("Dark theme"),
          icon: <Moon size={16} />,
          reason: dark === "dark" ? t("Chosen") : undefined,
          act: () => choose("dark"),
        },
        {
          id: "out",
          label: t("Sign out"),
          icon: <LogOut size={16} />,
          separated: true,
          act: () => void signOut().catch(sayProblem),
        },
      ]}
    >
      <Avatar name={user.name || user.email} />
    </ActionMenu>
  );
}

export function Shell() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const user = useUser();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const [menu, setMenu] = useState(false);
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  const first = useRef(true);

  useEffect(() => startLive(), []);
  useEffect(() => {
    if (user.settings.theme) applyTheme(user.settings.theme);
    allowShortcuts(user.settings.shortcuts !== false);
  }, [user.settings]);
  useEffect(() => {
    setMenu(false);
    if (!first.current) arrive();
    first.current = false;
    void path;
  }, [path]);
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if (event.key === "k" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        setPalette(true);
      }
    };
    addEventListener("keydown", hear);
    return () => removeEventListener("keydown", hear);
  }, []);
  useShortcuts(
    useMemo(
      () => ({
        "/": () => setPalette(true),
        "?": () => setHelp(true),
        ...Object.fromEntries(PLACES.map((one) => [`g ${one.key}`, () => void navigate({ to: one.to })])),
      }),
      [navigate],
    ),
  );
  return (
    <div className="shell">
      <a className="btn skip" href="#main">
        {t("Skip to the page")}
      </a>
      <nav className={`nav ${menu ? "open" : ""}`} aria-label={t("Main")} id="nav">
        <Link to="/" className="brand">
          <img src="/favicon.svg" alt="" />
          Sounding
        </Link>
        <ul>
          {PLACES.map(({ to, label, icon: Icon }) => (
            <li key={to}>
              <Link
                to={to}
                aria-current={(to === "/" ? path === "/" : path.startsWith(to)) ? "page" : undefined}
              >
                <Icon size={17} aria-hidden />
                {t(label)}
              </Link>
            </li>
          ))}
        </ul>
        <ul className="foot">
          <li>
            <a href={helpFor(path)}>
              <CircleHelp size={17} aria-hidden />
              {t("Help")}
            </a>
          </li>
        </ul>
      </nav>
      <div>
        <header className="top">
          <Button
            look="icon"
            icon={MenuIcon}
            className="burger"
            aria-label={t("Menu")}
            aria-expanded={menu}
            aria-controls="nav"
            onClick={() => setMenu(!menu)}
          />
          <div className="find">
            <button type="button" onClick={() => setPalette(true)} aria-label={t("Find customers and pages")}>
              <Search size={16} aria-hidden />
              <span>{t("Find a customer, a campaign, a page")}</span>
              <kbd aria-hidden>/</kbd>
            </button>
          </div>
          <div className="end">
            <LiveChip />
            <UserMenu />
          </div>
        </header>
        <main id="main" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      {palette && <Palette close={() => setPalette(false)} />}
      {help && <Keys close={() => setHelp(false)} />}
      <Toasts />
    </div>
  );
}

function Keys({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const keys: [string, string][] = [
    ["/", t("Find")],
    ["Ctrl K", t("Find, also while typing")],
    ["j  k", t("Next and previous row")],
    ["Enter", t("Open the row")],
    ["x", t("Select the row")],
    ["e", t("Resolve an answer, or open it again")],
    ["n", t("Write a note")],
    ["t", t("Tag an answer")],
    ["o", t("Open the customer of an answer")],
    ...PLACES.map((one): [string, string] => [`g ${one.key}`, t("Go to {{place}}", { place: t(one.label) })]),
    ["?", t("This list")],
    ["Esc", t("Close")],
  ];
  return (
    <Dialog title={t("Keyboard")} close={close}>
      <dl className="facts">
        {keys.map(([key, what]) => (
          <div key={key} style={{ display: "contents" }}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p className="muted">{t("Single keys can be turned off in Settings, Account.")}</p>
    </Dialog>
  );
}
