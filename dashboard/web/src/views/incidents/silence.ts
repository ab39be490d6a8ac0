// Silences and maintenance windows: whom one hides, when it holds, and how it is said.
import type { ItemOf, Sure } from '../../api/client';
import { i18n, locale, word, words } from '../../i18n';
import type { WireIncident } from '../../live/protocol';
import { addDays, dayOf, instantOf, weekdayOf } from './zone';

export type Silence = Sure<ItemOf<'/silences'>, 'id' | 'from' | 'until'>;

export interface Scope {
  region?: string | undefined;
  project?: string | undefined;
  building?: string | undefined;
  class?: string | undefined;
  device?: string | undefined;
  rule?: string | undefined;
  life_safety?: boolean | undefined;
}

/** Whether a silence is about an incident, whatever the time and the severity: as the server decides it. */
export function covers(silence: Scope, incident: WireIncident): boolean {
  const is = (wanted: string | undefined, has: string | undefined) => !wanted || wanted === has;
  return is(silence.region, incident.region) && is(silence.project, incident.project) && is(silence.building, incident.building) &&
    is(silence.class, incident.class) && is(silence.device, incident.device) && is(silence.rule, incident.rule);
}

/** Whether nobody is told of it: danger to life calls all the same, unless that is said. */
export function hides(silence: Scope, incident: WireIncident): boolean {
  return covers(silence, incident) && (incident.severity !== 'life_safety' || Boolean(silence.life_safety));
}

export const isWindow = (silence: { start?: string | undefined }): boolean => Boolean(silence.start);

export type Phase = 'now' | 'between' | 'later' | 'over';

/** Where a silence stands at a time: it holds, waits for its next window, has not begun, or is over. */
export function phaseOf(silence: Silence, now: number): Phase {
  if (now >= Date.parse(silence.until)) return 'over';
  if (now < Date.parse(silence.from)) return 'later';
  if (!silence.start || !silence.end) return 'now';
  return windowAt(silence, now).from <= now ? 'now' : 'between';
}

/** The window of a weekly one that holds at a time, or the next one; far in the future when there is none. */
export function windowAt(silence: Silence, now: number): { from: number; to: number } {
  const zone = silence.time_zone || 'Asia/Shanghai';
  const today = dayOf(now, zone);
  for (let n = -1; n <= 8; n++) {
    const day = addDays(today, n);
    if (silence.days?.length && !silence.days.includes(weekdayOf(day))) continue;
    const from = instantOf(`${day}T${silence.start}`, zone);
    const over = silence.end! <= silence.start!;
    const to = silence.end === '24:00' ? instantOf(addDays(day, 1), zone) : instantOf(`${addDays(day, over ? 1 : 0)}T${silence.end}`, zone);
    if (to > now) return { from, to };
  }
  return { from: Infinity, to: Infinity };
}

/** Monday first, as weeks are written here. */
export const weekdays = [1, 2, 3, 4, 5, 6, 0] as const;

/** What it is of, in words: device, class, rule; everything of the place when it names none. */
export function subjectOf(silence: Scope): string {
  const { t } = i18n.global;
  return [
    silence.building ? t('incidents.silence.ofBuilding', { name: silence.building }) : '', silence.device || (silence.class ? word(words().classes, silence.class) : ''),
    silence.rule ? t('incidents.silence.ofRule', { name: silence.rule }) : '',
  ].filter(Boolean).join(' · ') || t('incidents.silence.everything');
}

const listed = (names: readonly string[]) => new Intl.ListFormat(locale(), { type: 'conjunction', style: 'short' }).format(names);

/** When a weekly one holds, in words. */
export function weeklyOf(silence: Silence): string {
  const { t } = i18n.global;
  const days = silence.days?.length ? listed(weekdays.filter((day) => silence.days!.includes(day)).map((day) => t(`incidents.weekday.${day}`))) : t('incidents.silence.everyDay');
  return `${days} ${silence.start}–${silence.end}`;
}
