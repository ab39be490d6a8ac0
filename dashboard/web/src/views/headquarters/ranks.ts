// Ranks that are fair: places whose intervals overlap are not to be told apart, so that
// each has all the ranks that its interval allows. A value without an interval is not
// certain: nothing says how far chance goes, so that it is told apart from no other.
// Of scores the analysis "scorecard" has ranked those that can be compared: its ranks are
// taken as they are, and those that it left out have none.
import type { Result } from '../reliability/results';

export interface Candidate {
  key: string;
  value: number | null;
  low: number | null;
  high: number | null;
}

export interface Place {
  rank: number;
  /** the best and the worst that its interval allows */
  from: number;
  to: number;
}

/** Whether anything says how certain the value is. */
export function hasInterval(one: Candidate): boolean {
  return one.low !== null || one.high !== null;
}

/** A bound that is not known is anywhere. */
function bounds({ low, high }: Candidate): [number, number] {
  return [low ?? -Infinity, high ?? Infinity];
}

/** Of those that have a value, by their key. */
export function fairRanks(all: readonly Candidate[], moreIsBetter: boolean): Map<string, Place> {
  const sign = moreIsBetter ? 1 : -1;
  const known = all.flatMap((one) => {
    if (one.value === null) return [];
    const [a, b] = bounds(one);
    return [{ key: one.key, value: sign * one.value, low: Math.min(sign * a, sign * b), high: Math.max(sign * a, sign * b) }];
  });
  const ranks = new Map<string, Place>();
  for (const one of known) {
    const better = known.filter((other) => other.value > one.value).length;
    const surelyBetter = known.filter((other) => other.low > one.high).length;
    const surelyWorse = known.filter((other) => other.high < one.low).length;
    ranks.set(one.key, { rank: better + 1, from: surelyBetter + 1, to: known.length - surelyWorse });
  }
  return ranks;
}

export type Difference = 'better' | 'worse' | 'same' | 'unknown';

/** Whether one place differs from another by more than chance: when their intervals have nothing in common. */
export function difference(one: Candidate, other: Candidate, moreIsBetter: boolean): Difference {
  if (one.value === null || other.value === null || !hasInterval(one) || !hasInterval(other)) return 'unknown';
  const [low, high] = bounds(one);
  const [otherLow, otherHigh] = bounds(other);
  if (low > otherHigh) return moreIsBetter ? 'better' : 'worse';
  if (high < otherLow) return moreIsBetter ? 'worse' : 'better';
  return 'same';
}

/** Where a number belongs: region/project, or the region alone. */
export function keyOf(of: { region?: string | undefined; project?: string | undefined }): string {
  return of.project ? `${of.region ?? ''}/${of.project}` : of.region ?? '';
}

/** The ranks that the analysis gave, from its numbers of kind "rank". */
export function ranksGiven(numbers: readonly Result[]): Map<string, Place> {
  return new Map(numbers.flatMap((n) => (n.kind === 'rank' && n.value !== null ? [[keyOf(n), { rank: n.value, from: n.low ?? n.value, to: n.high ?? n.value }] as const] : [])));
}

/** Why the analysis has not ranked a place that has a score: one of the reasons of its number. */
export function notRanked(why: string | undefined): string {
  return (why ?? '').split('; ').find((one) => one.startsWith('not ranked: ')) ?? '';
}

/** Those that are ranked in their order; behind them those that have only a score, and those that have none. */
export function rankedFirst<P extends { rank?: number; score: number | null }>(places: readonly P[]): P[] {
  const group = (one: P) => (one.rank ? 0 : one.score === null ? 2 : 1);
  return [...places].sort((a, b) => group(a) - group(b) || (a.rank ?? 0) - (b.rank ?? 0) || (b.score ?? 0) - (a.score ?? 0));
}
