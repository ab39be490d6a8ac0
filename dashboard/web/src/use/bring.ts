// A file that is brought in: checked first, then stored. What is stored is the file of
// which the report is: another one that is chosen calls off the check of the former.
import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from 'vue';
import { newKey } from '../api/client';
import { Problem } from '../api/call';

/** What the server takes at most, in bytes. */
const mostBytes = 32 << 20;
const types: Record<string, string> = { csv: 'text/csv', xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' };

/** Sends a file, to be checked only when it is dry; key makes storing it twice the same as once. */
export type Post<R> = (body: Blob, how: { dry: boolean; key?: string; signal: AbortSignal }) => Promise<R>;

export interface Report {
  dry_run?: boolean;
  problems?: readonly unknown[] | null;
}

export interface Brought<R> {
  file: ShallowRef<File | undefined>;
  /** of the file: of its check, or of what was stored */
  report: ShallowRef<R | undefined>;
  problem: ShallowRef<Problem | undefined>;
  /** why the file is not even sent */
  wrong: Ref<'' | 'wrongType' | 'tooLarge'>;
  busy: Ref<boolean>;
  /** the file is being stored: it is too late for another */
  storing: Ref<boolean>;
  choose(chosen: File | undefined): Promise<void>;
  /** stores the file that was checked; true when it is */
  store(): Promise<boolean>;
  /** as if none had been chosen; what is being stored is stored */
  forget(): void;
}

export function useBring<R extends Report>(send: Post<R>): Brought<R> {
  const file = shallowRef<File>();
  const report = shallowRef<R>();
  const problem = shallowRef<Problem>();
  const wrong = ref<'' | 'wrongType' | 'tooLarge'>('');
  const busy = ref(false);
  const storing = ref(false);
  let key = '';
  let asked: AbortController | undefined;

  const typeOf = (of: File) => types[of.name.split('.').at(-1)?.toLowerCase() ?? ''];
  function forget(): void {
    if (!storing.value) asked?.abort();
    asked = undefined;
    file.value = report.value = problem.value = undefined;
    busy.value = false;
    wrong.value = '';
  }
  async function choose(chosen: File | undefined): Promise<void> {
    if (!chosen || storing.value) return;
    forget();
    file.value = chosen;
    key = newKey();
    wrong.value = !typeOf(chosen) ? 'wrongType' : chosen.size > mostBytes ? 'tooLarge' : '';
    if (!wrong.value) await post(chosen, true);
  }
  async function post(chosen: File, dry: boolean): Promise<void> {
    const mine = (asked = new AbortController());
    busy.value = true;
    problem.value = undefined;
    try {
      const body = new Blob([chosen], { type: typeOf(chosen) ?? '' });
      const said = await send(body, { dry, signal: mine.signal, ...(dry ? {} : { key }) });
      if (asked === mine) report.value = said;
    } catch (failure) {
      if (asked !== mine || mine.signal.aborted) return;
      if (!(failure instanceof Problem)) throw failure;
      problem.value = failure;
    } finally {
      if (asked === mine) busy.value = false;
    }
  }
  async function store(): Promise<boolean> {
    const chosen = file.value;
    if (!chosen || busy.value || !report.value) return false;
    storing.value = true;
    try {
      await post(chosen, false);
    } finally {
      storing.value = false;
    }
    return !problem.value && report.value?.dry_run === false && (report.value.problems ?? []).length === 0;
  }
  // What is being stored is not called off: whoever closes the pane wanted it.
  onScopeDispose(forget);
  return { file, report, problem, wrong, busy, storing, choose, store, forget };
}
