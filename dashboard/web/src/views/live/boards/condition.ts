// How a device stands: in danger, with an open incident, out of service, away, or well.
import { endangers, isQuiet } from '../../../live/incidents';
import type { Severity, WireIncident } from '../../../live/protocol';
import type { Device, Store } from '../../../live/store';

/** From the gravest on. */
export const conditions = ['danger', 'critical', 'warning', 'fault', 'maintenance', 'offline', 'unknown', 'well'] as const;
export type Condition = (typeof conditions)[number];

export const iconOf: Record<Condition, string> = {
  danger: 'life_safety', critical: 'critical', warning: 'warning', fault: 'warning', maintenance: 'settings', offline: 'offline', unknown: 'unknown', well: 'online',
};

export function isTrouble(condition: Condition): boolean {
  return condition !== 'well' && condition !== 'unknown';
}

const bySeverity: Record<Severity, Condition> = { life_safety: 'critical', critical: 'critical', warning: 'warning', info: 'well' };

/** The gravest open incident of each device of which people are told, by path. */
export function incidentsByDevice(store: Store): Map<string, WireIncident> {
  const found = new Map<string, WireIncident>();
  const rank = (one: WireIncident) => (endangers(one) ? 0 : conditions.indexOf(bySeverity[one.severity]));
  for (const incident of store.incidents.open.values()) {
    if (!incident.device || isQuiet(incident)) continue;
    const path = `${incident.region}/${incident.project}/${incident.class}/${incident.device}`;
    const known = found.get(path);
    if (!known || rank(incident) < rank(known)) found.set(path, incident);
  }
  return found;
}

/** What a device says of its own state in words, as lifts and gates do; empty when it says nothing. */
export function modeOf(device: Device): string {
  const value = device.values.get('mode')?.value;
  return typeof value === 'string' ? value : '';
}

const modes: Record<string, Condition> = { entrapped: 'danger', fault: 'fault', out_of_service: 'fault', maintenance: 'maintenance', inspection: 'maintenance' };

export function conditionOf(store: Store, device: Device, incidents: ReadonlyMap<string, WireIncident>): Condition {
  const danger = store.dangers.get(device.path);
  if (danger && !store.incidents.covers(danger)) return 'danger';
  const incident = incidents.get(device.path);
  if (incident && endangers(incident)) return 'danger';
  const worst = (a: Condition, b: Condition) => (conditions.indexOf(a) <= conditions.indexOf(b) ? a : b);
  let found: Condition = device.connection === 'offline' ? 'offline' : device.connection === 'unknown' ? 'unknown' : 'well';
  const mode = modes[modeOf(device)];
  if (mode) found = worst(found, mode);
  if (incident) found = worst(found, bySeverity[incident.severity]);
  return found;
}
