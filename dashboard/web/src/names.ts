// What people call regions and projects. Until that is known, and for places
// that nobody named, their names in topics stand for them.
import { all } from './api';

interface Named {
  id: string;
  name: string;
  region?: string;
}

const regions = new Map<string, string>();
const projects = new Map<string, string>();
const again = 5 * 60_000;

export function regionName(id: string): string {
  return regions.get(id) || id;
}

export function projectName(region: string, id: string): string {
  return projects.get(`${region}/${id}`) || id;
}

/** Both, as in "North / Harbour". */
export function placeName(region: string, project: string): string {
  return `${regionName(region)} / ${projectName(region, project)}`;
}

/** Loads the names, now and every few minutes, and says when they have come. */
export function followNames(changed: () => void): void {
  const load = async () => {
    try {
      const [r, p] = await Promise.all([all<Named>('/regions'), all<Named>('/projects')]);
      const before = JSON.stringify([[...regions], [...projects]]);
      regions.clear();
      projects.clear();
      for (const region of r) regions.set(region.id, region.name);
      for (const project of p) projects.set(`${project.region}/${project.id}`, project.name);
      if (JSON.stringify([[...regions], [...projects]]) !== before) changed();
    } catch {
      // The page works without them.
    }
  };
  void load();
  window.setInterval(() => void load(), again);
}
