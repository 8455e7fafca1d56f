import type { Answer } from "../api/types";

export type ScoreClass = "promoter" | "passive" | "detractor" | "positive" | "neutral" | "negative";
export type Metric = Answer["metric"];

const RANGES: Record<string, { low: number; high: number; name: string }> = {
  nps: { low: 0, high: 10, name: "NPS" },
  csat: { low: 1, high: 5, name: "CSAT" },
  ces: { low: 1, high: 7, name: "CES" },
  five_star: { low: 1, high: 5, name: "5-star" },
};

export function range(metric: string) {
  return RANGES[metric] ?? RANGES.nps!;
}

/** Of NPS: promoter from 9, detractor up to 6. */
export function npsClass(score: number): "promoter" | "passive" | "detractor" {
  if (score >= 9) return "promoter";
  return score >= 7 ? "passive" : "detractor";
}

/** What each score means on its own scale; where that was not kept, as of NPS. */
export function classesOf(scores: readonly number[], kept: readonly (string | null)[]): string[] {
  return scores.map((score, place) => kept[place] ?? npsClass(score));
}

/** Which of three colours a class has. */
export function tone(scoreClass: string): "good" | "mid" | "bad" {
  if (["promoter", "positive", "satisfied", "easy"].includes(scoreClass)) return "good";
  return ["passive", "neutral"].includes(scoreClass) ? "mid" : "bad";
}
