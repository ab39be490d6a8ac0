// One incident with its timeline, as it was read and as the live connection goes on
// telling of it.
import { computed, onScopeDispose, shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue';
import { get, list } from '../../api/client';
import type { Problem } from '../../api/call';
import { merged } from '../../live/incidents';
import { useLive } from '../../live/live';
import type { WireEntry, WireIncident } from '../../live/protocol';
import { useLoad } from '../../use/load';

/** How many entries are read at most, by the thousand; the evidence has all of them. */
const most = 5000;
/** What the server pushes has no data: the timeline is read again this long after it, in milliseconds. */
const readAfter = 500;

/** An entry with its place in the chain, where the API said it. */
export type Entry = WireEntry & { hash?: string };

export interface OneIncident {
  incident: ComputedRef<WireIncident | undefined>;
  /** the newest first */
  entries: ShallowRef<Entry[]>;
  /** there are more than were read */
  partial: ShallowRef<boolean>;
  problem: ShallowRef<Problem | undefined>;
  reload(): Promise<void>;
}

export function useIncident(id: string): OneIncident {
  const live = useLive();
  const version = shallowRef(0);
  const entries = shallowRef<Entry[]>([]);
  const partial = shallowRef(false);
  const loaded = useLoad(() => id, async (signal) => {
    const path = { incident: id };
    const reading = get('/incidents/{incident}', { path, signal });
    reading.catch(() => undefined); // it is awaited below, unless the timeline fails before
    const read: Entry[] = [];
    let cursor: string | undefined;
    do {
      const page = await list('/incidents/{incident}/timeline', { path, query: { limit: 1000, cursor }, signal });
      read.push(...(page.items as unknown as Entry[]));
      cursor = page.next;
    } while (cursor && read.length < most);
    if (signal.aborted) throw signal.reason;
    entries.value = merged(entries.value, read);
    partial.value = Boolean(cursor);
    return (await reading) as unknown as WireIncident;
  });
  const incident = computed(() => {
    void version.value;
    const known = loaded.value.value;
    const told = live.store.incidents.find(id);
    return told && known && known.version > told.version ? known : told ?? known;
  });

  /** Up to which version the timeline was read, or is about to be. */
  let covered = -1;
  watch(loaded.value, (known) => (covered = Math.max(covered, known?.version ?? -1)));
  let reading = 0;
  let told = live.store.incidents.find(id);
  function readSoon(): void {
    window.clearTimeout(reading);
    reading = window.setTimeout(() => void loaded.reload(), readAfter);
  }
  onScopeDispose(live.listen((changes) => {
    const before = told;
    if (changes.incidents) {
      version.value++;
      told = live.store.incidents.find(id);
    }
    const mine = changes.entries.filter((entry) => entry.incident === id);
    if (mine.length > 0) entries.value = merged(entries.value, mine);
    // After a break the connection tells how incidents are and not what was added to
    // them; and of one that ended meanwhile nothing at all.
    const silent = told ? told.version > covered : before !== undefined;
    if (mine.length === 0 && !(changes.incidents && loaded.value.value && silent)) return;
    covered = Math.max(covered, told?.version ?? -1);
    readSoon();
  }));
  onScopeDispose(() => window.clearTimeout(reading));
  return { incident, entries, partial, problem: loaded.problem, reload: loaded.reload };
}
