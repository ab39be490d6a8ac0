// Water meters with their leaks, and what all leaks come to.
import { addUp, type Sum, type WireSum } from './sums';
import type { Subject } from './subjects';
import type { Finding } from './wire';

/** A leak runs until it was seen to have ended, also when somebody says that it was mended. */
export const running = ['open', 'confirmed', 'fixed'] as const;

export interface Row extends Subject {
  leak: Finding | undefined;
}

const cost = ({ leak }: Row) => leak?.a_year_cny.value ?? leak?.a_year.value ?? 0;
const flow = (one: Row) => one.of.get('night_flow_m3h')?.value ?? -1;

/** Those that leak first, the costliest before the others. A leak stands here also when its meter was not among the numbers that were read. */
export function rowsOf(meters: readonly Subject[], leaks: readonly Finding[]): Row[] {
  const found = new Map(leaks.map((one) => [`${one.region}/${one.project}/${one.subject}`, one]));
  const rows = meters.map((one): Row => ({ ...one, leak: found.get(one.key) }));
  const known = new Set(meters.map((one) => one.key));
  for (const [key, leak] of found) {
    if (!known.has(key)) rows.push({ key, region: leak.region, project: leak.project, building: leak.building ?? '', subject: leak.subject, of: new Map(), leak });
  }
  return rows.sort((a, b) => Number(b.leak !== undefined) - Number(a.leak !== undefined) || cost(b) - cost(a) || flow(b) - flow(a));
}

/** What the leaks come to, of all of them, however many are listed. */
export function leaksIn(answer: { items?: WireSum[] | null }): Sum {
  const { todo, fixed } = addUp(answer);
  return { count: todo.count + fixed.count, unknown: todo.unknown + fixed.unknown, cny: todo.cny === null ? fixed.cny : todo.cny + (fixed.cny ?? 0) };
}
