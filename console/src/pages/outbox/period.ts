export const PERIODS: Record<string, number> = { "7": 7, "30": 30, "90": 90, "365": 365 };

/** The moment so many days ago; the same for a minute, so that a query's key is. */
export function since(days: string | undefined): string | undefined {
  const count = days ? PERIODS[days] : undefined;
  if (!count) return undefined;
  const now = new Date();
  now.setSeconds(0, 0);
  return new Date(now.getTime() - count * 86_400_000).toISOString();
}
