// The Crow-AMSAA law of a model, and what its mean cumulative function says at an age.
import type { Trend } from './documents';

/** Failures of a device by an age: lambda t^beta; empty where there is no law. */
export function lawPoints(of: Trend, steps = 80): [number, number][] {
  const { beta, lambda } = of.crow_amsaa;
  const first = of.mcf?.[0]?.time;
  const last = of.mcf?.at(-1)?.time;
  if (!beta || !lambda || first === undefined || last === undefined || !(last > 0)) return [];
  return Array.from({ length: steps + 1 }, (_, i) => {
    const age = (last * i) / steps;
    return [age, lambda * age ** beta] as [number, number];
  });
}

/** What holds from an age on: the last step not after it. */
export function stepAt<S>(steps: readonly S[], time: (step: S) => number, at: number): S | undefined {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (time(steps[middle]!) <= at) low = middle + 1;
    else high = middle;
  }
  return steps[low - 1];
}

/**
 * The ages under a chart at which is told how many units were watched. Units enter and leave
 * between failures, which the analysis does not tell of: only at the age of a failure is their
 * number known, so that those nearest to even steps from the first failure to the last are taken.
 */
export function riskTicks<S>(steps: readonly S[], time: (step: S) => number, risk: (step: S) => number, most = 8): { at: number; risk: number }[] {
  if (steps.length === 0) return [];
  const first = time(steps[0]!);
  const last = time(steps.at(-1)!);
  const chosen = new Map<number, number>();
  for (let i = 0; i < most; i++) {
    const wanted = first + ((last - first) * i) / Math.max(1, most - 1);
    const step = steps.reduce((best, one) => (Math.abs(time(one) - wanted) < Math.abs(time(best) - wanted) ? one : best));
    chosen.set(time(step), risk(step));
  }
  return [...chosen].map(([at, n]) => ({ at, risk: n }));
}

/** What the analysis found of the trend, by the test that its advice goes by (MIL-HDBK-189): nothing where it could not tell. */
export function directionOf(of: Pick<Trend, 'trend'>): { direction: 'deteriorating' | 'improving' | 'steady'; tone: 'bad' | 'good' | undefined } | undefined {
  const { direction } = of.trend;
  return direction && { direction, tone: direction === 'deteriorating' ? 'bad' : direction === 'improving' ? 'good' : undefined };
}
