import { describe, expect, it } from "vitest";
import { toCsv } from "./save";

describe("toCsv", () => {
  it("quotes what needs it, and lets nothing be run", () => {
    expect(toCsv([["a", 'say "hi"', "x,y", 3, null, "=1+1", -2]])).toBe(
      'a,"say ""hi""","x,y",3,,\'=1+1,-2\r\n',
    );
  });
});
