// Sums of findings by what is to be done with them.
import type { State } from './wire';

export interface WireSum {
  kind?: string;
  medium?: string;
  state?: string;
  count?: number;
  a_year_cny?: number | null;
  unknown?: number;
  saved_a_year_cny?: number | null;
}

export interface Sum {
  count: number;
  /** yuan a year of those of which it is known; null of none */
  cny: number | null;
  unknown: number;
}

export const groups = ['todo', 'fixed', 'verified', 'dismissed'] as const;
export type Group = (typeof groups)[number];
export const statesOf: Record<Group, readonly State[]> = { todo: ['open', 'confirmed'], fixed: ['fixed'], verified: ['verified'], dismissed: ['dismissed'] };

/** What is verified counts by what it saves, all else by what it costs. */
export function addUp(answer: { items?: WireSum[] | null }): Record<Group, Sum> {
  const nothing = (): Sum => ({ count: 0, cny: null, unknown: 0 });
  const sums: Record<Group, Sum> = { todo: nothing(), fixed: nothing(), verified: nothing(), dismissed: nothing() };
  for (const one of answer.items ?? []) {
    const group = groups.find((name) => statesOf[name].some((state) => state === one.state));
    if (!group) continue;
    const sum = sums[group];
    sum.count += one.count ?? 0;
    sum.unknown += group === 'verified' ? 0 : one.unknown ?? 0;
    const yuan = group === 'verified' ? one.saved_a_year_cny : one.a_year_cny;
    if (yuan !== null && yuan !== undefined) sum.cny = (sum.cny ?? 0) + yuan;
  }
  return sums;
}
