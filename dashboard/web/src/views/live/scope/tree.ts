// The company as a tree: headquarters, regions, projects, buildings, each with how many
// of its devices are away and what is open there. Nothing here touches the page.
import { endangers, isQuiet, type Incidents } from '../../../live/incidents';
import { severities, type Severity, type WireDanger, type WireGroup } from '../../../live/protocol';
import { placeOf, type Device } from '../../../live/store';

export interface Node {
  /** '' for headquarters, region, region/project, region/project/building */
  key: string;
  level: 0 | 1 | 2 | 3;
  region: string;
  project: string;
  building: string;
  name: string;
  devices: number;
  offline: number;
  /** false: which of its devices are away is not known */
  counted: boolean;
  /** open incidents that people were called for, by severity */
  open: Record<Severity, number>;
  /** keys of what is in it */
  children: string[];
}

export interface House {
  id: string;
  name: string;
  /** nothing when its devices are not known */
  count?: Count | undefined;
}

export interface Count {
  devices: number;
  offline: number;
}

/** How many devices each building has, and how many are away, by region/project/building. */
export function countHouses(devices: Iterable<Device>, houseOf: (device: Device) => string | undefined): Map<string, Count> {
  const counts = new Map<string, Count>();
  for (const device of devices) {
    const house = houseOf(device);
    if (!house) continue;
    const key = `${device.region}/${device.project}/${house}`;
    let count = counts.get(key);
    if (!count) counts.set(key, (count = { devices: 0, offline: 0 }));
    count.devices++;
    if (device.connection === 'offline') count.offline++;
  }
  return counts;
}

export interface Known {
  groups: Iterable<WireGroup>;
  incidents: Incidents;
  dangers: Iterable<WireDanger>;
  /** the regions with their projects, by name */
  places: readonly { id: string; name: string; projects: readonly { id: string; name: string }[] }[];
  /** what a place is called that the registry does not list */
  regionName(region: string): string;
  projectName(region: string, project: string): string;
  /** the buildings of a project, as far as they are known */
  houses(region: string, project: string): readonly House[];
  /** the building of a device, as far as it is known */
  houseOf?(path: string): string | undefined;
}

const none = (): Record<Severity, number> => ({ life_safety: 0, critical: 0, warning: 0, info: 0 });

/** All nodes by key; the one of headquarters is under ''. */
export function treeOf(known: Known, headquarters: string): Map<string, Node> {
  const nodes = new Map<string, Node>();
  const add = (key: string, level: Node['level'], name: string): Node => {
    let node = nodes.get(key);
    if (!node) {
      const [region = '', project = '', building = ''] = key.split('/');
      nodes.set(key, (node = { key, level, region, project, building, name, devices: 0, offline: 0, counted: true, open: none(), children: [] }));
      const parent = level === 0 ? undefined : nodes.get(key.slice(0, Math.max(0, key.lastIndexOf('/'))));
      parent?.children.push(key);
    }
    return node;
  };
  add('', 0, headquarters);
  const project = (region: string, id: string) => {
    add(region, 1, known.regionName(region));
    return add(`${region}/${id}`, 2, known.projectName(region, id));
  };
  for (const region of known.places) {
    add(region.id, 1, region.name);
    for (const one of region.projects) add(`${region.id}/${one.id}`, 2, one.name);
  }
  for (const group of known.groups) {
    project(group.region, group.project);
    for (const key of ['', group.region, `${group.region}/${group.project}`]) {
      const node = nodes.get(key)!;
      node.devices += group.devices;
      node.offline += group.offline;
    }
  }
  for (const node of [...nodes.values()]) {
    if (node.level !== 2) continue;
    for (const house of known.houses(node.region, node.project)) {
      const made = add(`${node.key}/${house.id}`, 3, house.name);
      made.counted = house.count !== undefined;
      made.devices = house.count?.devices ?? 0;
      made.offline = house.count?.offline ?? 0;
    }
  }
  const count = (region: string, id: string, building: string, severity: Severity) => {
    const keys = ['', region, region && id ? `${region}/${id}` : '', region && id && building ? `${region}/${id}/${building}` : ''];
    for (const key of new Set(keys)) {
      const node = nodes.get(key);
      if (node) node.open[severity]++;
    }
  };
  for (const incident of known.incidents.open.values()) {
    if (incident.severity === 'life_safety' ? !endangers(incident) : isQuiet(incident)) continue;
    if (incident.region && incident.project) project(incident.region, incident.project);
    count(incident.region ?? '', incident.project ?? '', incident.building ?? '', incident.severity);
  }
  for (const danger of known.dangers) {
    if (known.incidents.covers(danger)) continue;
    const at = placeOf(danger.event.device);
    count(at.region, at.project, known.houseOf?.(danger.event.device) ?? '', 'life_safety');
  }
  return nodes;
}

/** The gravest of what is open at a node; undefined when nothing is. */
export function gravest(node: Node): Severity | undefined {
  return severities.find((severity) => node.open[severity] > 0);
}

export function openAt(node: Node): number {
  return severities.reduce((sum, severity) => sum + node.open[severity], 0);
}

/** The nodes that are seen, from top to bottom, with their parents unfolded. */
export function visible(nodes: ReadonlyMap<string, Node>, unfolded: ReadonlySet<string>): Node[] {
  const list: Node[] = [];
  const walk = (key: string) => {
    const node = nodes.get(key);
    if (!node) return;
    list.push(node);
    if (unfolded.has(key)) node.children.forEach(walk);
  };
  walk('');
  return list;
}
