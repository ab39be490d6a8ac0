// The devices of a board by where they are: by project, or within one by building. What
// is in trouble comes first, and its group with it.
import { placeName } from '../../../live/names';
import type { WireIncident } from '../../../live/protocol';
import type { Device, Store } from '../../../live/store';
import { buildingOf, known } from '../directory';
import { conditionOf, conditions, type Condition } from './condition';

export interface Card {
  device: Device;
  condition: Condition;
  incident: WireIncident | undefined;
  /** its building, where the group does not say it */
  house: string;
}

export interface Group {
  key: string;
  name: string;
  cards: Card[];
  /** how many are in each condition */
  counts: Partial<Record<Condition, number>>;
}

/** Only these move a group to the top: a device that is away for a moment does not. */
const moves: readonly Condition[] = ['danger', 'critical', 'fault'];

export interface Grouping {
  /** within one project by building, else by project; fire zones always by building */
  by: 'project' | 'building';
  /** what a group is called whose building nobody entered */
  elsewhere: string;
}

export function groupsOf(store: Store, devices: readonly Device[], incidents: ReadonlyMap<string, WireIncident>, { by, elsewhere }: Grouping, withPlace: boolean): Group[] {
  const groups = new Map<string, Group>();
  for (const device of devices) {
    const house = buildingOf(device);
    const called = house ? house.name || house.id : '';
    const key = by === 'building' ? `${device.region}/${device.project}/${house?.id ?? ''}` : `${device.region}/${device.project}`;
    let group = groups.get(key);
    if (!group) {
      const place = placeName(device.region, device.project);
      const name = by === 'project' ? place : [...(withPlace ? [place] : []), called || elsewhere].join(' / ');
      groups.set(key, (group = { key, name, cards: [], counts: {} }));
    }
    const condition = conditionOf(store, device, incidents);
    group.cards.push({ device, condition, incident: incidents.get(device.path), house: by === 'project' ? called : '' });
    group.counts[condition] = (group.counts[condition] ?? 0) + 1;
  }
  const rank = (card: Card) => conditions.indexOf(card.condition);
  const loop = (card: Card) => known(card.device)?.gateway ?? '';
  for (const group of groups.values()) {
    // Sorted in place; equal ones stay in the order in which they came, which is that of their names.
    group.cards.sort((a, b) => rank(a) - rank(b) || (loop(a) < loop(b) ? -1 : loop(a) > loop(b) ? 1 : 0));
  }
  const weight = (group: Group) => {
    const at = moves.findIndex((condition) => (group.counts[condition] ?? 0) > 0);
    return at < 0 ? moves.length : at;
  };
  return [...groups.values()].map((group, i) => ({ group, i })).sort((a, b) => weight(a.group) - weight(b.group) || a.i - b.i).map(({ group }) => group);
}

/** A row of a board: the head of a group, or some of its cards side by side. */
export type BoardRow = { top: number; height: number } & ({ head: Group; cards?: undefined } | { head?: undefined; cards: Card[]; key: string });

/** The rows of a board of so many columns, from top to bottom. */
export function rowsOf(groups: readonly Group[], columns: number, height: number, headHeight: number): BoardRow[] {
  const rows: BoardRow[] = [];
  let top = 0;
  for (const group of groups) {
    rows.push({ top, height: headHeight, head: group });
    top += headHeight;
    for (let from = 0; from < group.cards.length; from += columns) {
      rows.push({ top, height, cards: group.cards.slice(from, from + columns), key: `${group.key}#${from}` });
      top += height;
    }
  }
  return rows;
}

/** The first and the one after the last of the rows that touch a part of the board. */
export function between(rows: readonly BoardRow[], from: number, to: number): [number, number] {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle]!.top + rows[middle]!.height <= from) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (end < rows.length && rows[end]!.top < to) end++;
  return [low, end];
}
