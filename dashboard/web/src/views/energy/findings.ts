// How findings are said, and what may be done with one.
import { money } from '../../format/format';
import { zoneOf } from '../../live/names';
import { may } from '../../session/session';
import { dayIn } from './days';
import { estimated } from './numbers';
import { wholeDay } from './period';
import { missing } from './why';
import { unitText, type Finding, type Money, type State } from './wire';

type Say = (key: string, named: Record<string, string>) => string;

export function sinceDay(of: { since: string; region: string; project: string }): string {
  return dayIn(zoneOf(of.region, of.project), Date.parse(of.since));
}

export function sinceText(of: Pick<Finding, 'since' | 'region' | 'project' | 'since_at_least'>, t: Say): string {
  return t(of.since_at_least ? 'energy.waste.sinceAtLeast' : 'energy.waste.since', { day: wholeDay(sinceDay(of)) });
}

/** The interval alone, as "¥8,200–¥9,900". */
export function moneyInterval(of: Money): string {
  return of.low === null || of.high === null ? '' : `${money(of.low)}–${money(of.high)}`;
}

/** An amount with its unit and interval; without one the reason. */
export function amountText(of: Money, insufficient: string): string {
  if (of.value === null) return missing(of.why, insufficient);
  if (of.unit === 'CNY') return of.low === null ? money(of.value) : `${money(of.value)} (${moneyInterval(of)})`;
  return estimated(of, unitText(of.unit));
}

export type Sure = 'high' | 'middle' | 'low';
export const sureOf = (confidence: number): Sure => (confidence >= 0.75 ? 'high' : confidence >= 0.5 ? 'middle' : 'low');

export type Deed = 'confirm' | 'fix' | 'dismiss' | 'reopen';
const deeds: Record<Deed, { from: readonly State[]; needs: 'act' | 'configure' }> = {
  confirm: { from: ['open'], needs: 'act' },
  fix: { from: ['open', 'confirmed'], needs: 'act' },
  dismiss: { from: ['open', 'confirmed'], needs: 'configure' },
  reopen: { from: ['confirmed', 'dismissed', 'fixed', 'verified'], needs: 'configure' },
};

/** What this person may do with a finding as it stands. */
export function deedsFor(of: Finding): Deed[] {
  return (Object.keys(deeds) as Deed[]).filter((deed) => deeds[deed].from.includes(of.state) && may(deeds[deed].needs, { region: of.region, project: of.project }));
}

/** The device that a finding is about, if it is one: class/id of its project. */
export function deviceOf(subject: string): string {
  if (subject.startsWith('device:')) return subject.slice(7);
  return subject.startsWith('point:') ? `meter/${subject.slice(6)}` : '';
}
