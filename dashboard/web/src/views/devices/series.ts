// From what the server measured to what a chart draws. Where nothing was measured for
// long, the line breaks off: a straight line over it would be an invented one.
import type { ReadingItem } from '../../api/schema';
import type { Point } from '../../chart/options';
import { isCounter } from './device';

export type Resolution = 'raw' | '5m' | '1h' | '1d';

export const resolutionStep: Record<Resolution, number> = { raw: 0, '5m': 300_000, '1h': 3_600_000, '1d': 86_400_000 };

/** The middle of the distances between neighbours; NaN when there are none. */
export function cadence(times: readonly number[]): number {
  const steps = times.slice(1).map((at, i) => at - times[i]!).sort((a, b) => a - b);
  return steps[Math.floor(steps.length / 2)] ?? NaN;
}

/** Readings of one metric as points: raw values, or means with the least and the most of each period. Of a counter it is what it showed last. */
export function pointsOf(items: readonly ReadingItem[], metric: string, resolution: Resolution): Point[] {
  const own = items.filter((item) => item.metric === metric);
  const times = own.map((item) => Date.parse(item.ts ?? ''));
  const usual = resolution === 'raw' ? cadence(times) : resolutionStep[resolution];
  const longest = Math.max(usual * 3, resolution === 'raw' ? 60_000 : usual * 1.5);
  const points: Point[] = [];
  own.forEach((item, i) => {
    const at = times[i]!;
    const before = times[i - 1];
    if (before !== undefined && at - before > longest) points.push([before + 1, null]);
    if (resolution === 'raw') points.push([at, item.value ?? null]);
    else if (isCounter(metric)) points.push([at, item.last ?? null]);
    else points.push([at, item.mean ?? null, item.min ?? null, item.max ?? null]);
  });
  return points;
}

export const spans = { '1h': 3_600_000, '6h': 6 * 3_600_000, '24h': 86_400_000, '7d': 7 * 86_400_000, '30d': 30 * 86_400_000, '90d': 90 * 86_400_000, '1y': 365 * 86_400_000 } as const;
export type Span = keyof typeof spans;

/** The shortest that can be looked at, in milliseconds. */
export const shortest = 60_000;

/** A window that is moved or made larger stays in the past, and keeps its length. */
export function windowOf(from: number, to: number, now: number): [number, number] {
  const length = Math.max(shortest, to - from);
  const end = Math.min(to, now);
  return [end - length, end];
}

/** As it stands in the address: seconds, in UTC. */
export const written = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
