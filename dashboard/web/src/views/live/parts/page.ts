// What the parts that draw by hand share: the state, the address, and when to draw.
import type { LocationQueryRaw, RouteLocationNormalizedLoaded, Router } from 'vue-router';
import { useLive, type Live } from '../../../live/live';
import type { Connection } from '../../../live/connection';
import type { Scope } from '../../../live/protocol';
import { placeOf, type Changes, type Store } from '../../../live/store';
import { sees } from '../../../session/session';
import { formatQuery, parseQuery, scopeOf, type Route } from './route';

export interface Page {
  readonly store: Store;
  readonly connection: Connection;
  readonly route: Route;
  /** Goes to another address; what is not named stays. */
  go(to: Partial<Route>, replace?: boolean): void;
  /** Where a device has its own page; the place that is looked at stays. */
  deviceLink(path: string): string;
  /** Follows a link of the page. */
  follow(link: string): void;
  /** Draws what the store has that is not drawn yet, soon. */
  schedule(): void;
}

/** A part of the page. */
export interface View {
  readonly element: HTMLElement;
  /** Draws what changed. */
  draw(changes: Changes): void;
  /** Called twice a second, for clocks. */
  tick?(): void;
}

/** The address, or the whole when it is of a place that this person does not see: a colleague's link, perhaps. */
export function routeOf(location: RouteLocationNormalizedLoaded): Route {
  const route = parseQuery(location.query);
  if (location.name === 'incidents') {
    const incident = location.params['incident'];
    route.incident = typeof incident === 'string' ? incident : '';
    route.device = '';
  }
  const at = placeOf(route.device);
  if (sees(route.region, route.project) && sees(at.region, at.project)) return route;
  return { ...route, region: '', project: '', device: '', building: '' };
}

/** What the live connection is to tell of: the place, and on the live page one class. */
export function scopeFor(location: RouteLocationNormalizedLoaded): Scope {
  const scope = scopeOf(routeOf(location));
  return location.name === 'live' ? scope : { ...scope, class: '' };
}

/** The page as parts see it. They are on the live page, and an incident also on that of incidents. */
export function pageOf(router: Router, live: Live = useLive()): Page {
  const here = () => routeOf(router.currentRoute.value);
  return {
    store: live.store,
    connection: live.connection,
    get route() {
      return here();
    },
    go(to, replace = false) {
      const location = router.currentRoute.value;
      const route = { ...here(), ...(to.device ? { incident: '' } : to.incident ? { device: '' } : {}), ...to };
      const query: LocationQueryRaw = formatQuery(route);
      if (location.name === 'live') void router[replace ? 'replace' : 'push']({ name: 'live', query });
      else if (!to.device && to.incident !== undefined) void router.push({ name: 'incidents', params: { incident: to.incident }, query: location.name === 'incidents' ? location.query : { at: query['at'] } });
      else void router.push({ name: 'live', query: formatQuery({ ...route, incident: '' }) });
    },
    deviceLink(path) {
      const { at } = formatQuery(here());
      const { region, project, class: kind, id } = placeOf(path);
      return router.resolve({ name: 'devices-device', params: { region, project, class: kind, device: id, tab: '' }, query: at ? { at } : {} }).fullPath;
    },
    follow: (link) => void router.push(link),
    schedule: live.schedule,
  };
}
