// The part of the company that is looked at: everything, a region, or a project. It is
// in the query of every view's address as at=region or at=region/project.
import { computed, type ComputedRef } from 'vue';
import { useRoute, useRouter, type LocationQuery } from 'vue-router';
import { projectName, regionName } from '../live/names';
import { sees } from '../session/session';
import { changeQuery, one } from './query';

export interface At {
  region: string; // empty: everything
  project: string; // empty: the whole region
}

const pattern = /^([a-z0-9][a-z0-9_-]{0,63})(?:\/([a-z0-9][a-z0-9_-]{0,63}))?$/;

/** Whether the address has the name of a place, be it seen or not. */
export const namesPlace = (query: LocationQuery) => pattern.test(one(query, 'at') ?? '');

/** Reads a place; one that is none, or that this person does not see, is everything. */
export function readAt(query: LocationQuery): At {
  const found = pattern.exec(one(query, 'at') ?? '');
  const [, region = '', project = ''] = found ?? [];
  return sees(region, project) ? { region, project } : { region: '', project: '' };
}

export function writeAt({ region, project }: At): string | undefined {
  return region ? (project ? `${region}/${project}` : region) : undefined;
}

export function nameOf({ region, project }: At, everything: string): string {
  if (!region) return everything;
  return project ? projectName(region, project) : regionName(region);
}

export interface Place {
  at: ComputedRef<At>;
  /** for the API: without what is empty */
  filter: ComputedRef<{ region?: string; project?: string }>;
  /** for the query of a link that stays with the place */
  keep: ComputedRef<{ at?: string }>;
  go(to: At): void;
}

/** The place of the address. */
export function useAt(): Place {
  const route = useRoute();
  const router = useRouter();
  // Each navigation makes a new query. While it is the same place it stays the same
  // object, so that what depends on it is not done again.
  const at = computed<At>((former) => {
    const present = readAt(route.query);
    return former && former.region === present.region && former.project === present.project ? former : present;
  });
  const filter = computed(() => ({
    ...(at.value.region ? { region: at.value.region } : {}), ...(at.value.project ? { project: at.value.project } : {}),
  }));
  const keep = computed(() => {
    const written = writeAt(at.value);
    return written ? { at: written } : {};
  });
  return { at, filter, keep, go: (to) => changeQuery(router, { at: writeAt(to) }) };
}
