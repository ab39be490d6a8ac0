// Where other areas show what an incident names.
import type { LocationQuery, RouteLocationRaw, Router } from 'vue-router';

/** The address's query for another incident: what was looked at of this one's device is not of that one's. */
export function elsewhere({ metric: _, ...query }: LocationQuery): LocationQuery {
  return query;
}

/** A device's own page; where there is none, the device on the live page. */
export function deviceLink(router: Router, path: string): RouteLocationRaw {
  const page = router.resolve(`/devices/${path}`);
  return page.name === 'missing' ? { name: 'live', query: { device: path } } : page.fullPath;
}

/** The rule that raised an incident, where rules are shown. */
export function ruleLink(router: Router, name: string): string | undefined {
  const page = router.resolve(`/settings/rules/${name}`);
  return page.name === 'missing' ? undefined : page.fullPath;
}
