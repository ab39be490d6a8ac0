// What the page shows is in its address, after the #: a link to one project's
// elevators can be sent to a colleague, and Back goes back.
import type { Scope } from './protocol';

export interface Route {
  region: string;
  project: string;
  class: string;
  /** path of the device whose details are open */
  device: string;
  /** id of the incident whose details are open; then no device's are */
  incident: string;
  /** on a narrow screen, the part that is shown */
  tab: Tab;
}

export type Tab = 'projects' | 'devices' | 'events' | 'rejected';
export const tabs: readonly Tab[] = ['projects', 'devices', 'events', 'rejected'];

const segment = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const incidentId = /^[0-9]{8}-[a-z2-7]{16}$/;

/** Reads an address; what is not a name is as if it were not there. */
export function parseRoute(hash: string): Route {
  const query = new URLSearchParams(hash.replace(/^#/, ''));
  const name = (key: string) => {
    const value = query.get(key) ?? '';
    return segment.test(value) ? value : '';
  };
  const device = query.get('device') ?? '';
  const parts = device.split('/');
  const incident = query.get('incident') ?? '';
  const tab = query.get('tab') as Tab;
  return {
    region: name('region'),
    project: name('project'),
    class: ['meter', 'elevator', 'fire', 'access'].includes(name('class')) ? name('class') : '',
    device: parts.length === 4 && parts.every((part) => segment.test(part)) ? device : '',
    incident: incidentId.test(incident) ? incident : '',
    tab: tabs.includes(tab) ? tab : 'devices',
  };
}

export function formatRoute(route: Route): string {
  const query = new URLSearchParams();
  for (const key of ['region', 'project', 'class', 'device', 'incident'] as const) if (route[key]) query.set(key, route[key]);
  if (route.tab !== 'devices') query.set('tab', route.tab);
  const text = query.toString();
  return text ? `#${text}` : '#';
}

export function scopeOf(route: Route): Scope {
  return { region: route.region, project: route.project, class: route.class, device: '' };
}
