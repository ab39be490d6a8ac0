// What people call regions and projects. Until that is known, and for places
// that nobody named, their names in topics stand for them.
import { shallowRef } from 'vue';
import { all } from '../api/call';

interface Named {
  id: string;
  name: string;
  region?: string;
  time_zone?: string;
}

/** Counts up when names have come: what reads it is drawn again. */
export const namesVersion = shallowRef(0);

const regions = new Map<string, string>();
const projects = new Map<string, string>();
const zoneByProject = new Map<string, string>();
const again = 5 * 60_000;

/** Whose months and days those of the company are. The session says it before any page is shown. */
let company = 'Asia/Shanghai';

/** What the server is configured with. A zone that this browser does not know would break whatever shows a time. */
export function useCompanyZone(zone: string | undefined): void {
  if (!zone || zone === company) return;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
  } catch {
    return;
  }
  company = zone;
  namesVersion.value++;
}

export function regionName(id: string): string {
  void namesVersion.value;
  return regions.get(id) || id;
}

export function projectName(region: string, id: string): string {
  void namesVersion.value;
  return projects.get(`${region}/${id}`) || id;
}

/** Both, as in "North / Harbour". */
export function placeName(region: string, project: string): string {
  return `${regionName(region)} / ${projectName(region, project)}`;
}

/** The time zone of a project; without one, and until the names have come, the company's. */
export function zoneOf(region: string, project: string): string {
  void namesVersion.value;
  return zoneByProject.get(`${region}/${project}`) || company;
}

/** The same of what is at a path that begins with region/project. */
export function zoneAt(path: string): string {
  const [region = '', project = ''] = path.split('/');
  return zoneOf(region, project);
}

/** All zones in which there are projects. */
export function zones(): Set<string> {
  return new Set([company, ...zoneByProject.values()]);
}

export interface RegionTree {
  id: string;
  name: string;
  projects: { id: string; name: string }[];
}

/** The regions with their projects, as far as this person sees them, by name. */
export function tree(): RegionTree[] {
  void namesVersion.value;
  const found = new Map<string, RegionTree>();
  const region = (id: string) => {
    let node = found.get(id);
    if (!node) found.set(id, (node = { id, name: regionName(id), projects: [] }));
    return node;
  };
  for (const id of regions.keys()) region(id);
  for (const key of projects.keys()) {
    const [at = '', id = ''] = key.split('/');
    region(at).projects.push({ id, name: projectName(at, id) });
  }
  const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name, 'zh-CN');
  for (const node of found.values()) node.projects.sort(byName);
  return [...found.values()].sort(byName);
}

/** Loads the names, now and every few minutes, and says when they have come. */
export function followNames(changed: () => void = () => {}): void {
  const load = async () => {
    try {
      const [r, p] = await Promise.all([all<Named>('/regions'), all<Named>('/projects')]);
      const before = JSON.stringify([[...regions], [...projects], [...zoneByProject]]);
      regions.clear();
      projects.clear();
      for (const region of r) regions.set(region.id, region.name);
      zoneByProject.clear();
      for (const project of p) {
        projects.set(`${project.region}/${project.id}`, project.name);
        if (project.time_zone) zoneByProject.set(`${project.region}/${project.id}`, project.time_zone);
      }
      if (JSON.stringify([[...regions], [...projects], [...zoneByProject]]) === before) return;
      namesVersion.value++;
      changed();
    } catch {
      // The page works without them.
    }
  };
  void load();
  window.setInterval(() => void load(), again);
}
