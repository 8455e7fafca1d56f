import { useEffect } from "react";

type Keys = Record<string, (event: KeyboardEvent) => void>;

function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName))
  );
}

let enabled = true;
/** Single-key shortcuts can be turned off (WCAG 2.1.4). */
export function allowShortcuts(allowed: boolean) {
  enabled = allowed;
}

let leader: { key: string; at: number } | null = null;

/** Single keys and "g c" pairs, heard while nobody types and no dialog is open. */
export function useShortcuts(keys: Keys) {
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if (!enabled || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
      if (document.querySelector('[role="dialog"], [role="alertdialog"], [role="menu"]')) return;
      const pair = leader && Date.now() - leader.at < 1200 ? `${leader.key} ${event.key}` : null;
      const act = (pair && keys[pair]) || (!pair && keys[event.key]);
      if (act) {
        event.preventDefault();
        leader = null;
        act(event);
      } else if (event.key === "g") leader = { key: "g", at: Date.now() };
    };
    addEventListener("keydown", hear);
    return () => removeEventListener("keydown", hear);
  }, [keys]);
}
