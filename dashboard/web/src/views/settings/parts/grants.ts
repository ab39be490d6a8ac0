// Roles at places, and who may give which: no more than one's own, where one manages.
// The server decides; this is so that nothing is offered which it would refuse.
import { placeName, regionName } from '../../../live/names';
import { words } from '../../../i18n';
import { contains, session, type Grant, type Role } from '../../../session/session';

export const roles: readonly Role[] = ['viewer', 'operator', 'engineer', 'manager', 'administrator'];

/** As the API has them, without roles and places of a later server's. */
export interface WireGrant {
  role?: string | undefined;
  place?: { region?: string | undefined; project?: string | undefined } | undefined;
}

export function keyOfPlace({ region = '', project = '' }: { region?: string | undefined; project?: string | undefined }): string {
  return region ? (project ? `${region}/${project}` : region) : 'hq';
}

export function placeOfKey(key: string): { region?: string; project?: string } {
  if (key === 'hq') return {};
  const [region = '', project = ''] = key.split('/');
  return project ? { region, project } : { region };
}

export function nameOfPlace({ region = '', project = '' }: { region?: string | undefined; project?: string | undefined }): string {
  if (!region) return words().headquarters;
  return project ? placeName(region, project) : regionName(region);
}

export function mayGive(grant: WireGrant): boolean {
  const { person } = session();
  const rank = roles.indexOf(grant.role as Role);
  return rank >= 0 && (person?.grants ?? []).some((own) =>
    roles.indexOf(own.role) >= roles.indexOf('manager') && contains(keyOfPlace(own.place), grant.place ?? {}) && rank <= roles.indexOf(own.role));
}

/** Whether somebody with these roles is below us: whoever changes a greater one could become him. */
export function mayChange(holder: { elsewhere?: boolean | undefined; grants?: readonly WireGrant[] | null | undefined }): boolean {
  return !holder.elsewhere && (holder.grants ?? []).every(mayGive);
}

/** Where somebody new is put to begin with: at the place that is looked at, or else the first that the giver manages. */
export function firstGrants(at: { region: string; project: string }): Grant[] {
  const here = placeOfKey(at.region ? (at.project ? `${at.region}/${at.project}` : at.region) : 'hq');
  if (mayGive({ role: 'viewer', place: here })) return [{ role: 'viewer', place: here }];
  const own = (session().person?.grants ?? []).find(({ role }) => roles.indexOf(role) >= roles.indexOf('manager'));
  return own ? [{ role: 'viewer', place: own.place }] : [];
}

/** Which of the grants, by their number, one before them says already. */
export function repeated(grants: readonly WireGrant[]): ReadonlySet<number> {
  const said = grants.map((grant) => `${keyOfPlace(grant.place ?? {})} ${grant.role}`);
  return new Set(said.flatMap((one, i) => (said.indexOf(one) < i ? [i] : [])));
}

export function asGrants(grants: readonly WireGrant[] | null | undefined): Grant[] {
  return (grants ?? []).map(({ role, place }) => ({ role: role as Role, place: { ...(place?.region ? { region: place.region } : {}), ...(place?.project ? { project: place.project } : {}) } }));
}
