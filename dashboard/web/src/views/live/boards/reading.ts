// Latest values of a device as cards show them.
import { formatAge, formatFull, formatNumber, formatValue, metricName, unitOf } from '../../../format/words';
import { i18n, words } from '../../../i18n';
import { serverNow } from '../../../live/clock';
import { zoneOf } from '../../../live/names';
import type { WireDanger, WireEvent } from '../../../live/protocol';
import type { Device, Store } from '../../../live/store';

export interface Reading {
  name: string;
  label: string;
  text: string;
  unit: string;
  title: string;
}

/** What a detector, sensor or pump of the fire system measures; the first that it has tells of it. */
export const fireMetrics = ['smoke_ppm', 'water_pressure_mpa', 'water_level_m', 'temperature_c'];

/** The number of a metric; undefined when there is none. */
export function numberOf(device: Device, metric: string): number | undefined {
  const value = device.values.get(metric)?.value;
  return typeof value === 'number' ? value : undefined;
}

/** The first of these metrics that a device has. */
export function readingOf(store: Store, device: Device, metrics: readonly string[]): Reading | undefined {
  const name = metrics.find((metric) => device.values.has(metric));
  const value = name ? device.values.get(name) : undefined;
  if (!name || !value) return undefined;
  const t = words();
  const zone = zoneOf(device.region, device.project);
  const number = typeof value.value === 'number';
  return {
    name, label: metricName(name), text: number ? formatNumber(value.value as number) : formatValue(name, value.value),
    unit: unitOf(store.metrics.get(name), value.value), title: `${metricName(name)}\n${t.measured} ${formatFull(value.ts, zone)}\n${t.received} ${formatFull(value.received, zone)}`,
  };
}

/** The newest report of a danger: a fire panel goes on to tell of other zones than the first. */
export function newestReport(store: Store, danger: WireDanger): WireEvent {
  const { device, kind, ts } = danger.event;
  const events = store.events.get('life_safety') ?? [];
  for (let i = events.length - 1; i >= 0 && events[i]!.ts >= ts; i--) if (events[i]!.device === device && events[i]!.kind === kind) return events[i]!;
  return danger.event;
}

/** The mode that a device reports, in words. */
export function modeName(mode: string): string {
  return mode && i18n.global.te(`live.mode.${mode}`) ? i18n.global.t(`live.mode.${mode}`) : mode;
}

/** How long ago it was heard of last. */
export function ageOf(device: Device): string {
  return device.seen ? formatAge(serverNow() - device.seen) : '–';
}
