// The filters of the list, as they stand in the address and as the API takes them.
import { computed, type ComputedRef } from 'vue';
import { useRouter } from 'vue-router';
import { classes } from '../../live/protocol';
import { useAt } from '../../use/at';
import { changeQuery, choice, flag, text, useQuery } from '../../use/query';
import { media, type State } from './device';

export const shownStates = ['active', 'pending', 'out', 'refused', 'all'] as const;
export type ShownState = (typeof shownStates)[number];
export const connections = ['', 'online', 'offline', 'unknown'] as const;

const statesOf: Record<ShownState, State[] | undefined> = {
  active: ['active'], pending: ['pending'], out: ['retired', 'replaced'], refused: ['refused'], all: undefined,
};

/** How far ahead a verification is due that one wants to plan for, in days. */
const soon = 90;

export function useDeviceFilter() {
  const router = useRouter();
  const { at, filter: place } = useAt();
  const values = useQuery({
    class: choice(['', ...classes] as const, ''), state: choice(shownStates, 'active'), connection: choice(connections, ''),
    medium: choice(['', ...media] as const, ''), model: text(), vendor: text(), building: text('', /^[\w-]{1,64}$/), due: flag(),
    sort: text('', /^-?(name|state|verification_due_on|installed_on|model|building)$/),
  });
  const { search } = useQuery({ search: text() }, { replace: true });

  /** What the server narrows by. Whether a device is online is known to the page itself, unless there are too many. */
  const query = computed(() => ({
    ...place.value, class: values.class.value || undefined, state: statesOf[values.state.value], medium: values.medium.value || undefined,
    model: values.model.value || undefined, vendor: values.vendor.value || undefined,
    building: at.value.project ? values.building.value || undefined : undefined, search: search.value.trim() || undefined,
    verification_due_before: values.due.value ? new Date(Date.now() + soon * 86_400_000).toISOString().slice(0, 10) : undefined,
  }));
  const filtered: ComputedRef<boolean> = computed(() =>
    [values.class, values.connection, values.medium, values.model, values.vendor, values.building, search].some(({ value }) => value !== '') ||
    values.state.value !== 'active' || values.due.value);
  const clear = () => changeQuery(router, Object.fromEntries(
    ['class', 'state', 'connection', 'medium', 'model', 'vendor', 'building', 'due', 'search'].map((name) => [name, undefined])));
  return { at, ...values, search, query, filtered, clear };
}
