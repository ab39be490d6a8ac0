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
