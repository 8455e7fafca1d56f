import { queryOptions } from "@tanstack/react-query";
import { send } from "./client";
import { queryClient } from "./queryClient";

export type Role = "viewer" | "agent" | "manager" | "admin";
export type Permission = "see" | "answer" | "manage" | "administer";

export interface Settings {
  theme?: "system" | "light" | "dark";
  shortcuts?: boolean;
}
export interface User {
  id: string;
  email: string;
  name: string;
  role: Role;
  permissions: Permission[];
  totp: boolean;
  has_password: boolean;
  settings: Settings;
}
export interface Session {
  signed_in: boolean;
  first_run: boolean;
  user: User | null;
  csrf_token: string | null;
  sign_in: { password: boolean; oidc: { id: string; name: string; url: string }[] };
}
export interface Link {
  kind: string;
  email: string;
  name: string | null;
  role: Role;
  password_needed: boolean;
  expires_at: string;
}

let csrf: string | null = null;
export const csrfToken = () => csrf;

function keep(session: Session): Session {
  csrf = session.csrf_token;
  return session;
}

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async () => keep(await send<Session>("GET", "/api/session")),
  staleTime: Number.POSITIVE_INFINITY,
});

/** The session is over; the shell asks to sign in again where the reader is. */
export function signedOut() {
  const known = queryClient.getQueryData(sessionQuery.queryKey);
  if (known?.signed_in) void queryClient.invalidateQueries({ queryKey: ["session"] });
}

function begin(session: Session): Session {
  queryClient.setQueryData(sessionQuery.queryKey, keep(session));
  return session;
}

export const signIn = async (email: string, password: string, code?: string) =>
  begin(await send<Session>("POST", "/api/session", { email, password, ...(code ? { code } : {}) }));
export const lookAtLink = (token: string) => send<Link>("POST", "/api/session/link/look", { token });
export const acceptLink = async (token: string, name?: string, password?: string) =>
  begin(
    await send<Session>("POST", "/api/session/link", {
      token,
      ...(name ? { name } : {}),
      ...(password ? { password } : {}),
    }),
  );

let leaving = false;
/** To the door, by loading it anew: nothing that was seen stays behind, and nothing asks again who is there. */
export function leave(next = "/"): void {
  if (leaving) return;
  leaving = true;
  location.assign(next === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(next)}`);
}

export async function signOut(): Promise<void> {
  await send("DELETE", "/api/session");
  leave();
}

export async function saveSettings(settings: Settings): Promise<void> {
  const user = await send<User>("PATCH", "/api/session/user", { settings });
  const session = queryClient.getQueryData(sessionQuery.queryKey);
  if (session) queryClient.setQueryData(sessionQuery.queryKey, { ...session, user });
}
