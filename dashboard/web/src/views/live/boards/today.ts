// What the devices in view have used today, against the same weekday a week before up
// to the same hour, as the analysis of consumption has counted it. Asked for in few
// questions, and again when it has become old.
import { onScopeDispose, shallowRef, watch, type ShallowRef } from 'vue';
import { get, type ItemOf } from '../../../api/client';
import { zoneOf } from '../../../live/names';
import { serverNow } from '../../../live/clock';
import { startOfDay } from './day';

export type Use = ItemOf<'/consumption/weeks'>;
/** By metric. */
export type Today = ReadonlyMap<string, Use>;

/** How old an answer may be, in milliseconds: hours are counted once an hour. */
const good = 5 * 60_000;
/** After a failure, in milliseconds. */
const retry = 60_000;
/** What scrolls by is not asked for. */
const pause = 300;
/** Of one question. */
const most = 100;

const known = new Map<string, { at: number; day: number; of: Map<string, Use> }>();

/** What each device in view used today, by path. Empty where it is not known yet, or cannot be. */
export function useToday(paths: () => readonly string[]): ShallowRef<ReadonlyMap<string, Today>> {
  const shown = shallowRef<ReadonlyMap<string, Today>>(new Map());
  let timer = 0;
  const stop = new AbortController();

  function show(): void {
    shown.value = new Map(paths().flatMap((path) => {
      const one = known.get(path);
      return one ? [[path, one.of] as const] : [];
    }));
  }

  async function ask(): Promise<void> {
    const now = Date.now();
    const days = new Map<number, string[]>(); // of one beginning of the day, by zone
    for (const path of paths()) {
      const [region = '', project = ''] = path.split('/');
      const day = startOfDay(serverNow(), zoneOf(region, project));
      const one = known.get(path);
      if (one && one.day === day && now - one.at < good) continue;
      days.set(day, [...(days.get(day) ?? []), path]);
    }
    for (const [day, list] of days) {
      for (let i = 0; i < list.length; i += most) {
        const devices = list.slice(i, i + most);
        try {
          const answer = await get('/consumption/weeks', { query: { devices, from: new Date(day).toISOString() }, signal: stop.signal });
          const fresh = new Map(devices.map((path) => [path, { at: Date.now(), day, of: new Map<string, Use>() }]));
          for (const item of answer.items ?? []) fresh.get(`${item.region}/${item.project}/${item.class}/${item.device}`)?.of.set(item.metric ?? '', item);
          for (const [path, one] of fresh) known.set(path, one);
        } catch {
          if (stop.signal.aborted) return;
          // The board works without it; it is asked again in a while.
          for (const path of devices) known.set(path, { at: Date.now() - good + retry, day, of: known.get(path)?.of ?? new Map() });
        }
      }
    }
    show();
  }
  const soon = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void ask(), pause);
  };
  watch(paths, () => {
    show();
    soon();
  }, { immediate: true });
  const again = window.setInterval(soon, good);
  onScopeDispose(() => {
    window.clearTimeout(timer);
    window.clearInterval(again);
    stop.abort();
  });
  return shown;
}

/** How much more than then, as a share; undefined where the two cannot be compared. */
export function changeOf(use: Use | undefined): number | undefined {
  const { used, used_then: then, hours = 0, hours_then: thenHours = 0 } = use ?? {};
  if (used === undefined || used === null || then === undefined || then === null || thenHours !== hours || then <= 0) return undefined;
  return used / then - 1;
}
