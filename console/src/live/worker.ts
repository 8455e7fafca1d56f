/// <reference lib="webworker" />
import { type FromStream, listen, type State } from "./messages";

/** One stream for all tabs: a browser allows six connections to a place, and each stream holds one. */
declare const self: SharedWorkerGlobalScope;

const ports = new Set<MessagePort>();
let state: State = "reconnecting";
let stop: (() => void) | null = null;

function tell(message: FromStream) {
  if (message.kind === "state") state = message.state;
  for (const port of ports) port.postMessage(message);
}

self.onconnect = ({ ports: [port] }) => {
  if (!port) return;
  ports.add(port);
  port.onmessage = ({ data }: MessageEvent<string>) => {
    if (data === "bye") ports.delete(port);
    if (!ports.size) {
      stop?.();
      stop = null;
    }
  };
  port.postMessage({ kind: "state", state } satisfies FromStream);
  stop ??= listen("/api/live", tell);
};
