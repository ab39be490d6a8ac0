// What a view shows is in the query of its address: filters, sorting, the period. A
// link shows a colleague the same, and Back takes a filter away.
import { computed, type WritableComputedRef } from 'vue';
import { useRoute, useRouter, type LocationQuery, type Router } from 'vue-router';

/** How one value is read from an address, and written to it. Undefined is not written. */
export interface Kind<T> {
  read(text: string | undefined): T;
  write(value: T): string | undefined;
}

/** A text; nonsense (what the pattern does not fit) is as if it were not there. */
export const text = (otherwise = '', pattern?: RegExp): Kind<string> => ({
  read: (value) => (value !== undefined && (!pattern || pattern.test(value)) ? value : otherwise),
  write: (value) => (value === otherwise ? undefined : value),
});

/** One of several words. */
export const choice = <T extends string>(all: readonly T[], otherwise: T): Kind<T> => ({
  read: (value) => (all.includes(value as T) ? (value as T) : otherwise),
  write: (value) => (value === otherwise ? undefined : value),
});

/** Several of several words, with commas; none is all. */
export const choices = <T extends string>(all: readonly T[]): Kind<T[]> => ({
  read: (value) => (value ? value.split(',').filter((one): one is T => all.includes(one as T)) : []),
  write: (value) => (value.length > 0 ? all.filter((one) => value.includes(one)).join(',') : undefined),
});

export const flag = (): Kind<boolean> => ({ read: (value) => value === '1', write: (value) => (value ? '1' : undefined) });

export const whole = (otherwise: number, least = -Infinity, most = Infinity): Kind<number> => ({
  read: (value) => {
    const n = value === undefined || value === '' ? NaN : Number(value);
    return Number.isInteger(n) && n >= least && n <= most ? n : otherwise;
  },
  write: (value) => (value === otherwise ? undefined : String(value)),
});

export function one(query: LocationQuery, name: string): string | undefined {
  const value = query[name];
  return (Array.isArray(value) ? value[0] : value) ?? undefined;
}

/** Changes that belong together, such as a filter and the page that it resets, are one step of the history. */
const pending = new WeakMap<Router, Record<string, string | undefined>>();

export function changeQuery(router: Router, change: Record<string, string | undefined>, replace = false): void {
  const waiting = pending.get(router);
  if (waiting) {
    Object.assign(waiting, change);
    return;
  }
  const changes = { ...change };
  pending.set(router, changes);
  queueMicrotask(() => {
    pending.delete(router);
    const query: LocationQuery = { ...router.currentRoute.value.query };
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined) delete query[name];
      else query[name] = value;
    }
    void router[replace ? 'replace' : 'push']({ query, params: router.currentRoute.value.params });
  });
}

type Values<K> = { [N in keyof K]: K[N] extends Kind<infer T> ? WritableComputedRef<T> : never };

/**
 * The values of a view's query:
 *
 *   const { state, page } = useQuery({ state: choices(states), page: whole(1, 1) });
 *   state.value = ['firing'];   // is in the address
 *
 * replace is for what changes with every key that is pressed.
 */
export function useQuery<K extends Record<string, Kind<never> | Kind<unknown>>>(kinds: K, options: { replace?: boolean } = {}): Values<K> {
  const route = useRoute();
  const router = useRouter();
  const values = {} as Record<string, unknown>;
  for (const [name, kind] of Object.entries(kinds) as [string, Kind<unknown>][]) {
    values[name] = computed({
      get: () => kind.read(one(route.query, name)),
      set: (value) => changeQuery(router, { [name]: kind.write(value) }, options.replace),
    });
  }
  return values as Values<K>;
}
