// Messages in quarantine, as the settings count and list them.
import type { AnswerOf, ItemOf } from '../../../api/client';
import { day } from '../../../format/format';
import { addDays, dayOf, localOf } from '../../incidents/zone';

export type Letter = ItemOf<'/dead-letters'>;
export type Counts = AnswerOf<'/dead-letters/counts', 'get'>;

export const reasons = ['bad_topic', 'bad_syntax', 'bad_value', 'bad_event', 'bad_time', 'unknown_device', 'clock_ahead', 'clock_behind', 'empty', 'too_large', 'corrupt'] as const;

const hourLength = 3_600_000;
/** The server counts at most a thousand hours at once. */
const chunk = 960 * hourLength;

/** A period in parts that are counted by the hour: the server's days are those of UTC, which nobody here lives by. */
export function chunks(since: number, until: number): { from: string; to: string }[] {
  const found: { from: string; to: string }[] = [];
  for (let from = since; from < until;) {
    const to = Math.min(until, Math.floor(from / hourLength) * hourLength + chunk);
    found.push({ from: new Date(from).toISOString(), to: new Date(to).toISOString() });
    from = to;
  }
  return found;
}

/** The counts of all parts as one, the most frequent reason first. */
export function together(parts: readonly Counts[]): Counts {
  const found = new Map<string, NonNullable<Counts['reasons']>[number]>();
  for (const one of parts.flatMap((part) => part.reasons ?? [])) {
    const known = found.get(one.reason ?? '');
    found.set(one.reason ?? '', known ? { ...known, letters: (known.letters ?? 0) + (one.letters ?? 0), steps: [...(known.steps ?? []), ...(one.steps ?? [])] } : one);
  }
  const all = [...found.values()].sort((a, b) => (b.letters ?? 0) - (a.letters ?? 0));
  return { ...parts[0], letters: all.reduce((sum, one) => sum + (one.letters ?? 0), 0), reasons: all } as Counts;
}

/** Every step of the period, with how many there were of each reason: hours, or days, by the clocks of a zone. */
export function countsOf(of: { value: Counts; since: number; until: number; hours: boolean }, zone: string): { names: string[]; values: Map<string, number[]> } {
  const keyOf = (at: number) => (of.hours ? localOf(at, zone).slice(0, 13) : dayOf(at, zone));
  const keys: string[] = [];
  if (of.hours) {
    for (let at = Math.floor(of.since / hourLength) * hourLength; at <= of.until; at += hourLength) if (keys.at(-1) !== keyOf(at)) keys.push(keyOf(at));
  } else {
    for (let one = keyOf(of.since); one <= keyOf(of.until); one = addDays(one, 1)) keys.push(one);
  }
  const index = new Map(keys.map((key, i) => [key, i]));
  const values = new Map<string, number[]>();
  for (const one of of.value.reasons ?? []) {
    const row = new Array<number>(keys.length).fill(0);
    for (const step of one.steps ?? []) {
      const i = index.get(keyOf(Date.parse(step.at ?? '')));
      if (i !== undefined) row[i]! += step.letters ?? 0;
    }
    values.set(one.reason ?? '', row);
  }
  return { names: keys.map((key) => (of.hours ? `${key.slice(11)}:00` : day(key))), values };
}
