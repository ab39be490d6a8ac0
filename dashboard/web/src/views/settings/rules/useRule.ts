// One rule while it is edited: the text, what the server says of it as one types, what
// its back-tests said, and the change to be made. A rule is only enabled with a text
// whose back-test was seen.
import { computed, onScopeDispose, shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue';
import { ruleFault, type Backtest, type Mode, type Rule, type RuleFault } from './rules';
import { Problem } from '../../../api/call';
import { send } from '../../../api/client';

/** Back-tests of this visit, by text: going away and coming back does not lose them. */
const tests = new Map<string, Backtest>();
const mostTests = 20;

export interface Edited {
  text: ShallowRef<string>;
  /** as the server understands the text; undefined while it has problems, or was not asked yet */
  understood: ShallowRef<Rule | undefined>;
  faults: ShallowRef<readonly RuleFault[]>;
  /** the text is being looked at by the server */
  checking: ShallowRef<boolean>;
  checkProblem: ShallowRef<Problem | undefined>;
  valid: ComputedRef<boolean>;
  /** asks the server again about the text that stands there */
  check(): Promise<void>;
  /** of exactly this text */
  test: ComputedRef<Backtest | undefined>;
  /** files a result under the text that was tested, which need not be the present one any more */
  tested(result: Backtest, of: string): void;
}

/** How long after the last key the server is asked, in milliseconds. */
const pause = 350;

export function useEdited(first: string): Edited {
  const text = shallowRef(first);
  const understood = shallowRef<Rule>();
  const faults = shallowRef<readonly RuleFault[]>([]);
  const checking = shallowRef(false);
  const checkProblem = shallowRef<Problem>();
  const version = shallowRef(0);
  let timer = 0;
  let asked: AbortController | undefined;

  async function check(): Promise<void> {
    asked?.abort();
    const mine = (asked = new AbortController());
    checking.value = true;
    try {
      const { value } = await send('post', '/alert-rules/check', { body: { text: text.value }, signal: mine.signal });
      if (asked !== mine) return;
      understood.value = value.rule;
      faults.value = (value.problems ?? []).map((one) => ruleFault(one.line ?? 0, one.problem ?? ''));
      checkProblem.value = undefined;
    } catch (failure) {
      if (asked !== mine || mine.signal.aborted) return;
      if (!(failure instanceof Problem)) throw failure;
      checkProblem.value = failure;
    } finally {
      if (asked === mine) checking.value = false;
    }
  }
  watch(text, () => {
    window.clearTimeout(timer);
    // What is said of the former text is not said of this one.
    asked?.abort();
    asked = undefined;
    understood.value = undefined;
    if (text.value.trim() === '') {
      faults.value = [];
      checking.value = false;
      return;
    }
    checking.value = true;
    timer = window.setTimeout(() => void check(), pause);
  }, { immediate: true });
  onScopeDispose(() => {
    window.clearTimeout(timer);
    asked?.abort();
  });

  return {
    text, understood, faults, checking, checkProblem, check,
    valid: computed(() => understood.value !== undefined && faults.value.length === 0),
    test: computed(() => {
      void version.value;
      return tests.get(text.value);
    }),
    tested(result, of) {
      tests.delete(of);
      tests.set(of, result);
      for (const old of tests.keys()) {
        if (tests.size <= mostTests) break;
        tests.delete(old);
      }
      version.value++;
    },
  };
}

/** What stands in the editor, of which rule, and what of it is stored. */
export interface Standing {
  of: string;
  text: string;
  kept: string;
}

/** The text when a rule was read, maybe again: what somebody has written of the same one stays. */
export function textAfter(now: Standing, of: string, source: string): string {
  return now.of === of && now.text !== now.kept ? now.text : source;
}

/** Makes the rule, or changes it. */
export async function saveRule(rule: Rule | undefined, text: string, mode: Mode, etag: string, key: string): Promise<Rule> {
  const body = { text, mode };
  if (rule?.name && rule.source === 'api') return (await send('put', '/alert-rules/{name}', { path: { name: rule.name }, body, etag })).value;
  return (await send('post', '/alert-rules', { body, key })).value;
}
