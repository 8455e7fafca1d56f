/** The filter language of the services, as the builder edits it: clauses, and groups of them one level deep. */
export interface Clause {
  field: string;
  op: string;
  value?: unknown;
}
export interface Group {
  match: "all" | "any";
  parts: Clause[];
}
export interface Built {
  match: "all" | "any";
  parts: (Clause | Group)[];
}
export type Tree = Record<string, unknown>;

export const NOTHING: Built = { match: "all", parts: [] };
export const isGroup = (part: Clause | Group): part is Group => "parts" in part;

/** Whether a clause says enough to be asked. */
export function isWhole(clause: Clause): boolean {
  if (!clause.field || !clause.op) return false;
  if (clause.op === "exists" || clause.op === "missing") return true;
  if (Array.isArray(clause.value)) return clause.value.length > 0;
  return clause.value !== undefined && clause.value !== "" && clause.value !== null;
}

function clauseTree({ field, op, value }: Clause): Tree {
  return op === "exists" || op === "missing" ? { field, op } : { field, op, value };
}

/** For the API; what is not whole yet is left out. `{}` is everyone. */
export function toTree(built: Built): Tree {
  const parts = built.parts.flatMap((part): Tree[] => {
    if (!isGroup(part)) return isWhole(part) ? [clauseTree(part)] : [];
    const inner = part.parts.filter(isWhole).map(clauseTree);
    return inner.length ? [{ [part.match]: inner }] : [];
  });
  if (!parts.length) return {};
  return parts.length === 1 && "field" in parts[0]! ? parts[0]! : { [built.match]: parts };
}

/** What the builder can show of a tree; null where it nests deeper than the builder does. */
export function fromTree(tree: Tree | undefined): Built | null {
  if (!tree || !Object.keys(tree).length) return NOTHING;
  if ("field" in tree) return { match: "all", parts: [tree as unknown as Clause] };
  const match = "all" in tree ? "all" : "any" in tree ? "any" : null;
  if (!match) return null;
  const parts: (Clause | Group)[] = [];
  for (const part of tree[match] as Tree[]) {
    if ("field" in part) {
      parts.push(part as unknown as Clause);
      continue;
    }
    const inner = "all" in part ? "all" : "any" in part ? "any" : null;
    if (!inner || !(part[inner] as Tree[]).every((one) => "field" in one)) return null;
    parts.push({ match: inner, parts: part[inner] as unknown as Clause[] });
  }
  return { match, parts };
}

export function both(one: Tree, other: Tree): Tree {
  if (!Object.keys(one).length) return other;
  return Object.keys(other).length ? { all: [one, other] } : one;
}

/** The tree without one of its top-level parts, to tell which one empties it. */
export function without(built: Built, index: number): Built {
  return { ...built, parts: built.parts.filter((_, place) => place !== index) };
}

export function countParts(built: Built): number {
  return built.parts.reduce((sum, part) => sum + (isGroup(part) ? part.parts.length : 1), 0);
}

/** Lists know moments, audiences also "days ago": turned into the moment, by the clock of now. */
export function resolved(tree: Tree, now: Date = new Date()): Tree {
  if ("field" in tree) {
    const value = tree.value as { days_ago?: number } | undefined;
    if (value && typeof value === "object" && typeof value.days_ago === "number") {
      return { ...tree, value: new Date(now.getTime() - value.days_ago * 86_400_000).toISOString() };
    }
    return tree;
  }
  return Object.fromEntries(
    Object.entries(tree).map(([kind, parts]) => [
      kind,
      Array.isArray(parts)
        ? (parts as Tree[]).map((one) => resolved(one, now))
        : resolved(parts as Tree, now),
    ]),
  );
}
