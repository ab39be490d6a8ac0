// What a place has used today, against the same hours of the same weekday a week before.
import { compare, type Comparison } from '../../energy/compare';
import type { Item } from '../../energy/wire';

export interface Used {
  use: number;
  /** the hour up to which it is counted */
  until: number;
  against: Comparison;
}

const hourOf = ({ at }: { at: string }) => Number(at.slice(11, 13));

/** What was used in some hours of a day. */
function within(item: Item, hours: ReadonlySet<number>): Item {
  const total = { use: null as number | null, cost: null, coverage: null as number | null, estimated: 0, hours: 0, expected_hours: 0 };
  for (const step of item.steps ?? []) {
    if (!hours.has(hourOf(step))) continue;
    if (step.use !== null) total.use = (total.use ?? 0) + step.use;
    total.hours += step.hours;
    total.expected_hours += step.expected_hours;
  }
  if (total.expected_hours > 0) total.coverage = total.hours / total.expected_hours;
  return { ...item, total };
}

/** Of two days by hour; nothing while nothing of today is counted. */
export function usedOf(today: Item | undefined, then: Item | undefined): Used | undefined {
  const counted = (today?.steps ?? []).filter(({ use }) => use !== null);
  if (!today || counted.length === 0) return undefined;
  const hours = new Set(counted.map(hourOf));
  const now = within(today, hours);
  return { use: now.total.use ?? 0, until: Math.max(...hours) + 1, against: compare(now, then && within(then, hours)) };
}
