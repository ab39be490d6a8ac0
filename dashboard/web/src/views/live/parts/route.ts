// What the live page shows is in its address: a link to one project's elevators can be
// sent to a colleague, and Back goes back.
import type { Scope } from '../../../live/protocol';

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
  /** region/project/building of which the devices are; only within the project */
  building: string;
  /** what is searched for among the devices */
  q: string;
  /** which of the devices */
  only: Only;
  /** how the devices of one class are drawn: as what they are, or as rows */
  as: 'board' | 'list';
}

/** Every device, those that are away, or all with which something is wrong. */
export type Only = '' | 'offline' | 'trouble';

export type Tab = 'projects' | 'devices' | 'events' | 'rejected';
export const tabs: readonly Tab[] = ['projects', 'devices', 'events', 'rejected'];

const segment = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const incidentId = /^[0-9]{8}-[a-z2-7]{16}$/;

/** Reads a query; what is not a name is as if it were not there. */
export function parseQuery(query: Record<string, unknown>): Route {
  const value = (key: string) => {
    const found = Array.isArray(query[key]) ? query[key][0] : query[key];
    return typeof found === 'string' ? found : '';
  };
  const path = value('at').split('/');
  const [region = '', project = ''] = path.length <= 2 && path.every((part) => segment.test(part)) ? path : [];
  const device = value('device');
  const parts = device.split('/');
  const tab = value('tab') as Tab;
  const building = value('building');
  const house = building.split('/');
  const only = value('only');
  return {
    region,
    project,
    class: ['meter', 'elevator', 'fire', 'access'].includes(value('class')) ? value('class') : '',
    device: parts.length === 4 && parts.every((part) => segment.test(part)) ? device : '',
    incident: incidentId.test(value('incident')) ? value('incident') : '',
    tab: tabs.includes(tab) ? tab : 'devices',
    building: project && house.length === 3 && building.startsWith(`${region}/${project}/`) && segment.test(house[2]!) ? building : '',
    q: value('q').slice(0, 200),
    only: only === 'offline' || only === 'trouble' ? only : '',
    as: value('as') === 'list' ? 'list' : 'board',
  };
}

export function formatQuery(route: Route): Record<string, string> {
  const query: Record<string, string> = {};
  if (route.region) query['at'] = route.project ? `${route.region}/${route.project}` : route.region;
  for (const key of ['class', 'device', 'incident', 'q', 'only'] as const) if (route[key]) query[key] = route[key];
  // A building is of the project that is looked at, and goes with it.
  if (route.project && route.building.startsWith(`${route.region}/${route.project}/`)) query['building'] = route.building;
  if (route.as === 'list') query['as'] = 'list';
  if (route.tab !== 'devices') query['tab'] = route.tab;
  return query;
}

export function scopeOf(route: Route): Scope {
  return { region: route.region, project: route.project, class: route.class, device: '' };
}
