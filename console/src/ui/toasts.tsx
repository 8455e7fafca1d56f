import { X } from "lucide-react";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../api/problem";
import { Button } from "./basics";

interface Toast {
  id: number;
  text: string;
  bad?: boolean;
  undo?: () => Promise<unknown>;
}

let toasts: Toast[] = [];
let next = 1;
const watchers = new Set<() => void>();

function change(made: Toast[]) {
  toasts = made;
  for (const watcher of watchers) watcher();
}
const drop = (id: number) => change(toasts.filter((one) => one.id !== id));

/** Say that something was done; what can be undone can be so for ten seconds. */
export function say(text: string, more: { bad?: boolean; undo?: () => Promise<unknown> } = {}) {
  const toast = { id: next++, text, ...more };
  change([...toasts.slice(-3), toast]);
  setTimeout(() => drop(toast.id), more.bad || more.undo ? 10_000 : 5000);
}

export function sayProblem(error: unknown) {
  const problem = asProblem(error);
  say(problem.requestId ? `${problem.message} (${problem.requestId})` : problem.message, { bad: true });
}

export function Toasts() {
  const { t } = useTranslation();
  const all = useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => toasts,
  );
  return (
    <div className="toasts" role="status" aria-live="polite">
      {all.map((one) => (
        <div key={one.id} className={`toast ${one.bad ? "bad" : ""}`}>
          <span className="grow">{one.text}</span>
          {one.undo && (
            <Button
              small
              look="quiet"
              onClick={() => {
                drop(one.id);
                one.undo?.().then(() => say(t("Undone")), sayProblem);
              }}
            >
              {t("Undo")}
            </Button>
          )}
          <Button look="icon" small icon={X} aria-label={t("Dismiss")} onClick={() => drop(one.id)} />
        </div>
      ))}
    </div>
  );
}
