// Whether two periods can be held against each other. Missing hours that look like
// savings are worse than no number: where coverage or meters differ, none is given.
import type { Item } from './wire';

export type Comparison =
  /** daily is there where the days differ in number, and the change is one of it */
  | { change: number; then: number; daily?: { now: number; then: number } }
  | { why: 'unfinished' }
  | { why: 'nothing' }
  | { why: 'coverage'; now: number; then: number }
  | { why: 'meters'; now: number; then: number };

/** Of the hours of both periods at least so much has to be known, and about the same. */
const enough = 0.9;
const alike = 0.05;

/**
 * Holds one period against another. Of stretches of different length, as March and
 * February are, it is use per day: three days more are no change of habits.
 */
export function compare(now: Item | undefined, then: Item | undefined, days = { now: 1, then: 1 }): Comparison {
  if (days.now === 0) return { why: 'unfinished' };
  const used = now?.total.use;
  const before = then?.total.use;
  if (!now || !then || used === null || used === undefined || before === null || before === undefined || before <= 0) return { why: 'nothing' };
  const covered = now.total.coverage ?? 0;
  const coveredThen = then.total.coverage ?? 0;
  if (Math.min(covered, coveredThen) < enough || Math.abs(covered - coveredThen) > alike) return { why: 'coverage', now: covered, then: coveredThen };
  if (now.meters !== then.meters) return { why: 'meters', now: now.meters, then: then.meters };
  if (days.now === days.then) return { change: used / before - 1, then: before };
  const daily = { now: used / days.now, then: before / days.then };
  return { change: daily.now / daily.then - 1, then: before, daily };
}
