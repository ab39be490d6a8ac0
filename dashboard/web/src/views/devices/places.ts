// Regions, projects and buildings: their fields, their addresses in the API, and who may
// change them.
import { list, read, send } from '../../api/client';
import type { Answer, List } from '../../api/call';
import type { AuditEntry } from '../../api/schema';
import { may, type Permission } from '../../session/session';

export type Kind = 'regions' | 'projects' | 'buildings';

/** A region, project or building, with the fields that its kind has. */
export interface Place {
  id: string;
  name?: string;
  region?: string;
  project?: string;
  retired?: boolean;
  version?: number;
  updated_at?: string;
  [field: string]: string | number | boolean | undefined;
}

export interface PlaceField {
  name: string;
  kind: 'text' | 'number' | 'whole' | 'day';
}

export const placeFields: Record<Kind, readonly PlaceField[]> = {
  regions: [{ name: 'name', kind: 'text' }],
  projects: [
    { name: 'name', kind: 'text' }, { name: 'address', kind: 'text' }, { name: 'time_zone', kind: 'text' }, { name: 'tariff', kind: 'text' }, { name: 'calendar', kind: 'text' },
    { name: 'floor_area_m2', kind: 'number' }, { name: 'households', kind: 'whole' }, { name: 'occupied_on', kind: 'day' }, { name: 'transformer_kva', kind: 'number' },
  ],
  buildings: [
    { name: 'name', kind: 'text' }, { name: 'floors', kind: 'whole' }, { name: 'households', kind: 'whole' }, { name: 'floor_area_m2', kind: 'number' }, { name: 'completed_on', kind: 'day' },
  ],
};

export const keyOf = (kind: Kind, one: Place): string => (kind === 'regions' ? one.id : kind === 'projects' ? `${one.region}/${one.id}` : `${one.region}/${one.project}/${one.id}`);

const paths = {
  regions: '/regions/{region}', projects: '/projects/{region}/{project}', buildings: '/buildings/{region}/{project}/{building}',
} as const;

function parts(key: string) {
  const [region = '', project = '', building = ''] = key.split('/');
  return { region, project, building };
}

export function listPlaces(kind: Kind, query: { region?: string | undefined; project?: string | undefined; search?: string | undefined; retired?: boolean; cursor?: string | undefined; sort?: string }, signal: AbortSignal): Promise<List<Place>> {
  const { project, region, ...rest } = query;
  const asked = { ...rest, limit: 500, ...(kind === 'regions' ? {} : { region }), ...(kind === 'buildings' ? { project } : {}) };
  return list(`/${kind}`, { query: asked as never, signal }) as unknown as Promise<List<Place>>;
}

export function readPlace(kind: Kind, key: string): Promise<Answer<Place>> {
  return read(paths[kind], { path: parts(key) as never }) as unknown as Promise<Answer<Place>>;
}

export function createPlace(kind: Kind, body: Record<string, unknown>, key: string): Promise<unknown> {
  return send('post', `/${kind}`, { body: body as never, key });
}

export function changePlace(kind: Kind, key: string, values: Record<string, unknown>, etag: string): Promise<unknown> {
  return send('patch', paths[kind], { path: parts(key) as never, body: new Blob([JSON.stringify(values)], { type: 'application/merge-patch+json' }) as never, etag });
}

export function retirePlace(kind: Kind, key: string, etag: string): Promise<unknown> {
  return send('post', `${paths[kind]}/retire`, { path: parts(key) as never, etag });
}

export function placeHistory(kind: Kind, key: string, cursor: string | undefined, signal: AbortSignal): Promise<List<AuditEntry>> {
  return list(`${paths[kind]}/history`, { path: parts(key) as never, query: { cursor, limit: 20 }, signal }) as unknown as Promise<List<AuditEntry>>;
}

/** Who may do what: regions are made and retired by administrators of everything, projects by managers of the region, buildings by engineers. */
const needs: Record<Kind, { create: Permission; change: Permission; retire: Permission }> = {
  regions: { create: 'administer', change: 'manage', retire: 'administer' },
  projects: { create: 'manage', change: 'manage', retire: 'manage' },
  buildings: { create: 'configure', change: 'configure', retire: 'configure' },
};

export function mayCreate(kind: Kind, at: { region?: string; project?: string }): boolean {
  return kind === 'regions' ? may('administer') : kind === 'projects' ? may('manage', { region: at.region }) : may('configure', at);
}

export function mayChange(kind: Kind, one: Place): boolean {
  return may(needs[kind].change, kind === 'regions' ? { region: one.id } : kind === 'projects' ? { region: one.region, project: one.id } : { region: one.region, project: one.project });
}

export function mayRetire(kind: Kind, one: Place): boolean {
  if (kind === 'regions') return may('administer');
  return may(needs[kind].retire, kind === 'projects' ? { region: one.region } : { region: one.region, project: one.project });
}
