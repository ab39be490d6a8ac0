// A file that is brought in: checked first, then stored. What is stored is the file of
// which the report is: another one that is chosen calls off the check of the former.
import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from 'vue';
import { newKey, send } from '../../api/client';
import { Problem } from '../../api/call';
import type { TableReport } from '../../api/schema';
import type { OperationsKind } from './kinds';

/** What the server takes at most, in bytes. */
const mostBytes = 32 << 20;
const types: Record<string, string> = { csv: 'text/csv', xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' };

export interface Brought {
  file: ShallowRef<File | undefined>;
  /** of the file: of its check, or of what was stored */
  report: ShallowRef<TableReport | undefined>;
  problem: ShallowRef<Problem | undefined>;
  /** why the file is not even sent */
  wrong: Ref<'' | 'wrongType' | 'tooLarge'>;
  busy: Ref<boolean>;
  /** the file is being stored: it is too late for another */
  storing: Ref<boolean>;
  choose(chosen: File | undefined): Promise<void>;
  /** stores the file that was checked; true when it is */
  store(): Promise<boolean>;
}

export function useBring(kind: OperationsKind): Brought {
  const file = shallowRef<File>();
  const report = shallowRef<TableReport>();
  const problem = shallowRef<Problem>();
  const wrong = ref<'' | 'wrongType' | 'tooLarge'>('');
  const busy = ref(false);
  const storing = ref(false);
  let key = '';
  let asked: AbortController | undefined;

  const typeOf = (of: File) => types[of.name.split('.').at(-1)?.toLowerCase() ?? ''];
  async function choose(chosen: File | undefined): Promise<void> {
    if (!chosen || storing.value) return;
    asked?.abort();
    asked = undefined;
    file.value = chosen;
    report.value = problem.value = undefined;
    busy.value = false;
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
      const { value } = await send('post', `/import/${kind}`, { query: { dry_run: dry }, body, signal: mine.signal, ...(dry ? {} : { key }) });
      if (asked === mine) report.value = value;
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
    return !problem.value && report.value.dry_run !== true && (report.value.problems ?? []).length === 0;
  }
  // What is being stored is not called off: whoever closes the pane wanted it.
  onScopeDispose(() => {
    if (!storing.value) asked?.abort();
  });
  return { file, report, problem, wrong, busy, storing, choose, store };
}
