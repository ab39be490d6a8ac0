// The lifts of the wall: which floor each is at, which way it goes, and how it stands.
import type { Device, Store } from '../../../live/store';
import { conditionOf, conditions, incidentsByDevice, isTrouble, type Condition } from '../boards/condition';
import { liftOf, type Lift } from '../boards/lift';

/** Of one that is away floor and way are not told: where it was is not where it is. */
export interface WallLift extends Lift {
  device: Device;
  condition: Condition;
}

/** Those in trouble first, and then by place and name. */
export function liftsOf(store: Store, within: (region: string, project: string) => boolean): WallLift[] {
  const incidents = incidentsByDevice(store);
  const found: WallLift[] = [];
  for (const device of store.devices.values()) {
    if (device.class !== 'elevator' || !within(device.region, device.project)) continue;
    found.push({
      device, condition: conditionOf(store, device, incidents), ...liftOf(device), ...(device.connection === 'offline' ? { floor: undefined, way: 'still' as const } : {}),
    });
  }
  const rank = ({ condition }: WallLift) => (isTrouble(condition) ? conditions.indexOf(condition) : conditions.length);
  return found.sort((a, b) => rank(a) - rank(b) || (a.device.path < b.device.path ? -1 : 1));
}
