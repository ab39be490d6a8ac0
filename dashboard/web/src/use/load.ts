// Questions of a view: asked when it is shown and whenever what they depend on
// changes. An answer that comes after the next question was asked is thrown away.
import { onScopeDispose, shallowRef, watch, type ShallowRef, type WatchSource } from 'vue';
import { Problem, type List } from '../api/call';
import { useLive } from '../live/live';

/** What failed because the server was away is asked again when the live connection is back. */
function whenBack(problem: ShallowRef<Problem | undefined>, reload: () => Promise<void>): void {
  const { status } = useLive();
  watch(() => status.value.state === 'live', (live) => {
    if (live && problem.value?.status === 0) void reload();
  });
}

export interface Loaded<T> {
  /** undefined before the first answer; the last good one while the next is awaited */
  value: ShallowRef<T | undefined>;
  problem: ShallowRef<Problem | undefined>;
  loading: ShallowRef<boolean>;
  reload(): Promise<void>;
}

/** Asks a question: useLoad(() => [at.value, from.value], (signal) => get('/…', { signal })). */
export function useLoad<T>(on: WatchSource, question: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const value = shallowRef<T>();
  const problem = shallowRef<Problem>();
  const loading = shallowRef(false);
  let asked: AbortController | undefined;

  async function reload(): Promise<void> {
    asked?.abort();
    const mine = (asked = new AbortController());
    loading.value = true;
    try {
      const answer = await question(mine.signal);
      if (asked !== mine) return;
      value.value = answer;
      problem.value = undefined;
    } catch (failure) {
      if (asked !== mine || mine.signal.aborted) return;
      if (!(failure instanceof Problem)) throw failure;
      problem.value = failure;
    } finally {
      if (asked === mine) loading.value = false;
    }
  }
  watch(on, () => void reload(), { immediate: true, deep: true });
  whenBack(problem, reload);
  onScopeDispose(() => asked?.abort());
  return { value, problem, loading, reload };
}

export interface Pages<T> {
  items: ShallowRef<readonly T[]>;
  total: ShallowRef<number | undefined>;
  /** there are more than were read */
  more: ShallowRef<boolean>;
  problem: ShallowRef<Problem | undefined>;
  loading: ShallowRef<boolean>;
  /** the first page has come */
  ready: ShallowRef<boolean>;
  next(): Promise<void>;
  reload(): Promise<void>;
}

/** A list that is read page by page, as one scrolls: usePages(on, (cursor, signal) => get('/…', { query: { cursor }, signal })). */
export function usePages<T>(on: WatchSource, question: (cursor: string | undefined, signal: AbortSignal) => Promise<List<T>>): Pages<T> {
  const items = shallowRef<readonly T[]>([]);
  const total = shallowRef<number>();
  const more = shallowRef(false);
  const problem = shallowRef<Problem>();
  const loading = shallowRef(false);
  const ready = shallowRef(false);
  let cursor: string | undefined;
  let asked: AbortController | undefined;

  async function ask(first: boolean): Promise<void> {
    asked?.abort();
    const mine = (asked = new AbortController());
    loading.value = true;
    try {
      const page = await question(first ? undefined : cursor, mine.signal);
      if (asked !== mine) return;
      items.value = first ? page.items : [...items.value, ...page.items];
      cursor = page.next;
      more.value = page.next !== undefined && page.next !== '';
      if (first) total.value = page.total;
      problem.value = undefined;
      ready.value = true;
    } catch (failure) {
      if (asked !== mine || mine.signal.aborted) return;
      if (!(failure instanceof Problem)) throw failure;
      problem.value = failure;
    } finally {
      if (asked === mine) loading.value = false;
    }
  }
  watch(on, () => {
    ready.value = false;
    void ask(true);
  }, { immediate: true, deep: true });
  whenBack(problem, () => ask(true));
  onScopeDispose(() => asked?.abort());
  return {
    items, total, more, problem, loading, ready,
    next: async () => {
      if (more.value && !loading.value) await ask(false);
    },
    reload: () => ask(true),
  };
}
