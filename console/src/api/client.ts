import createClient, { type Middleware } from "openapi-fetch";
import type { paths as FeedbackPaths } from "./generated/feedback";
import type { paths as OutboxPaths } from "./generated/outbox";
import type { paths as ProfilePaths } from "./generated/profile";
import type { paths as SchedulerPaths } from "./generated/scheduler";
import { Problem, type ProblemBody } from "./problem";
import { csrfToken, signedOut } from "./session";

const guard: Middleware = {
  onRequest({ request }) {
    const token = csrfToken();
    if (token && request.method !== "GET") request.headers.set("X-CSRF-Token", token);
    return request;
  },
  onResponse({ response }) {
    if (response.status === 401) signedOut();
    return response;
  },
};

function client<P extends object>(service: string) {
  const made = createClient<P>({ baseUrl: `${location.origin}/api/${service}` });
  made.use(guard);
  return made;
}

export const profile = client<ProfilePaths>("profile");
export const scheduler = client<SchedulerPaths>("scheduler");
export const outbox = client<OutboxPaths>("outbox");
export const feedback = client<FeedbackPaths>("feedback");

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of an answer that went well; anything else is thrown as a `Problem`. */
export async function body<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (error) {
    throw new Problem(0, {
      code: "no-answer",
      title: "No answer",
      detail: error instanceof Error ? error.message : "",
    });
  }
  if (answer.response.ok) return answer.data as T;
  throw new Problem(answer.response.status, toBody(answer.error));
}

function toBody(error: unknown): ProblemBody {
  return error && typeof error === "object" ? (error as ProblemBody) : { detail: String(error ?? "") };
}

/** A request that the typed clients do not know: files, the console's own routes. */
export async function send<T>(
  method: string,
  path: string,
  payload?: BodyInit | object,
  type?: string,
): Promise<T> {
  const token = csrfToken();
  const isObject =
    payload !== undefined &&
    Object.getPrototypeOf(payload) === Object.prototype &&
    !(payload instanceof Blob);
  const headers: Record<string, string> = { Accept: "application/json" };
  if (token && method !== "GET") headers["X-CSRF-Token"] = token;
  if (isObject) headers["Content-Type"] = "application/json";
  else if (type) headers["Content-Type"] = type;
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: isObject ? JSON.stringify(payload) : (payload as BodyInit),
    });
  } catch (error) {
    throw new Problem(0, {
      code: "no-answer",
      title: "No answer",
      detail: error instanceof Error ? error.message : "",
    });
  }
  const kind = response.headers.get("content-type") ?? "";
  // Nothing is nothing, whatever it is said to be.
  const text = await response.text();
  const content = text && kind.includes("json") ? JSON.parse(text) : text;
  if (response.ok) return content as T;
  if (response.status === 401 && path !== "/api/session") signedOut();
  throw new Problem(response.status, toBody(content));
}
