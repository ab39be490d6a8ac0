// Hours of many days, looked at as a grid: each day by its hours, or a typical week.
import { plusDays } from './days';
import type { Step } from './wire';

export interface Grid {
  days: string[];
  /** by hour, then by day; null where nothing is known */
  cells: (number | null)[][];
  /** how much of each is accounted for */
  known: (number | null)[][];
}

export const hours = 24;
/** Of an hour so much has to be accounted for to be worth a colour, as of periods that are
 * compared: of some sixty meters one is often silent. */
export const enough = 0.9;
/** With less an hour is known in part, and is a little low. */
const whole = 0.99;

export const isPart = (known: number | null | undefined): known is number => known !== null && known !== undefined && known < whole;

export function gridOf(from: string, to: string, steps: readonly Step[]): Grid {
  const days: string[] = [];
  for (let day = from; day < to; day = plusDays(day, 1)) days.push(day);
  const at = new Map(days.map((day, i) => [day, i]));
  const empty = () => Array.from({ length: hours }, () => new Array<number | null>(days.length).fill(null));
  const cells = empty();
  const known = empty();
  for (const step of steps) {
    const i = at.get(step.at.slice(0, 10));
    const hour = Number(step.at.slice(11, 13));
    if (i === undefined || step.use === null || (step.coverage ?? 0) < enough) continue;
    cells[hour]![i] = step.use;
    known[hour]![i] = step.coverage;
  }
  return { days, cells, known };
}

const weekday = (day: string) => (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7;

export interface Mean {
  mean: number | null;
  n: number;
  /** how much of these hours is accounted for */
  known: number | null;
}

/** The mean of each hour of the week, from Monday. */
export function typicalWeek({ days, cells, known }: Grid): Mean[][] {
  return Array.from({ length: 7 }, (_, of) => Array.from({ length: hours }, (_, hour) => {
    const there = days.flatMap((day, i) => (weekday(day) === of && cells[hour]![i] !== null ? [i] : []));
    return { mean: mean(there.map((i) => cells[hour]![i]!)), n: there.length, known: mean(there.map((i) => known[hour]![i] ?? 0)) };
  }));
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;
}

export interface Habits {
  known: number;
  /** of those known, the ones that are known in part */
  parts: number;
  all: number;
  /** mean of an hour from midnight to five */
  base: number | null;
  peak: { at: string; value: number } | null;
  /** part of the use from 22 to 6 o'clock */
  night: number | null;
  /** mean day of the weekend over that of the others, of days without a gap */
  weekend: number | null;
}

export function habitsOf({ days, cells, known: shares }: Grid): Habits {
  let known = 0;
  let parts = 0;
  let sum = 0;
  let nightly = 0;
  let peak: Habits['peak'] = null;
  const base: number[] = [];
  const full: [number[], number[]] = [[], []];
  days.forEach((day, i) => {
    let total = 0;
    let n = 0;
    for (let hour = 0; hour < hours; hour++) {
      const value = cells[hour]![i];
      if (value === null || value === undefined) continue;
      n++;
      if (isPart(shares[hour]![i])) parts++;
      total += value;
      if (hour < 5) base.push(value);
      if (hour >= 22 || hour < 6) nightly += value;
      if (!peak || value > peak.value) peak = { at: `${day}T${String(hour).padStart(2, '0')}`, value };
    }
    known += n;
    sum += total;
    if (n === hours) full[weekday(day) >= 5 ? 1 : 0].push(total);
  });
  const working = mean(full[0]);
  const free = mean(full[1]);
  return {
    known, parts, all: hours * days.length, base: mean(base), peak, night: sum > 0 ? nightly / sum : null,
    weekend: working !== null && working > 0 && free !== null ? free / working : null,
  };
}
