import { describe, expect, it } from "vitest";
import { classesOf, tone } from "./score";

describe("what a score means", () => {
  it("goes by its own scale: a five of five is as good as a nine of ten", () => {
    const classes = classesOf([5, 9, 5], ["satisfied", "promoter", "detractor"]);
    expect(classes.map(tone)).toEqual(["good", "good", "bad"]);
  });
  it("is read as NPS where the scale was not kept", () => {
    expect(classesOf([5, 9], [])).toEqual(["detractor", "promoter"]);
    expect(classesOf([7], [null])).toEqual(["passive"]);
  });
});
