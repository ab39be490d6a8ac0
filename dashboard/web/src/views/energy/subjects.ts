// What the analysis says of each building and meter: its numbers, put together.
import type { Estimate } from '../../format/format';
import { media, type Figure, type Medium } from './wire';

export interface Subject {
  key: string;
  region: string;
  project: string;
  building: string;
  subject: string;
  /** of its numbers by kind */
  of: Map<string, Figure>;
}

/** Numbers by what they are about, in the order in which they came. */
export function subjectsOf(figures: readonly Figure[]): Subject[] {
  const found = new Map<string, Subject>();
  for (const one of figures) {
    const key = `${one.region ?? ''}/${one.project ?? ''}/${one.subject ?? ''}`;
    let subject = found.get(key);
    if (!subject) found.set(key, (subject = { key, region: one.region ?? '', project: one.project ?? '', building: one.building ?? '', subject: one.subject ?? '', of: new Map() }));
    subject.of.set(one.kind, one);
  }
  return [...found.values()];
}

/**
 * What is counted there. Of a building its subject says it. Of a metering point the unit
 * does, and of m³ the registry: gas is what is registered as such, of all else the analysis
 * holds that it is water. A point is named after the first meter that stood there.
 */
export function mediumOf(one: Subject, gas: ReadonlySet<string>): Medium | undefined {
  if (one.subject.startsWith('building:')) return media.find((name) => one.subject.endsWith(`/${name}`));
  switch (one.of.get('use')?.unit) {
    case 'kWh': return 'electricity';
    case 'GJ': return 'heat';
    case 'm3': return gas.has(one.key) ? 'gas' : 'water';
    default: return undefined;
  }
}

export const estimate = (figure: Figure | undefined): Estimate => ({ value: figure?.value, low: figure?.low, high: figure?.high });

export type Verdict = 'over' | 'under' | 'within' | 'unknown';

/** What a difference from a baseline says: nothing, where its interval has zero in it. */
export function verdictOf(excess: Figure | undefined): Verdict {
  if (excess?.value === null || excess?.value === undefined || excess.low === null || excess.low === undefined || excess.high === null || excess.high === undefined) return 'unknown';
  return excess.low > 0 ? 'over' : excess.high < 0 ? 'under' : 'within';
}

export interface Compared {
  /** what was used in the hours that are compared; without a baseline in all that are known */
  actual: number | null;
  /** what was used in all hours that are known */
  all: number | null;
  /** of so many hours of the period */
  hours: number;
  /** so many are in neither the baseline nor the difference */
  left: number;
}

/**
 * What was used in the very hours that the baseline and the difference are of. The analysis
 * gives these two of the hours that were measured and have a baseline, and the use of all
 * that is known: its difference from the baseline would be another than the one given.
 */
export function compared(of: ReadonlyMap<string, Figure>): Compared {
  const all = of.get('use')?.value ?? null;
  const hours = of.get('use')?.exposure ?? 0;
  const expected = of.get('baseline_use')?.value;
  const excess = of.get('excess');
  if (typeof expected !== 'number' || typeof excess?.value !== 'number') return { actual: all, all, hours, left: 0 };
  return { actual: expected + excess.value, all, hours, left: Math.max(0, hours - Math.round((excess.coverage ?? 1) * hours)) };
}

/** The difference as a part of what was expected. */
export function partOf(excess: Figure | undefined, expected: Figure | undefined): number | null {
  if (typeof excess?.value !== 'number' || typeof expected?.value !== 'number' || expected.value <= 0) return null;
  return excess.value / expected.value;
}

/** As the analysis judges hourly models: CV(RMSE) by ASHRAE Guideline 14, NMBE by what is usual for metered savings. */
export function fits(cvrmse: Figure | undefined, nmbe: Figure | undefined): boolean | null {
  if (typeof cvrmse?.value !== 'number' || typeof nmbe?.value !== 'number') return null;
  return cvrmse.value <= 0.3 && Math.abs(nmbe.value) <= 0.005;
}
