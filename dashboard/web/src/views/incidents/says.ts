// How an incident and its parts are said in words.
import { formatNumber } from '../../format/words';
import { i18n, say, word, words } from '../../i18n';
import { placeName, regionName } from '../../live/names';
import type { WireActor, WireIncident } from '../../live/protocol';

/** What it is called: its title, or its kind in words. */
export function titleOf(incident: WireIncident): string {
  return say(incident.title) || kindOf(incident.kind);
}

/** Kinds that people enter; standards and escalation know them by name. */
export const entered = ['complaint', 'repair', 'urgent_repair', 'front_desk'] as const;

/** Kinds of our own rules. Others, and those that devices report, are words of the trade or say themselves. */
const ruleKinds = [
  'device_offline', 'entrapment_suspected', 'fire_alarm', 'fire_alarm_unacknowledged', 'fire_test', 'gas_flow', 'gas_leak', 'leak', 'maintenance', 'metering',
  'overload', 'power_failure', 'power_quality', 'quality', 'security',
];

export function kindOf(kind: string): string {
  return (entered as readonly string[]).includes(kind) || ruleKinds.includes(kind) ? i18n.global.t(`incidents.kind.${kind}`) : word(words().kind, kind);
}

export function placeOf(place: { region?: string | undefined; project?: string | undefined; building?: string | undefined; device?: string | undefined }): string {
  return [siteOf(place), spotOf(place)].filter(Boolean).join(' / ');
}

/** The project, the region, or everything. */
export function siteOf({ region = '', project = '' }: { region?: string | undefined; project?: string | undefined }): string {
  return project ? placeName(region, project) : region ? regionName(region) : words().headquarters;
}

/** Where it is there: what tells one of a project from another. */
export function spotOf({ building, device }: { building?: string | undefined; device?: string | undefined }): string {
  return [building, device].filter(Boolean).join(' / ');
}

export function actorOf(actor: Partial<WireActor> | undefined): string {
  if (!actor) return '';
  return actor.kind === 'system' ? words().appName : actor.name || actor.id || '';
}

export function valueOf(incident: WireIncident): string {
  return incident.value === undefined ? '' : `${formatNumber(incident.value)}${incident.unit ? `\u00a0${incident.unit}` : ''}`;
}
