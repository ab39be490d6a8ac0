// The list of incidents as the filters say, kept true by the live connection: of two
// versions of one the newer is shown, and what the list lacks is read when it comes.
import { computed, onScopeDispose, shallowRef, watch, type ComputedRef } from 'vue';
import { list as pageOf } from '../../api/client';
import { Problem, type List } from '../../api/call';
import { serverNow } from '../../live/clock';
import { useLive } from '../../live/live';
import type { WireIncident } from '../../live/protocol';
import { useAt } from '../../use/at';
import { usePages, type Pages } from '../../use/load';
import { lets, questionOf, type Filters } from './filters';

/** New ones are read once for all that come within this long, and again so long after that failed, in milliseconds. */
const readAfter = 800;
const readAgainAfter = 5000;

/** A list with its first page as it is now: who has read further keeps what he has read. */
export function withFirst<T extends { id: string }>(known: readonly T[], page: List<T>): readonly T[] {
  if (!page.next) return page.items; // that is all of it
  const first = new Set(page.items.map(({ id }) => id));
  return [...page.items, ...known.filter(({ id }) => !first.has(id))];
}

export function useIncidents(filters: Filters): { list: Pages<WireIncident>; rows: ComputedRef<readonly WireIncident[]> } {
  const live = useLive();
  const { at } = useAt();
  const ask = async (cursor: string | undefined, signal: AbortSignal) =>
    (await pageOf('/incidents', { query: { limit: 200, cursor, ...questionOf(filters, at.value, serverNow()) }, signal })) as unknown as List<WireIncident>;
  const list = usePages<WireIncident>(() => filters.all.value, ask);

  /** Of two versions the newer: the connection may know more than the list did. */
  const version = shallowRef(0);
  const rows = computed(() => {
    void version.value;
    const now = serverNow();
    const seen = new Set<string>(); // one that moved in the order may be in two pages
    return list.items.value.flatMap((incident) => {
      if (seen.has(incident.id)) return [];
      seen.add(incident.id);
      const known = live.store.incidents.find(incident.id);
      if (!known || known.version <= incident.version) return [incident];
      return lets(filters, at.value, known, now) ? [known] : [];
    });
  });

  const read = new Set<string>(); // for which the first page was read
  const ended = new Set<string>(); // that were open when this was begun
  const doubted = new Set<string>(); // for which the list was read from its beginning
  let anew = false; // the connection told all of them anew
  let open = new Set(live.store.incidents.open.keys());
  let reading = 0;
  let asked: AbortController | undefined;

  /** Those that the list lacks, as far as the connection tells. */
  function lacking(): string[] {
    const now = serverNow();
    const { incidents } = live.store;
    const listed = new Set(list.items.value.map(({ id }) => id));
    // Those that are over belong to their own list. Of what ended during a break the
    // connection says no more than that it is not open.
    const all = filters.show.value === 'resolved' ? ended : incidents.open.keys();
    return [...all].filter((id) => {
      if (listed.has(id) || read.has(id)) return false;
      const known = incidents.find(id);
      return !known || lets(filters, at.value, known, now);
    });
  }
  /**
   * Those that are listed as open and of which the connection knows nothing: they ended in a
   * break, or too many did at once. Where it was told of a part only that says nothing, but
   * when it was told anew.
   */
  function doubtful(): string[] {
    const { incidents } = live.store;
    if (incidents.cursor < 0 || (incidents.partial && !anew)) return [];
    return list.items.value.filter(({ id, state }) => state !== 'resolved' && !incidents.find(id) && !doubted.has(id)).map(({ id }) => id);
  }
  /** The list from its beginning: of what was read further nobody knows what became of it. */
  async function startAgain(ids: readonly string[]): Promise<void> {
    for (const id of ids) doubted.add(id);
    anew = false;
    asked?.abort();
    await list.reload();
    if (!list.problem.value) return;
    for (const id of ids) doubted.delete(id);
    anew = true;
    later(readAgainAfter);
  }
  /** The first page comes before what was read: whoever has scrolled stays where he is. */
  async function refresh(): Promise<void> {
    const gone = doubtful();
    if (gone.length > 0) return startAgain(gone);
    const ids = lacking();
    for (const id of ids) read.add(id);
    asked?.abort();
    const mine = (asked = new AbortController());
    try {
      const page = await ask(undefined, mine.signal);
      if (mine.signal.aborted) return;
      list.items.value = withFirst(list.items.value, page);
      list.total.value = page.total;
    } catch (failure) {
      for (const id of ids) read.delete(id);
      if (mine.signal.aborted) return;
      if (!(failure instanceof Problem)) throw failure;
      later(readAgainAfter);
    }
  }
  function later(after: number): void {
    window.clearTimeout(reading);
    reading = window.setTimeout(() => {
      reading = 0;
      void refresh();
    }, after);
  }
  onScopeDispose(live.listen((changes) => {
    if (!changes.incidents) return;
    version.value++;
    const now = live.store.incidents.open;
    for (const id of open) if (!now.has(id)) ended.add(id);
    for (const id of now.keys()) ended.delete(id);
    open = new Set(now.keys());
    if (changes.gap) {
      anew = true;
      doubted.clear();
    }
    for (const id of doubted) if (now.has(id)) doubted.delete(id);
    if (reading || !list.ready.value) return;
    const doubts = doubtful().length > 0;
    if (!doubts) anew = false; // what is listed after this was read after it
    if (doubts || lacking().length > 0) later(readAfter);
  }));
  // Another question is asked from its beginning.
  watch(() => filters.all.value, () => {
    asked?.abort();
    window.clearTimeout(reading);
    reading = 0;
    read.clear();
    doubted.clear();
  }, { flush: 'sync' });
  onScopeDispose(() => {
    asked?.abort();
    window.clearTimeout(reading);
  });
  return { list, rows };
}
