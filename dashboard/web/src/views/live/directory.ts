// What the registry knows of devices and the live connection does not tell: what people
// call them, in which building they are, behind which panel. It is asked for by project,
// and for the whole company only of one class, and the page works without it.
import { shallowRef } from 'vue';
import { all } from '../../api/call';
import { address } from '../../api/client';
import { useAgain } from '../../live/again';
import type { Device } from '../../live/store';

export interface Known {
  id: string;
  region: string;
  project: string;
  class: string;
  name?: string;
  building?: string;
  location?: string;
  gateway?: string;
  medium?: string;
  model?: string;
}

export interface Building {
  id: string;
  region: string;
  project: string;
  name?: string;
  floors?: number;
}

/** How old an answer may be before it is asked for again, in milliseconds. */
const good = 5 * 60_000;
/** So long after a failure it is asked again, in milliseconds. */
const again = 10_000;
/** How many devices are learned of by a search: the longest page. */
const mostFound = 1000;

const devices = new Map<string, Known>(); // by region/project/class/id
const buildings = new Map<string, Building>(); // by region/project/id
const byProject = new Map<string, Building[]>();
const whole = new Set<string>(); // region/project of which every device is known
const asked = new Map<string, number>(); // when, by address
/** Is told when something has come. */
const came = shallowRef(0);

async function learn(path: string, use: (items: never[]) => void, most?: number): Promise<void> {
  if (Date.now() - (asked.get(path) ?? 0) < good) return;
  asked.set(path, Date.now());
  try {
    use(await all<never>(path, most));
    came.value++;
  } catch {
    asked.set(path, Date.now() - good + again);
  }
}

function keep(items: readonly Known[]): void {
  for (const one of items) devices.set(`${one.region}/${one.project}/${one.class}/${one.id}`, one);
}

/**
 * Learns of the devices that are called as one searches, where not all are known: of each word,
 * since the server looks for a text as a whole and the page for every word by itself.
 */
export function learnFound(region: string, wanted: string): void {
  for (const search of wordsOf(wanted).filter(telling).slice(0, 3)) {
    void learn(address('/devices', {}, { region, search, state: ['active', 'pending'] }), keep, mostFound);
  }
}

export const wordsOf = (wanted: string): string[] => wanted.toLowerCase().split(/\s+/).filter(Boolean);

/** A single letter or digit is in nearly every name; a Chinese character is a word. */
const telling = (word: string) => word.length > 1 || word > '\u2e80';

/** Learns of a place; of more than a project only one class at a time, which is what is shown. */
export function learnOf(region: string, project: string, kind: string): void {
  if (project || kind) {
    void learn(address('/devices', {}, { region, project, class: kind, state: ['active', 'pending'] }), (items: Known[]) => {
      keep(items);
      if (project && !kind) whole.add(`${region}/${project}`);
    });
  }
  if (project) learnBuildings(region, project);
  else if (kind) learnBuildings(region, '');
}

export function learnBuildings(region: string, project: string): void {
  void learn(address('/buildings', {}, { region, project }), (items: Building[]) => {
    for (const one of items) buildings.set(`${one.region}/${one.project}/${one.id}`, one);
    byProject.clear();
    for (const one of [...buildings.values()].sort((a, b) => (a.name || a.id).localeCompare(b.name || b.id, 'zh-CN', { numeric: true }))) {
      const key = `${one.region}/${one.project}`;
      byProject.set(key, [...(byProject.get(key) ?? []), one]);
    }
  });
}

/** Asks again what has become old, as long as a view shows it. */
export function keepLearning(what: () => void): void {
  useAgain(good + 1000, what);
}

/** Whether it is known of every device of a project where it is. */
export function knowsAll(region: string, project: string): boolean {
  void came.value;
  return whole.has(`${region}/${project}`);
}

export function known(device: { path: string }): Known | undefined {
  void came.value;
  return devices.get(device.path);
}

export function nameOf(device: Device): string {
  return known(device)?.name || device.id;
}

export function buildingOf(device: Device): Building | undefined {
  const of = known(device)?.building;
  if (!of) return undefined;
  return buildings.get(`${device.region}/${device.project}/${of}`) ?? { id: of, region: device.region, project: device.project };
}

export function buildingsOf(region: string, project: string): readonly Building[] {
  void came.value;
  return byProject.get(`${region}/${project}`) ?? [];
}

export function buildingName(path: string): string {
  void came.value;
  return buildings.get(path)?.name || path.slice(path.lastIndexOf('/') + 1);
}
