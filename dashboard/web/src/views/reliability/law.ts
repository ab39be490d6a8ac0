// The laws of lives that forecasts go by, as the job lifetimes describes them.
import type { Part } from './documents';

/** What share of parts still works at an age in years, by the law of the part; undefined where its document has not enough of it. */
export function survivalBy(part: Part): ((years: number) => number) | undefined {
  switch (part.family) {
    case 'weibull': {
      const shape = part.shape.value;
      const scale = part.scale.value;
      if (!shape || !scale) return undefined;
      return (t) => Math.exp(-((t / scale) ** shape));
    }
    case 'lognormal': {
      const { log_mean: mean, log_sd: deviation } = part;
      if (mean === null || mean === undefined || !deviation) return undefined; // runs of earlier versions did not tell
      return (t) => (t <= 0 ? 1 : 1 - normal((Math.log(t) - mean) / deviation));
    }
    case 'exponential': {
      const b10 = part.b10.value; // earlier runs told only this: a tenth has failed by then, ln(10/9) lives
      const rate = part.rate?.value ?? (b10 ? Math.log(10 / 9) / b10 : undefined);
      if (!rate) return undefined;
      return (t) => Math.exp(-rate * t);
    }
    default:
      return undefined;
  }
}

/** The law over the ages that were seen. */
export function lawOf(part: Part, steps = 80): [number, number][] {
  const survival = survivalBy(part);
  const last = part.survival?.at(-1)?.years ?? 0;
  if (!survival || !(last > 0)) return [];
  return Array.from({ length: steps + 1 }, (_, i) => [(last * i) / steps, survival((last * i) / steps)] as [number, number]);
}

/** The normal distribution function, to 1.5e-7 (Abramowitz and Stegun 1964, 7.1.26). */
export function normal(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const erf = 1 - ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.exp(-x * x);
  return z < 0 ? (1 - erf) / 2 : (1 + erf) / 2;
}
