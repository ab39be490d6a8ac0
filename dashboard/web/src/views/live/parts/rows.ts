// One row of the device list. Rows are few and used again for whatever device
// scrolls into view, so everything is set, nothing is made.
import { serverNow } from '../../../live/clock';
import { h, icon, setAttribute, setIcon, setText } from './dom';
import { formatAge, formatFull, formatValue, metricName, unitOf } from '../../../format/words';
import { word, words } from '../../../i18n';
import { placeName, zoneOf } from '../../../live/names';
import type { Device } from '../../../live/store';
import type { ClassName } from '../../../live/protocol';
import { nameOf } from '../directory';
import type { Page } from './page';

/** What matters most of each class comes first; the rest follows as it arrived. */
const order: Record<ClassName, readonly string[]> = {
  meter: ['power_kw', 'energy_kwh', 'flow_m3h', 'volume_m3', 'heat_gj', 'supply_c', 'return_c', 'voltage_v', 'current_a', 'power_factor', 'pressure_kpa'],
  elevator: ['floor', 'direction', 'door_open', 'passenger', 'speed_ms', 'load_kg', 'trips_total', 'door_cycles_total', 'run_hours'],
  fire: ['smoke_ppm', 'temperature_c', 'water_pressure_mpa', 'water_level_m', 'battery_v'],
  access: ['door_open', 'passages_total', 'denied_total', 'battery_v'],
};

/** The names of a device's metrics in the order in which people want them. */
export function orderedMetrics(device: Device): string[] {
  const first = (order[device.class] ?? []).filter((name) => device.values.has(name));
  const known = new Set(first);
  for (const name of device.values.keys()) if (!known.has(name)) first.push(name);
  return first;
}

export interface DeviceRow {
  element: HTMLLIElement;
  button: HTMLButtonElement;
  device: Device | undefined;
  /** Shows a device at a place of the list, with this many values. */
  show(device: Device, index: number, count: number, cells: number): void;
  tick(): void;
}

export function makeDeviceRow(page: Page, open: (device: Device) => void): DeviceRow {
  const t = words();
  const classIcon = icon('meter');
  const classLabel = h('span', { class: 'hidden' });
  const id = h('span', { class: 'device-id' });
  const place = h('span', { class: 'device-place' });
  const danger = h('span', { class: 'badge danger-badge' });
  const stateIcon = icon('unknown');
  const stateText = h('span');
  const state = h('span', { class: 'state' }, stateIcon, stateText);
  const values = h('span', { class: 'values' });
  const more = h('span', { class: 'value-more' });
  const none = h('span', { class: 'dim' }, t.noValues);
  const age = h('span', { class: 'age' });
  const cells: ValueCell[] = [];
  const button = h('button', { type: 'button', class: 'device-row', click: () => row.device && open(row.device) },
    h('span', { class: 'device-class' }, classIcon, classLabel),
    h('span', { class: 'device-name' }, h('span', { class: 'device-line' }, id, danger), place),
    values, more, none,
    h('span', { class: 'device-end' }, state, age));
  const element = h('li', { class: 'device-item' }, button);

  const row: DeviceRow = {
    element,
    button,
    device: undefined,
    show(device, index, count, room) {
      row.device = device;
      setAttribute(element, 'aria-setsize', String(count));
      setAttribute(element, 'aria-posinset', String(index + 1));
      setAttribute(button, 'data-device', device.path);
      setAttribute(button, 'aria-current', page.route.device === device.path ? 'true' : undefined);
      setIcon(classIcon, device.class);
      setText(classLabel, word(t.classOne, device.class));
      setText(id, nameOf(device));
      setAttribute(id, 'title', device.id);
      setText(place, placeName(device.region, device.project));
      const open = page.store.dangers.get(device.path);
      danger.hidden = !open;
      setText(danger, open ? word(t.kind, open.event.kind) : '');
      button.classList.toggle('in-danger', open !== undefined);
      setAttribute(button, 'data-connection', device.connection);
      setIcon(stateIcon, device.connection);
      setText(stateText, word(t.connection, device.connection));

      const names = orderedMetrics(device);
      const shown = Math.min(names.length, room);
      while (cells.length < shown) {
        const cell = makeCell();
        cells.push(cell);
        values.append(cell.element);
      }
      cells.forEach((cell, i) => {
        const name = names[i];
        cell.element.hidden = i >= shown || name === undefined;
        if (!cell.element.hidden && name !== undefined) cell.set(page, device, name);
      });
      more.hidden = names.length <= shown;
      setText(more, names.length > shown ? t.more(names.length - shown) : '');
      none.hidden = names.length > 0;
      row.tick();
    },
    tick() {
      if (!row.device) return;
      setText(age, row.device.seen ? formatAge(serverNow() - row.device.seen) : '–');
      setAttribute(age, 'title', `${t.seen}: ${formatFull(row.device.seen, zoneOf(row.device.region, row.device.project))}`);
    },
  };
  return row;
}

interface ValueCell {
  element: HTMLSpanElement;
  set(page: Page, device: Device, name: string): void;
}

function makeCell(): ValueCell {
  const label = h('span', { class: 'value-label' });
  const text = document.createTextNode('');
  const unit = h('small');
  const number = h('span', { class: 'value-number' }, text, unit);
  const element = h('span', { class: 'value' }, label, number);
  return {
    element,
    set(page, device, name) {
      const value = device.values.get(name);
      if (!value) return;
      const t = words();
      const zone = zoneOf(device.region, device.project);
      setText(label, metricName(name));
      setText(text, formatValue(name, value.value));
      const symbol = unitOf(page.store.metrics.get(name), value.value);
      setText(unit, symbol ? `\u00a0${symbol}` : '');
      setAttribute(element, 'data-metric', name);
      setAttribute(element, 'title', `${name}\n${t.measured} ${formatFull(value.ts, zone)}\n${t.received} ${formatFull(value.received, zone)}`);
    },
  };
}
