// Of what place the numbers are shown. Results of the whole company are for those who
// see all of it; who sees one place alone is taken there.
import { computed, type ComputedRef } from 'vue';
import { may, session } from '../../session/session';
import { useAt, type At } from '../../use/at';

export interface Seen {
  /** undefined: this person sees several places, and must choose one */
  place: ComputedRef<At | undefined>;
  filter: ComputedRef<{ region?: string; project?: string }>;
  per: ComputedRef<'company' | 'region' | 'project'>;
  /** sees what is of the whole company: laws of models, trends, back-tests */
  company: boolean;
  /** as the API names it */
  name: ComputedRef<string>;
}

export function usePlace(): Seen {
  const { at } = useAt();
  const company = may('read');
  const place = computed((): At | undefined => {
    if (at.value.region && may('read', at.value)) return at.value;
    if (company && !at.value.region) return at.value;
    const present = session();
    const granted = present.person ? present.permissions?.['read'] ?? [] : [];
    const mine = granted.filter((one) => !at.value.region || one.split('/')[0] === at.value.region);
    if (mine.length !== 1) return undefined;
    const [region = '', project = ''] = mine[0]!.split('/');
    return { region, project };
  });
  const filter = computed(() => ({
    ...(place.value?.region ? { region: place.value.region } : {}), ...(place.value?.project ? { project: place.value.project } : {}),
  }));
  const per = computed(() => (place.value?.project ? 'project' : place.value?.region ? 'region' : 'company'));
  const name = computed(() => (!place.value?.region ? 'hq' : place.value.project ? `${place.value.region}/${place.value.project}` : place.value.region));
  return { place, filter, per, company, name };
}
