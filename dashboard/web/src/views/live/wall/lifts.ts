// The lifts of the wall: which floor each is at, which way it goes, and how it stands.
import type { Device, Store } from '../../../live/store';
import { conditionOf, conditions, incidentsByDevice, isTrouble, modeOf, type Condition } from '../boards/condition';
import { numberOf } from '../boards/reading';

export interface WallLift {
  device: Device;
  condition: Condition;
  /** undefined when it has not said, or is away: where it was is not where it is */
  floor: number | undefined;
  way: 'up' | 'down' | 'still';
  door: boolean;
  passenger: boolean;
  mode: string;
}

const ways = ['still', 'up', 'down'] as const;

/** Those in trouble first, and then by place and name. */
export function liftsOf(store: Store, within: (region: string, project: string) => boolean): WallLift[] {
  const incidents = incidentsByDevice(store);
  const found: WallLift[] = [];
  for (const device of store.devices.values()) {
    if (device.class !== 'elevator' || !within(device.region, device.project)) continue;
    const condition = conditionOf(store, device, incidents);
    const away = device.connection === 'offline';
    found.push({
      device, condition, floor: away ? undefined : numberOf(device, 'floor'), way: (!away && ways[numberOf(device, 'direction') ?? 0]) || 'still',
      door: numberOf(device, 'door_open') === 1, passenger: numberOf(device, 'passenger') === 1, mode: modeOf(device),
    });
  }
  const rank = ({ condition }: WallLift) => (isTrouble(condition) ? conditions.indexOf(condition) : conditions.length);
  return found.sort((a, b) => rank(a) - rank(b) || (a.device.path < b.device.path ? -1 : 1));
}
