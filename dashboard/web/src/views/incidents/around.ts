// The time around an incident that is looked at, and the readings in it as lines.
import type { Line, Point } from '../../chart/options';
import { timeOf } from '../../live/incidents';
import type { ItemOf } from '../../api/client';
import type { WireIncident } from '../../live/protocol';

export const windows = ['1h', '6h', '24h', '7d'] as const;
export type Window = (typeof windows)[number];
const hours: Record<Window, number> = { '1h': 1, '6h': 6, '24h': 24, '7d': 168 };

/** So long before the beginning, and half of it beyond the end or the present; not more than three times as long in all. */
export function spanOf(incident: WireIncident, window: Window, now: number): { from: number; to: number } {
  const before = hours[window] * 3_600_000;
  const from = timeOf(incident.started_at) - before;
  const end = timeOf(incident.cleared_at) || timeOf(incident.resolved_at) || now;
  // To the minute, so that a clock that ticks does not ask again and again.
  const to = Math.ceil(Math.min(end + before / 2, now, from + 3 * before) / 60_000) * 60_000;
  return { from, to: Math.max(to, from + 60_000) };
}

/** What of a device is looked at first. */
const first = [
  'power_kw', 'flow_m3h', 'smoke_ppm', 'water_pressure_mpa', 'water_level_m', 'temperature_c', 'floor', 'speed_ms', 'door_open', 'passages_total', 'denied_total', 'energy_kwh', 'volume_m3', 'pressure_kpa', 'voltage_v', 'battery_v',
];
const steps = new Set(['floor', 'direction', 'door_open', 'passenger']);

type Reading = ItemOf<'/readings'>;

/** The readings of each metric, as lines: raw ones as they are, periods by their mean with their range as band. */
export function linesOf(items: readonly Reading[], nameOf: (metric: string) => string): Map<string, Line> {
  const points = new Map<string, Point[]>();
  for (const item of items) {
    if (!item.metric || !item.ts) continue;
    let list = points.get(item.metric);
    if (!list) points.set(item.metric, (list = []));
    const at = Date.parse(item.ts);
    list.push(item.value !== undefined ? [at, item.value] : [at, item.mean ?? item.last ?? null, item.min ?? null, item.max ?? null]);
  }
  const lines = new Map<string, Line>();
  for (const metric of [...points.keys()].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))) {
    lines.set(metric, { name: nameOf(metric), points: points.get(metric)!.sort((a, b) => a[0] - b[0]), step: steps.has(metric) });
  }
  return lines;
}

function rank(metric: string): number {
  const at = first.indexOf(metric);
  return at < 0 ? first.length : at;
}

/** The metric to begin with: the one in whose unit the incident was raised, or the telling one of the class. */
export function telling(metrics: readonly string[], unit: string | undefined, unitOf: (metric: string) => string): string {
  return (unit && metrics.find((metric) => unitOf(metric) === unit)) || metrics[0] || '';
}
