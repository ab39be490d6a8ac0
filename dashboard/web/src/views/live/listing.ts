// Which devices are shown, and in which order: those of the place, of the class and the
// building, that fit what is searched for. Worked out again a few times a second at
// most while devices come and go.
import { computed, onBeforeUnmount, onMounted, shallowRef, type ComputedRef, type ShallowRef } from 'vue';
import { placeName } from '../../live/names';
import { classes, type WireIncident } from '../../live/protocol';
import { useLive } from '../../live/live';
import type { Device, Store } from '../../live/store';
import { word, words } from '../../i18n';
import { conditionOf, incidentsByDevice, isTrouble } from './boards/condition';
import { buildingOf, known, wordsOf } from './directory';
import type { Route } from './parts/route';

/** The least time between two workings out, in milliseconds. */
const pause = 250;

export interface Listing {
  /** Counts up when it must be worked out again. */
  version: ShallowRef<number>;
  /** of the place and the class */
  all: ComputedRef<readonly Device[]>;
  /** of them, those that are wanted; what endangers people first */
  shown: ComputedRef<readonly Device[]>;
  /** the gravest open incident of each device, by path */
  incidents: ComputedRef<ReadonlyMap<string, WireIncident>>;
}

const collator = new Intl.Collator('en', { numeric: true });

export function inOrder(a: Device, b: Device): number {
  return collator.compare(a.region, b.region) || collator.compare(a.project, b.project) ||
    classes.indexOf(a.class) - classes.indexOf(b.class) || collator.compare(a.id, b.id);
}

/** Whether a device is of a place and a class; empty is any. */
export function isOf(device: Device, region: string, project: string, kind: string): boolean {
  return (!region || device.region === region) && (!project || device.project === project) && (!kind || device.class === kind);
}

/** Whether a device is one that is searched for: every word is in what it is called or where it is. */
function fits(device: Device, wanted: readonly string[]): boolean {
  if (wanted.length === 0) return true;
  const of = known(device);
  const text = `${device.path} ${of?.name ?? ''} ${of?.location ?? ''} ${placeName(device.region, device.project)} ${word(words().classOne, device.class)}`.toLowerCase();
  return wanted.every((part) => text.includes(part));
}

export function useListing(route: ComputedRef<Route>): Listing {
  const live = useLive();
  const { store } = live;
  const version = shallowRef(0);
  let due = 0;
  let at = 0;
  let ignore = () => {};
  onMounted(() => {
    ignore = live.listen((changes) => {
      if (due || !(changes.all || changes.list || changes.dangers || changes.incidents)) return;
      const wait = changes.all ? 0 : Math.max(0, at + pause - Date.now());
      due = window.setTimeout(() => {
        due = 0;
        at = Date.now();
        version.value++;
      }, wait);
    });
  });
  onBeforeUnmount(() => {
    ignore();
    window.clearTimeout(due);
  });

  const incidents = computed(() => {
    void version.value;
    return incidentsByDevice(store);
  });
  let sorted: Device[] = [];
  const all = computed<readonly Device[]>(() => {
    void version.value;
    if (changed(store, sorted)) sorted = [...store.devices.values()].sort(inOrder);
    // What is there after a change of place, before the server has told of the new one, is
    // that of the former: while it is away, for long.
    const { region, project, class: kind } = route.value;
    return sorted.filter((device) => isOf(device, region, project, kind));
  });
  const shown = computed<readonly Device[]>(() => {
    void version.value;
    const { q, only, building } = route.value;
    const wanted = wordsOf(q);
    const house = building.slice(building.lastIndexOf('/') + 1);
    const list = all.value.filter((device) => {
      if (only === 'offline' && device.connection !== 'offline') return false;
      if (only === 'trouble' && !isTrouble(conditionOf(store, device, incidents.value))) return false;
      if (house && buildingOf(device)?.id !== house) return false;
      return fits(device, wanted);
    });
    const { dangers } = store;
    return dangers.size === 0 ? list : [...list.filter((d) => dangers.has(d.path)), ...list.filter((d) => !dangers.has(d.path))];
  });
  return { version, all, shown, incidents };
}

/** Whether devices came or went: a snapshot makes all of them anew. */
function changed(store: Store, sorted: readonly Device[]): boolean {
  return sorted.length !== store.devices.size || (sorted[0] !== undefined && store.devices.get(sorted[0].path) !== sorted[0]);
}
