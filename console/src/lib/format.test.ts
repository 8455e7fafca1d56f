import { describe, expect, it } from "vitest";
import { relative, share } from "./format";

const NOW = new Date("2026-11-26T15:00:00");

describe("relative", () => {
  it.each([
    ["2027-02-24T09:00:00", "in 3 months"],
    ["2026-12-15T09:00:00", "in 3 weeks"],
    ["2026-11-27T23:00:00", "tomorrow"],
    ["2026-11-25T01:00:00", "yesterday"],
    ["2026-11-24T23:00:00", "2 days ago"],
    ["2026-11-26T12:20:00", "3 hours ago"],
    ["2026-11-26T15:00:20", "now"],
    ["2025-05-20T15:00:00", "2 years ago"],
  ])("%s is %s", (moment, words) => {
    expect(relative(moment, NOW)).toBe(words);
  });
});

describe("share", () => {
  it("says of a part of one how many of a hundred that are", () => {
    expect(share(0.31645569620253167)).toBe("32 %");
    expect(share(1)).toBe("100 %");
    expect(share(0)).toBe("0 %");
    expect(share(null)).toBe("–");
  });
});
