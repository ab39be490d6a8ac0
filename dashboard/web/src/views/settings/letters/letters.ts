// Messages in quarantine, as the settings count and list them.
import type { AnswerOf, ItemOf } from '../../../api/client';
import { day } from '../../../format/format';
import { locale } from '../../../i18n';

export type Letter = ItemOf<'/dead-letters'>;
export type Counts = AnswerOf<'/dead-letters/counts', 'get'>;

export const reasons = ['bad_topic', 'bad_syntax', 'bad_value', 'bad_event', 'bad_time', 'unknown_device', 'clock_ahead', 'clock_behind', 'empty', 'too_large', 'corrupt'] as const;

const dayLength = 86_400_000;
const hourLength = 3_600_000;

/** Every step of the period, with how many there were of each reason: hours, or days of UTC. */
export function countsOf(of: { value: Counts; since: number; until: number; hours: boolean }): { names: string[]; values: Map<string, number[]> } {
  const length = of.hours ? hourLength : dayLength;
  const first = Math.floor(of.since / length) * length;
  const steps = Math.floor((of.until - first) / length) + 1;
  const hour = new Intl.DateTimeFormat(locale(), { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const names = Array.from({ length: steps }, (_, i) => (of.hours ? hour.format(first + i * length) : day(new Date(first + i * length).toISOString().slice(0, 10))));
  const values = new Map<string, number[]>();
  for (const one of of.value.reasons ?? []) {
    const row = new Array<number>(steps).fill(0);
    for (const step of one.steps ?? []) {
      const i = Math.round((Date.parse(step.at ?? '') - first) / length);
      if (i >= 0 && i < steps) row[i] = step.letters ?? 0;
    }
    values.set(one.reason ?? '', row);
  }
  return { names, values };
}
