// Whether messages of a device arrive: asked again and again while one looks, since the
// device may be of any place and new to everybody.
import { onScopeDispose, shallowRef, watch, type WatchSource } from 'vue';
import type { Target } from './door';
import { Problem } from '../../../api/call';
import { list, type ItemOf } from '../../../api/client';
import { serverNow } from '../../../live/clock';
import { may } from '../../../session/session';

export type Latest = ItemOf<'/latest'>;
export type Letter = ItemOf<'/dead-letters'>;

export interface Arrival {
  /** since when one waits, by the server's clock */
  since: number;
  latest: Latest | undefined;
  /** of the registry: pending, active, …; empty when it is not there */
  state: string;
  /** the newest that was refused since then */
  refused: Letter | undefined;
}

const every = 2000;
/** The quarantine is asked less often: its query costs more. */
const lettersEvery = 3;

export function useArrival(target: () => Target | undefined, on: WatchSource) {
  const arrival = shallowRef<Arrival>();
  const problem = shallowRef<Problem>();
  let round = 0;
  let timer = 0;
  let gone = false;
  let asked: AbortController | undefined;

  async function ask(first: boolean): Promise<void> {
    window.clearTimeout(timer);
    asked?.abort();
    const mine = (asked = new AbortController());
    const of = target();
    if (!of) {
      arrival.value = undefined;
      return;
    }
    const { signal } = mine;
    if (first) {
      round = 0;
      arrival.value = { since: serverNow(), latest: undefined, state: '', refused: undefined };
    }
    const before = arrival.value!;
    try {
      if (document.visibilityState === 'visible' || first) {
        const place = { region: of.region, project: of.project };
        const [latest, state, refused] = await Promise.all([
          list('/latest', { query: { ...place, class: of.class, device: of.device, limit: 1 }, signal }),
          // As a list: to ask for one that is not there yet would be an error, every two seconds.
          list('/devices', { query: { ...place, class: of.class, search: of.device, limit: 200 }, signal }).then((page) => page.items.find((one) => one.id === of.device)?.state ?? ''),
          round % lettersEvery === 0 && may('configure', place)
            ? list('/dead-letters', { query: { ...place, topic: `/${of.class}/${of.device}/`, from: new Date(before.since).toISOString(), limit: 1 }, signal }).then((page) => page.items[0])
            : Promise.resolve(before.refused),
        ]);
        if (asked !== mine) return;
        round++;
        arrival.value = { since: before.since, latest: latest.items[0], state, refused };
        problem.value = undefined;
      }
    } catch (failure) {
      if (asked !== mine || signal.aborted) return;
      if (!(failure instanceof Problem)) throw failure;
      problem.value = failure;
    } finally {
      if (asked === mine && !gone) timer = window.setTimeout(() => void ask(false), every);
    }
  }
  watch(on, () => void ask(true), { immediate: true });
  onScopeDispose(() => {
    gone = true;
    window.clearTimeout(timer);
    asked?.abort();
  });
  return { arrival, problem, again: () => ask(false) };
}
