import { useSuspenseQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { type Permission, sessionQuery } from "./session";

const NEEDED: Record<Permission, string> = {
  see: "viewer",
  answer: "agent",
  manage: "manager",
  administer: "admin",
};

export function useSession() {
  return useSuspenseQuery(sessionQuery).data;
}

export function useUser() {
  return useSession().user!;
}

/** Why the user may not do something; undefined where it may. */
export function useMay(): (permission: Permission) => string | undefined {
  const { t } = useTranslation();
  const user = useUser();
  return (permission) =>
    user.permissions.includes(permission)
      ? undefined
      : t("Needs the role “{{role}}”.", { role: t(NEEDED[permission]) });
}
