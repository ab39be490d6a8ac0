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

/** At which ages the numbers of units that were watched are told, under a chart. */
export function riskTicks<S>(steps: readonly S[], time: (step: S) => number, risk: (step: S) => number, n = 8): { at: number; risk: number }[] {
  const last = steps.length > 0 ? time(steps.at(-1)!) : 0;
  if (!(last > 0)) return [];
  return Array.from({ length: n }, (_, i) => {
    const at = (last * i) / (n - 1);
    const step = stepAt(steps, time, at) ?? steps[0]!;
    return { at, risk: risk(step) };
  });
}
