// What the views of this area know of a device: its type, its address, what it mainly
// measures, and how its state in the registry is shown.
import type { RouteLocationNamedRaw } from 'vue-router';
import type { ItemOf, Sure } from '../../api/client';
import type { ClassName } from '../../live/protocol';

export type Device = Sure<ItemOf<'/devices'>, 'region' | 'project' | 'class' | 'id' | 'state'>;
export type State = 'pending' | 'active' | 'refused' | 'retired' | 'replaced';

/** A device's names in its topics. */
export interface Ref {
  region: string;
  project: string;
  class: string;
  id: string;
}

/** Whether a text may be the id of a device or a place, as it stands in topics and addresses. */
export const isId = (text: string): boolean => /^[a-z0-9][a-z0-9_-]{0,63}$/.test(text);

export const pathOf = ({ region, project, class: kind, id }: Ref): string => `${region}/${project}/${kind}/${id}`;

/** Its parts in the API's paths. */
export const partsOf = ({ region, project, class: kind, id }: Ref) => ({ region, project, class: kind as ClassName, device: id });

/** What chooses it alone in questions about measurements. */
export const chosen = ({ region, project, class: kind, id }: Ref) => ({ region, project, class: kind as ClassName, device: id });

/** Its page, or one of its parts; the place that is looked at stays. */
export function deviceRoute(ref: Ref, tab = '', at?: string): RouteLocationNamedRaw {
  return {
    name: 'devices-device', params: { region: ref.region, project: ref.project, class: ref.class, device: ref.id, tab },
    ...(at ? { query: { at } } : {}),
  };
}

/** Another device of the project, as class/id says. */
export function refOf(of: Ref, classAndID: string): Ref {
  const [kind = '', id = ''] = classAndID.split('/');
  return { region: of.region, project: of.project, class: kind, id };
}

export const media = ['electricity', 'water', 'gas', 'heat'] as const;

/** Icon of a state; the word stands beside it. */
export const stateIcon: Record<string, string> = { active: 'check', pending: 'clock', refused: 'close', retired: 'lock', replaced: 'reload' };

/** What one wants to see first of a class, in this order; others follow. */
const first: Record<string, readonly string[]> = {
  meter: ['power_kw', 'flow_m3h', 'energy_kwh', 'volume_m3', 'heat_gj', 'supply_c', 'return_c', 'voltage_v', 'current_a', 'power_factor', 'pressure_kpa'],
  elevator: ['floor', 'direction', 'door_open', 'passenger', 'load_kg', 'speed_ms', 'trips_total', 'door_cycles_total', 'run_hours'],
  fire: ['smoke_ppm', 'temperature_c', 'water_pressure_mpa', 'water_level_m', 'battery_v'],
  access: ['door_open', 'passages_total', 'denied_total', 'battery_v'],
};

export function sortMetrics(kind: string, names: readonly string[]): string[] {
  const order = first[kind] ?? [];
  const rank = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  return [...names].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

/** Names of counters, by the contract. */
export const isCounter = (name: string): boolean => /_total$/.test(name) || ['energy_kwh', 'reactive_kvarh', 'volume_m3', 'heat_gj', 'run_hours'].includes(name);

/** The counter that a meter is read for. */
export function mainCounter(medium: string | undefined): string {
  return { water: 'volume_m3', gas: 'volume_m3', heat: 'heat_gj' }[medium ?? ''] ?? 'energy_kwh';
}

/** Whole days from today to a day of the API; negative when it is past. */
export function daysUntil(day: string | undefined, now = Date.now()): number | undefined {
  const at = day ? Date.parse(`${day}T00:00:00Z`) : NaN;
  return Number.isNaN(at) ? undefined : Math.ceil((at - now) / 86_400_000);
}
