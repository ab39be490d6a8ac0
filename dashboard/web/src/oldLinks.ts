// Where links lead that were sent when everything was behind the # of the address.
import type { RouteLocationNamedRaw } from 'vue-router';

/** Addresses of before had everything behind the #; links in messages that were sent then still lead there. */
export function fromHash(hash: string): RouteLocationNamedRaw | undefined {
  const old = new URLSearchParams(hash.replace(/^#/, ''));
  const region = old.get('region') ?? '';
  const project = old.get('project') ?? '';
  const incident = old.get('incident') ?? '';
  const query: Record<string, string> = {};
  if (region) query['at'] = project ? `${region}/${project}` : region;
  for (const name of ['class', 'device', 'tab']) if (old.get(name)) query[name] = old.get(name)!;
  if (/^[0-9]{8}-[a-z2-7]{16}$/.test(incident)) return { name: 'incidents', params: { incident }, query, hash: '' };
  return Object.keys(query).length > 0 ? { name: 'live', query, hash: '' } : undefined;
}
