/** What a service says when it refuses: RFC 9457, with the field at fault where there is one. */
export interface ProblemBody {
  title?: string;
  status?: number;
  code?: string;
  detail?: string;
  request_id?: string;
  errors?: { field?: string; reason?: string }[];
  [fact: string]: unknown;
}

export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
  readonly body: ProblemBody;

  constructor(status: number, body: ProblemBody) {
    super(body.detail || body.title || `HTTP ${status}`);
    this.name = "Problem";
    this.status = status;
    this.code = body.code ?? `http-${status}`;
    this.requestId = body.request_id ?? null;
    this.body = body;
  }

  /** The reason that belongs to a field, for showing it there; names may be dotted. */
  reasonFor(field: string): string | undefined {
    return this.body.errors?.find((one) => one.field === field || one.field?.startsWith(`${field}.`))?.reason;
  }

  /** Nothing answered, or something on the way to the service did not. */
  get away(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new Problem(0, { code: "no-answer", title: "No answer", detail });
}
