// The columns of the list: those that every class has, and what one wants to know at a
// glance of the class that is chosen.
import type { Column } from '../../ui/DataTable.vue';
import { metricName } from '../../format/format';
import type { Device } from './device';

/** Live values that stand in columns of their own, by class and medium. */
const values: Record<string, readonly string[]> = {
  meter: ['power_kw', 'energy_kwh'],
  'meter/electricity': ['power_kw', 'energy_kwh', 'power_factor'],
  'meter/water': ['flow_m3h', 'volume_m3'],
  'meter/gas': ['flow_m3h', 'volume_m3'],
  'meter/heat': ['supply_c', 'return_c', 'heat_gj'],
  elevator: ['floor', 'door_open', 'trips_total'],
  fire: ['smoke_ppm', 'temperature_c', 'water_pressure_mpa', 'water_level_m', 'battery_v'],
  access: ['door_open', 'passages_total', 'denied_total'],
};

/** A meter's two values are those of its own medium where meters of all media are in the list. */
const ofMedium: Record<string, readonly [string, string]> = {
  electricity: ['power_kw', 'energy_kwh'], water: ['flow_m3h', 'volume_m3'], gas: ['flow_m3h', 'volume_m3'], heat: ['supply_c', 'heat_gj'],
};

export interface Shown {
  class: string;
  medium: string;
  /** the place is one project */
  project: boolean;
  /** devices out of service may be in the list */
  states: boolean;
  narrow: boolean;
}

type T = (key: string) => string;

/** Which value of a row a column shows. */
export function metricOf(key: string, row: Device): string {
  if (key === 'now') return ofMedium[row.medium ?? '']?.[0] ?? 'power_kw';
  if (key === 'register') return ofMedium[row.medium ?? '']?.[1] ?? 'energy_kwh';
  return key.replace(/^value:/, '');
}

export const isValue = (key: string): boolean => key === 'now' || key === 'register' || key.startsWith('value:');

export function columnsOf(shown: Shown, t: T): Column<Device>[] {
  const { narrow } = shown;
  const own = shown.class === 'meter' && !shown.medium
    ? [
        { key: 'now', title: t('devices.columns.now'), width: '120px', align: 'right' as const },
        { key: 'register', title: t('devices.columns.register'), width: '136px', align: 'right' as const },
      ]
    : (values[shown.medium ? `${shown.class}/${shown.medium}` : shown.class] ?? [])
        .map((name) => ({ key: `value:${name}`, title: metricName(name), width: name === 'floor' || name === 'door_open' ? '72px' : '112px', align: 'right' as const }));
  const all: (Column<Device> | false)[] = [
    { key: 'name', title: t('devices.columns.name'), width: 'minmax(200px, 2fr)', sortable: true },
    !shown.project && { key: 'place', title: t('devices.columns.place'), width: 'minmax(140px, 1.2fr)' },
    { key: 'building', title: t('devices.columns.building'), width: 'minmax(110px, 1fr)', sortable: true },
    !narrow && { key: 'model', title: t('devices.columns.model'), width: 'minmax(130px, 1.2fr)', sortable: true, minor: true },
    ...own.slice(0, narrow ? 2 : undefined),
    shown.states && { key: 'state', title: t('devices.columns.state'), width: '104px', sortable: true },
    !narrow && shown.class === 'meter' && { key: 'verification_due_on', title: t('devices.columns.due'), width: '116px', sortable: true, minor: true },
    !narrow && shown.class !== 'meter' && { key: 'installed_on', title: t('devices.columns.installed'), width: '112px', sortable: true, minor: true },
    { key: 'seen', title: t('devices.columns.seen'), width: '104px', align: 'right' },
  ];
  return all.filter((column): column is Column<Device> => column !== false);
}
