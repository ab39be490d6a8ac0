// Results of analyses are of whole places: whoever sees a part of one is shown the
// parts that are his, the first of them unless the address names another.
import { computed, type ComputedRef } from 'vue';
import { may, session } from '../../session/session';
import { useAt, type At } from '../../use/at';

/** The largest places that this person reads all of, within one. */
function within(at: At): At[] {
  const present = session();
  const granted = present.person ? present.permissions?.['read'] ?? [] : [];
  return granted
    .filter((place) => place !== 'hq')
    .map((place) => {
      const [region = '', project = ''] = place.split('/');
      return { region, project };
    })
    .filter((place) => !at.region || (place.region === at.region && (!at.project || place.project === at.project)))
    .sort((a, b) => `${a.region}/${a.project}`.localeCompare(`${b.region}/${b.project}`));
}

/** place is what is shown; others are the rest of what this person sees of what was asked for. */
export function useCovered(): { at: ComputedRef<At>; place: ComputedRef<At | undefined>; others: ComputedRef<At[]>; filter: ComputedRef<{ region?: string; project?: string }>; go(to: At): void } {
  const { at, go } = useAt();
  const parts = computed(() => (may('read', at.value) ? [] : within(at.value)));
  const place = computed(() => (may('read', at.value) ? at.value : parts.value[0]));
  const filter = computed(() => ({
    ...(place.value?.region ? { region: place.value.region } : {}), ...(place.value?.project ? { project: place.value.project } : {}),
  }));
  return { at, place, others: computed(() => parts.value.slice(1)), filter, go };
}
