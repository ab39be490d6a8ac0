// What stands beside the incidents on the wall of a place: its lifts, fire zones and gates.
import type { ClassName } from '../../../live/protocol';
import type { Device, Store } from '../../../live/store';
import { conditionOf, conditions, incidentsByDevice, isTrouble, type Condition } from '../boards/condition';
import { liftOf, type Lift } from '../boards/lift';

export interface Tile {
  device: Device;
  condition: Condition;
  /** of a lift; where one was that is away is not where it is, and not told */
  lift: Lift | undefined;
}

const shown: readonly ClassName[] = ['elevator', 'fire', 'access'];

/** Those in trouble first, and then by class, place and name. */
export function tilesOf(store: Store, within: (region: string, project: string) => boolean): Tile[] {
  const incidents = incidentsByDevice(store);
  const found: Tile[] = [];
  for (const device of store.devices.values()) {
    if (!shown.includes(device.class) || !within(device.region, device.project)) continue;
    const away = device.connection === 'offline' ? { floor: undefined, way: 'still' as const } : {};
    found.push({ device, condition: conditionOf(store, device, incidents), lift: device.class === 'elevator' ? { ...liftOf(device), ...away } : undefined });
  }
  const rank = ({ condition }: Tile) => (isTrouble(condition) ? conditions.indexOf(condition) : conditions.length);
  const kind = ({ device }: Tile) => shown.indexOf(device.class);
  return found.sort((a, b) => rank(a) - rank(b) || kind(a) - kind(b) || (a.device.path < b.device.path ? -1 : 1));
}

/** What there is room for: all of them, or of too many only those in trouble. */
export function tilesToShow(tiles: readonly Tile[], most: number): readonly Tile[] {
  return tiles.length <= most ? tiles : tiles.filter(({ condition }) => isTrouble(condition)).slice(0, most);
}
