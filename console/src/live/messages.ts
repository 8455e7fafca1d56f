/** What the worker and the tabs tell each other. */
export interface Change {
  stream: string;
  id: string;
  customer_id?: string | null;
  seq?: number;
}
export type State = "live" | "reconnecting" | "off";
export type FromStream =
  | { kind: "state"; state: State }
  | { kind: "changes"; changes: Change[]; many: string[] }
  | { kind: "anew" };

/** Reads `/api/live` and tells what it hears; a browser opens it again by itself unless it was refused. */
export function listen(url: string, tell: (message: FromStream) => void): () => void {
  let source: EventSource | null = null;
  let again: ReturnType<typeof setTimeout> | undefined;
  let ended = false;
  const open = () => {
    source = new EventSource(url);
    source.addEventListener("hello", (event) => {
      tell({ kind: "state", state: "live" });
      if (!(JSON.parse((event as MessageEvent<string>).data) as { replayed: boolean }).replayed)
        tell({ kind: "anew" });
    });
    source.addEventListener("changes", (event) => {
      const { changes, many } = JSON.parse((event as MessageEvent<string>).data) as {
        changes: Change[];
        many: string[];
      };
      tell({ kind: "changes", changes, many });
    });
    source.onerror = () => {
      if (ended) return;
      tell({ kind: "state", state: "reconnecting" });
      if (source?.readyState === EventSource.CLOSED) {
        clearTimeout(again);
        again = setTimeout(open, 3000);
      }
    };
  };
  open();
  return () => {
    ended = true;
    clearTimeout(again);
    source?.close();
  };
}
