// What the devices of a list measure now where the live state leaves them out: of a whole
// company there are more than a page is told of. They are asked for by name.
import { onScopeDispose, shallowRef, watch, type ShallowRef } from 'vue';
import { list, type ItemOf } from '../../api/client';
import { Problem } from '../../api/call';
import { instant } from '../../format/format';
import { useAgain } from '../../live/again';
import type { Connection } from '../../live/protocol';

export interface Shown {
  connection: Connection;
  seen: number;
  values: ReadonlyMap<string, { value: number | string | null }>;
}

type Ask = (devices: string[]) => Promise<readonly ItemOf<'/latest'>[]>;

/** So many are asked for at once: their names stand in the address. */
const together = 50;

/** The states of devices by path. One of which nothing is known has a state that says so. */
export async function readLatest(paths: readonly string[], ask: Ask): Promise<Map<string, Shown>> {
  const found = new Map<string, Shown>();
  for (let i = 0; i < paths.length; i += together) {
    const some = paths.slice(i, i + together);
    for (const path of some) found.set(path, { connection: 'unknown', seen: 0, values: new Map() });
    for (const one of await ask(some)) {
      found.set(`${one.region}/${one.project}/${one.class}/${one.device}`, {
        connection: one.connection ?? 'unknown', seen: instant(one.seen), values: new Map((one.values ?? []).map((value) => [value.metric ?? '', { value: value.text ?? value.value ?? null }])),
      });
    }
  }
  return found;
}

/** How often a list is gone round again, in milliseconds. */
const every = 30_000;

/** The states of the devices of a list, as it grows. */
export function useLatest(paths: () => readonly string[]): ShallowRef<ReadonlyMap<string, Shown>> {
  const shown = shallowRef<ReadonlyMap<string, Shown>>(new Map());
  /** of which it is known how they are, and those that are asked for just now */
  const asked = new Set<string>();
  const gone = new AbortController();

  /** True when the server has told of them. */
  async function read(some: readonly string[]): Promise<boolean> {
    for (const path of some) asked.add(path);
    try {
      const found = await readLatest(some, async (devices) => (await list('/latest', { query: { devices, limit: devices.length }, signal: gone.signal })).items);
      shown.value = new Map([...shown.value, ...found]);
      return true;
    } catch (failure) {
      for (const path of some) if (!shown.value.has(path)) asked.delete(path); // and are asked for with the next change, or in the next round
      if (!gone.signal.aborted && !(failure instanceof Problem)) throw failure;
      return false;
    }
  }
  watch(paths, (all) => {
    const fresh = all.filter((path) => !asked.has(path));
    if (fresh.length > 0) void read(fresh);
  }, { immediate: true });

  let round = false;
  /** One part after another, and nothing that is asked for just now: of two answers the older one could come last. */
  async function renew(): Promise<void> {
    if (round) return;
    round = true;
    try {
      for (let i = 0; i < paths().length; i += together) {
        const some = paths().slice(i, i + together).filter((path) => shown.value.has(path) || !asked.has(path));
        if (some.length > 0 && !(await read(some))) return;
      }
    } finally {
      round = false;
    }
  }
  useAgain(every, () => void renew());
  onScopeDispose(() => gone.abort());
  return shown;
}
