import { describe, expect, it } from "vitest";
import { diff, near } from "./diff";

const marks = { same: " ", old: "-", new: "+" };
const shown = (before: string, after: string) => diff(before, after).map((one) => marks[one.kind] + one.text);

describe("diff", () => {
  it("finds what was changed, put in and taken out", () => {
    expect(shown("a\nb\nc\nd", "a\nB\nc\nx\nd")).toEqual([" a", "-b", "+B", " c", "+x", " d"]);
  });
  it("finds nothing in the same text", () => {
    expect(shown("a\nb", "a\nb")).toEqual([" a", " b"]);
  });
  it("shows only what is near a change", () => {
    const many = Array.from({ length: 9 }, (_, place) => String(place)).join("\n");
    expect(near(diff(many, many.replace("4", "x")), 1).map((one) => one?.text ?? null)).toEqual([
      null,
      "3",
      "4",
      "x",
      "5",
      null,
    ]);
  });
});
