// The log names people and tokens by their IDs, which never change. Who reads it knows
// them by their names.
import { shallowRef } from 'vue';
import type { Entry } from './entry';
import { list as pageOf } from '../../../api/client';
import { Problem } from '../../../api/call';

/** More than these are read by ID. */
const most = 1000;

export function useNames(): (entry: Entry) => string {
  const names = shallowRef<ReadonlyMap<string, string>>(new Map());
  async function load(): Promise<void> {
    try {
      const [people, tokens] = await Promise.all([pageOf('/people', { query: { limit: most } }), pageOf('/tokens', { query: { limit: most, ended: true } })]);
      names.value = new Map([...people.items.map((one) => [one.id ?? '', one.name || one.login || ''] as const), ...tokens.items.map((one) => [one.id ?? '', one.name ?? ''] as const)]);
    } catch (failure) {
      if (!(failure instanceof Problem)) throw failure; // without them the IDs stand
    }
  }
  void load();
  return (entry) => names.value.get(entry.key ?? '') || (entry.key === entry.actor?.id ? entry.actor?.name ?? '' : '');
}
