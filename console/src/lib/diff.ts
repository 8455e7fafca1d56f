export interface Line {
  kind: "same" | "old" | "new";
  text: string;
}

/** What changed from one text to another, line by line, with the fewest changes. */
export function diff(before: string, after: string): Line[] {
  const a = before.split("\n");
  const b = after.split("\n");
  // The length of the longest sequence that both have in common from each pair of places on.
  const common = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i]![j] =
        a[i] === b[j] ? common[i + 1]![j + 1]! + 1 : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
  const lines: Line[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: "same", text: a[i]! });
      i++;
      j++;
    } else if (j >= b.length || (i < a.length && common[i + 1]![j]! >= common[i]![j + 1]!))
      lines.push({ kind: "old", text: a[i++]! });
    else lines.push({ kind: "new", text: b[j++]! });
  }
  return lines;
}

/** The same without what is far from any change: null stands for what was left out. */
export function near(lines: Line[], around = 2): (Line | null)[] {
  const kept = lines.map((_, place) =>
    lines.slice(Math.max(0, place - around), place + around + 1).some((one) => one.kind !== "same"),
  );
  return lines.flatMap((line, place) => (kept[place] ? [line] : kept[place - 1] || !place ? [null] : []));
}
