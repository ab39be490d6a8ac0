// Questions of a view: asked when it is shown and whenever what they depend on
// changes. An answer that comes after the next question was asked is thrown away, and
// the former one is gone with its question: under the names of another place or period
// its numbers would be read as if they were of that one.
//
// What a question depends on is compared by value: each change of the address, such as
// a row that is opened, makes new objects of the same place and filter.
import { computed, onScopeDispose, shallowRef, toValue, watch, type ComputedRef, type ShallowRef, type WatchSource } from 'vue';
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
  /** undefined until what is asked for now was answered; while that is asked again, its last good answer */
  value: ComputedRef<T | undefined>;
  /** the last good answer, whatever was asked for: for what says itself what it shows, as a chart that is moved */
  latest: ShallowRef<T | undefined>;
  problem: ShallowRef<Problem | undefined>;
  loading: ShallowRef<boolean>;
  reload(): Promise<void>;
}

/** Asks a question: useLoad(() => [at.value, from.value], (signal) => get('/…', { signal })). */
export function useLoad<T>(on: WatchSource, question: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const latest = shallowRef<T>();
  const problem = shallowRef<Problem>();
  const loading = shallowRef(false);
  const key = computed(() => JSON.stringify(toValue(on)));
  const answered = shallowRef<string>();
  let failed: string | undefined;
  let asked: AbortController | undefined;

  async function reload(): Promise<void> {
    asked?.abort();
    const mine = (asked = new AbortController());
    const about = key.value;
    loading.value = true;
    if (problem.value && failed !== about) problem.value = undefined;
    try {
      const answer = await question(mine.signal);
      if (asked !== mine) return;
      latest.value = answer;
      answered.value = about;
      problem.value = undefined;
    } catch (failure) {
      if (asked !== mine || mine.signal.aborted) return;
      if (answered.value !== about) latest.value = undefined;
      if (!(failure instanceof Problem)) throw failure;
      problem.value = failure;
      failed = about;
    } finally {
      if (asked === mine) loading.value = false;
    }
  }
  watch(key, () => void reload(), { immediate: true });
  whenBack(problem, reload);
  onScopeDispose(() => asked?.abort());
  return { value: computed(() => (answered.value === key.value ? latest.value : undefined)), latest, problem, loading, reload };
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
  /** reads the next page; after a failure only retry does, or it would be asked without end */
  next(): Promise<void>;
  /** asks again what failed: the list, or the page of it that is missing */
  retry(): Promise<void>;
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
  const key = computed(() => JSON.stringify(toValue(on)));
  let cursor: string | undefined;
  let failedFirst = true;
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
      if (!ready.value) {
        items.value = [];
        total.value = undefined;
        more.value = false;
      }
      if (!(failure instanceof Problem)) throw failure;
      problem.value = failure;
      failedFirst = first;
    } finally {
      if (asked === mine) loading.value = false;
    }
  }
  const retry = () => ask(failedFirst);
  watch(key, () => {
    ready.value = false;
    problem.value = undefined;
    void ask(true);
  }, { immediate: true });
  whenBack(problem, retry);
  onScopeDispose(() => asked?.abort());
  return {
    items, total, more, problem, loading, ready,
    next: async () => {
      if (more.value && !loading.value && !problem.value) await ask(false);
    },
    retry,
    reload: () => ask(true),
  };
}
