// Latest values of a device as cards show them.
import { formatAge, formatFull, formatNumber, formatValue, metricName, unitOf } from '../../../format/words';
import { words } from '../../../i18n';
import { serverNow } from '../../../live/clock';
import type { Device, Store } from '../../../live/store';

export interface Reading {
  name: string;
  label: string;
  text: string;
  unit: string;
  title: string;
}

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
  const number = typeof value.value === 'number';
  return {
    name, label: metricName(name), text: number ? formatNumber(value.value as number) : formatValue(name, value.value),
    unit: unitOf(store.metrics.get(name), value.value), title: `${metricName(name)}\n${t.measured} ${formatFull(value.ts)}\n${t.received} ${formatFull(value.received)}`,
  };
}

/** How long ago it was heard of last. */
export function ageOf(device: Device): string {
  return device.seen ? formatAge(serverNow() - device.seen) : '–';
}
