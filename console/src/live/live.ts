import { useSyncExternalStore } from "react";
import { queryClient } from "../api/queryClient";
import { type Change, type FromStream, listen, type State } from "./messages";

/** What a page sees of a customer is put together from several services, the last of which may hear a moment later. */
const LOOK_AGAIN_MS = [0, 350, 1200];
const LISTS_EVERY_MS = 2000;

let state: State = "off";
const watchers = new Set<() => void>();
const changedAt = new Map<string, number>();

function set(next: State) {
  state = next;
  for (const watcher of watchers) watcher();
}

type Key = readonly unknown[];
const BY_CUSTOMER: Record<string, (id: string) => Key[]> = {
  customers: (id) => [
    ["profile", "customer", id],
    ["profile", "audit", id],
    ["profile", "history", id],
  ],
  "next-surveys": (id) => [
    ["profile", "customer", id],
    ["scheduler", "next-survey", id],
  ],
  deliverability: (id) => [
    ["profile", "customer", id],
    ["outbox", "timeline", id],
    ["scheduler", "next-survey", id],
  ],
  dispatches: (id) => [
    ["outbox", "records", { customer_id: id }],
    ["outbox", "stats", id],
    ["outbox", "timeline", id],
    ["profile", "customer", id],
  ],
  responses: (id) => [
    ["feedback", "answers", "of", id],
    ["profile", "customer", id],
    ["outbox", "records", { customer_id: id }],
    ["outbox", "stats", id],
    ["outbox", "timeline", id],
  ],
};
const LISTS: Record<string, Key[]> = {
  customers: [
    ["profile", "customers"],
    ["profile", "tags"],
    ["profile", "properties"],
  ],
  "next-surveys": [],
  deliverability: [],
  dispatches: [
    ["outbox", "records"],
    ["outbox", "stats", "all"],
    ["outbox", "sending"],
  ],
  responses: [["feedback"]],
  campaigns: [
    ["scheduler", "campaigns"],
    ["scheduler", "campaign"],
  ],
  brands: [["outbox", "brands"]],
};

const stale = (queryKey: Key) => void queryClient.invalidateQueries({ queryKey });

const waitingLists = new Set<string>();
let listsTimer: ReturnType<typeof setTimeout> | undefined;
let listsAt = 0;

/** Lists are fetched at most every two seconds, the first time at once. */
function lists(stream: string) {
  waitingLists.add(stream);
  if (listsTimer) return;
  const wait = Math.max(0, listsAt + LISTS_EVERY_MS - Date.now());
  listsTimer = setTimeout(() => {
    listsTimer = undefined;
    listsAt = Date.now();
    for (const one of waitingLists) for (const key of LISTS[one] ?? []) stale(key);
    waitingLists.clear();
  }, wait);
}

function changed({ stream, id, customer_id }: Change) {
  const customer =
    customer_id ?? (["customers", "next-surveys", "deliverability"].includes(stream) ? id : null);
  const keys = [...(customer ? (BY_CUSTOMER[stream]?.(customer) ?? []) : [])];
  if (stream === "dispatches") keys.push(["outbox", "record", id]);
  if (stream === "responses") keys.push(["feedback", "answer", id]);
  if (stream === "campaigns") keys.push(["scheduler", "campaign", id]);
  changedAt.set(id, Date.now());
  for (const wait of LOOK_AGAIN_MS) setTimeout(() => keys.forEach(stale), wait);
  lists(stream);
}

function hear(message: FromStream) {
  if (message.kind === "state") set(message.state);
  else if (message.kind === "anew")
    void queryClient.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "session" });
  else {
    message.changes.forEach(changed);
    for (const stream of message.many) {
      lists(stream);
      for (const wait of LOOK_AGAIN_MS)
        setTimeout(() => BY_CUSTOMER[stream]?.("").forEach((key) => stale(key.slice(0, 2))), wait);
    }
  }
}

/** Hear of changes for as long as the console is open; returns how to stop. */
export function startLive(): () => void {
  if (typeof SharedWorker !== "undefined") {
    const worker = new SharedWorker(new URL("./worker.ts", import.meta.url), {
      type: "module",
      name: "sounding-live",
    });
    worker.port.onmessage = ({ data }: MessageEvent<FromStream>) => hear(data);
    worker.port.start();
    const bye = () => worker.port.postMessage("bye");
    addEventListener("pagehide", bye);
    return () => {
      removeEventListener("pagehide", bye);
      bye();
      set("off");
    };
  }
  let stop: (() => void) | null = null;
  const follow = () => {
    if (document.visibilityState === "visible") stop ??= listen("/api/live", hear);
    else {
      stop?.();
      stop = null;
      set("off");
    }
  };
  follow();
  document.addEventListener("visibilitychange", follow);
  return () => {
    document.removeEventListener("visibilitychange", follow);
    stop?.();
    set("off");
  };
}

export function useLiveState(): State {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => state,
  );
}

/** Whether news of this thing came within the last seconds, for a passing tint. */
export function isFresh(id: string): boolean {
  return Date.now() - (changedAt.get(id) ?? 0) < 2500;
}
