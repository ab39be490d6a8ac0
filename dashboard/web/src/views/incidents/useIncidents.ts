// The list of incidents as the filters say, kept true by the live connection: of two
// versions of one the newer is shown, and the list is read again when new ones come.
import { computed, onBeforeUnmount, onMounted, shallowRef, type ComputedRef } from 'vue';
import { list as pageOf } from '../../api/client';
import type { List } from '../../api/call';
import { serverNow } from '../../live/clock';
import { useLive } from '../../live/live';
import type { WireIncident } from '../../live/protocol';
import { useAt } from '../../use/at';
import { usePages, type Pages } from '../../use/load';
import { lets, questionOf, type Filters } from './filters';

/** New ones are read with the rest of the list, once for all that come within this long, in milliseconds. */
const readAfter = 800;

export function useIncidents(filters: Filters): { list: Pages<WireIncident>; rows: ComputedRef<readonly WireIncident[]> } {
  const live = useLive();
  const { at } = useAt();
  const list = usePages<WireIncident>(() => filters.all.value, async (cursor, signal) => {
    const page = await pageOf('/incidents', { query: { limit: 200, cursor, ...questionOf(filters, at.value, serverNow()) }, signal });
    return page as unknown as List<WireIncident>;
  });

  /** Of two versions the newer: the connection may know more than the list did. */
  const version = shallowRef(0);
  const rows = computed(() => {
    void version.value;
    const now = serverNow();
    return list.items.value.flatMap((incident) => {
      const known = live.store.incidents.find(incident.id);
      if (!known || known.version <= incident.version) return [incident];
      return lets(filters, at.value, known, now) ? [known] : [];
    });
  });

  const read = new Set<string>(); // for which the list was read again
  let reading = 0;
  let ignore = () => {};
  function notice(): void {
    const listed = new Set(list.items.value.map((incident) => incident.id));
    const now = serverNow();
    // Those that are over now belong to their own list; that one is read for any change.
    const over = filters.show.value === 'resolved';
    const fresh = over ? [] : [...live.store.incidents.open.values()].filter((one) => !listed.has(one.id) && !read.has(one.id) && lets(filters, at.value, one, now));
    if ((fresh.length === 0 && !over) || reading) return;
    reading = window.setTimeout(() => {
      reading = 0;
      for (const { id } of fresh) read.add(id);
      void list.reload();
    }, readAfter);
  }
  onMounted(() => {
    ignore = live.listen((changes) => {
      if (!changes.incidents) return;
      version.value++;
      notice();
    });
  });
  onBeforeUnmount(() => {
    ignore();
    window.clearTimeout(reading);
  });
  return { list, rows };
}
