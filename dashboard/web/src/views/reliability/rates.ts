// Rows of the table of failure rates: what devices have in common, with all its numbers.
import { aboutOf, type Result } from './results';

export const groupings = ['class', 'model', 'vendor', 'project', 'age'] as const;
export type Grouping = (typeof groupings)[number];

/** The numbers of the job reliability, in the terms of IEC 60050-192, in the order in which they are shown. */
export const kinds = ['failure_rate', 'mtbf', 'mttr', 'mean_repair_time', 'availability', 'repeat_faults', 'callback_rate', 'entrapment_rate', 'mean_service_time'] as const;
export type Kind = (typeof kinds)[number];

/** A rate of none is known only from above; of a share or a time this says nothing. */
export const worse: Record<Kind, 1 | -1> = {
  failure_rate: 1, mtbf: -1, mttr: 1, mean_repair_time: 1, availability: -1, repeat_faults: 1, callback_rate: 1, entrapment_rate: 1, mean_service_time: 1,
};

export interface Row {
  key: string;
  region: string;
  project: string;
  subject: string;
  of: Partial<Record<Kind | 'failure_rate_shrunk', Result>>;
}

/** Numbers by what they are about. */
export function rowsOf(numbers: readonly Result[]): Row[] {
  const rows = new Map<string, Row>();
  for (const n of numbers) {
    const key = [n.region ?? '', n.project ?? '', n.subject ?? ''].join('|');
    let row = rows.get(key);
    if (!row) rows.set(key, (row = { key, region: n.region ?? '', project: n.project ?? '', subject: n.subject ?? '', of: {} }));
    row.of[n.kind as Kind] = n;
  }
  return [...rows.values()];
}

/** By a number, those without it at the end whichever way; alike ones by name. */
export function sorted(rows: readonly Row[], by: string, name: (row: Row) => string): Row[] {
  const down = by.startsWith('-');
  const key = down ? by.slice(1) : by;
  const value = (row: Row): number | null | undefined => {
    if (key === 'n') return row.of.failure_rate?.n;
    if (key === 'exposure') return row.of.failure_rate?.exposure;
    if (key === 'coverage') return row.of.failure_rate?.coverage;
    return row.of[key as Kind | 'failure_rate_shrunk']?.value;
  };
  return [...rows].sort((a, b) => {
    if (key === 'name') return (down ? -1 : 1) * name(a).localeCompare(name(b));
    const x = value(a);
    const y = value(b);
    const lacks = Number(x === null || x === undefined) - Number(y === null || y === undefined);
    return lacks || (down ? -1 : 1) * ((x ?? 0) - (y ?? 0)) || name(a).localeCompare(name(b));
  });
}

/**
 * The order where none is asked for: the most first. Failure rates of projects are ordered
 * by their shrunken estimates, where the run has any: by its own rate a project of two
 * lifts is the worst or the best of all by luck alone.
 */
export function orderOf(rows: readonly Row[], by: Grouping, what: Kind): string {
  const shrunk = by === 'project' && what === 'failure_rate' && rows.some(({ of }) => typeof of.failure_rate_shrunk?.value === 'number');
  return shrunk ? '-failure_rate_shrunk' : `-${what}`;
}

/** The class that a vendor's or an age's subject names: vendor:elevator/KONE. */
export function classOf(subject: string): string {
  const about = aboutOf(subject);
  return subject.startsWith('class:') ? about : about.slice(0, Math.max(0, about.indexOf('/')));
}

/** What is behind the class: KONE, 5-10. */
export function nameIn(subject: string): string {
  const about = aboutOf(subject);
  return about.slice(about.indexOf('/') + 1);
}

/**
 * The class of each model in runs of before the analysis wrote it down, as far as it
 * follows from the vendors: whose devices are all of one class. A model that has callbacks
 * is a lift.
 */
export function classesOfModels(models: readonly Row[], vendors: readonly Row[]): Map<string, string> {
  const of = new Map<string, Set<string>>();
  for (const { subject } of vendors) {
    const vendor = nameIn(subject);
    of.set(vendor, (of.get(vendor) ?? new Set()).add(classOf(subject)));
  }
  const found = new Map<string, string>();
  for (const model of models) {
    const about = aboutOf(model.subject);
    const slash = about.indexOf('/');
    const known = slash > 0 ? of.get(about.slice(0, slash)) : undefined;
    if (model.of.callback_rate) found.set(model.subject, 'elevator');
    else if (known?.size === 1) found.set(model.subject, [...known][0]!);
  }
  return found;
}

/** The models of a class. One of which the class is not known, or that is of several, is of none. */
export const modelsOf = (models: readonly Row[], classOfEach: ReadonlyMap<string, string>, kind: string): Row[] => models.filter(({ subject }) => classOfEach.get(subject) === kind);
