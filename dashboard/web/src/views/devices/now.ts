// What one device measures now: from the live state when that has the device, else asked
// for every few seconds, as where the page looks at another part of the company or at
// more devices than it is told of.
import { computed, onScopeDispose, shallowRef, watch, type ComputedRef } from 'vue';
import { list } from '../../api/client';
import { Problem } from '../../api/call';
import { instant } from '../../format/format';
import { useLive } from '../../live/live';
import type { Connection } from '../../live/protocol';
import { chosen, pathOf, sortMetrics, type Ref } from './device';

export interface NowValue {
  name: string;
  value: number | string | null;
  ts: number;
  received: number;
}

export interface DeviceNow {
  connection: Connection;
  since: number;
  seen: number;
  values: NowValue[];
}

/** How often it is asked for, in milliseconds. */
const every = 10_000;

export function useDeviceNow(of: () => Ref): { now: ComputedRef<DeviceNow | undefined>; ready: ComputedRef<boolean> } {
  const live = useLive();
  const asked = shallowRef<DeviceNow | null>();
  // The live state changes a device in place: that it is the same one does not mean that
  // it is as it was, so what is made of it is made again with each of its changes.
  const version = shallowRef(0);
  onScopeDispose(live.listen((changes) => {
    if (changes.all || changes.devices.has(pathOf(of()))) version.value++;
  }));
  const found = () => {
    void version.value;
    return live.store.devices.get(pathOf(of()));
  };
  let mine = 0;

  async function ask(): Promise<void> {
    const turn = ++mine;
    const ref = of();
    try {
      const { items } = await list('/latest', { query: { ...chosen(ref), limit: 1 } });
      if (turn !== mine) return;
      const item = items[0];
      asked.value = item
        ? {
            connection: item.connection ?? 'unknown', since: instant(item.since), seen: instant(item.seen),
            values: (item.values ?? []).map((one) => ({ name: one.metric ?? '', value: one.text ?? one.value ?? null, ts: instant(one.ts), received: instant(one.received) })),
          }
        : null;
    } catch (failure) {
      if (!(failure instanceof Problem)) throw failure;
      if (turn === mine) asked.value ??= null;
    }
  }
  const timer = window.setInterval(() => {
    if (!found() && document.visibilityState === 'visible') void ask();
  }, every);
  onScopeDispose(() => window.clearInterval(timer));
  watch(() => pathOf(of()), () => {
    asked.value = undefined;
    if (!found()) void ask();
  }, { immediate: true });

  const now = computed<DeviceNow | undefined>(() => {
    const device = found();
    const kind = of().class;
    const sorted = (values: NowValue[]) => {
      const byName = new Map(values.map((value) => [value.name, value]));
      return sortMetrics(kind, [...byName.keys()]).map((name) => byName.get(name)!);
    };
    if (device) {
      return { connection: device.connection, since: device.since, seen: device.seen, values: sorted([...device.values].map(([name, value]) => ({ name, ...value }))) };
    }
    return asked.value ? { ...asked.value, values: sorted(asked.value.values) } : undefined;
  });
  return { now, ready: computed(() => found() !== undefined || asked.value !== undefined) };
}
