// How complete the readings are, by group and by device.
import type { AnswerOf } from '../../../api/client';

export type CoverageItem = NonNullable<AnswerOf<'/coverage', 'get'>['items']>[number];

export interface Group {
  key: string;
  devices: number;
  silent: number;
  /** of all hours of all devices, the part with a reading */
  share: number;
}

export function groupsOf(items: readonly CoverageItem[], steps: number, keyOf: (item: CoverageItem) => string): Group[] {
  const found = new Map<string, { devices: number; silent: number; covered: number }>();
  for (const item of items) {
    const group = found.get(keyOf(item)) ?? { devices: 0, silent: 0, covered: 0 };
    found.set(keyOf(item), group);
    group.devices++;
    group.covered += item.covered ?? 0;
    if (!item.covered) group.silent++;
  }
  return [...found].map(([key, { devices, silent, covered }]) => ({ key, devices, silent, share: steps > 0 ? covered / (devices * steps) : 0 })).sort((a, b) => a.share - b.share);
}

export function worstFirst(items: readonly CoverageItem[]): CoverageItem[] {
  return [...items].sort((a, b) => (a.covered ?? 0) - (b.covered ?? 0) || (b.longest_gap_seconds ?? 0) - (a.longest_gap_seconds ?? 0));
}
