// Something that a person does, at the press of a button: once at a time, and what the
// server said against it is kept to be shown.
import { computed, shallowRef, type ComputedRef, type ShallowRef } from 'vue';
import { useI18n } from 'vue-i18n';
import { Problem } from '../../../api/call';
import { newKey } from '../../../api/client';
import { useWritten } from '../../../use/escape';

export interface Deed {
  busy: ShallowRef<boolean>;
  problem: ShallowRef<Problem | undefined>;
  /** true when it was done */
  run(act: () => Promise<void>): Promise<boolean>;
  forget(): void;
}

export function useDeed(): Deed {
  const busy = shallowRef(false);
  const problem = shallowRef<Problem>();
  return {
    busy,
    problem,
    forget: () => (problem.value = undefined),
    async run(act) {
      if (busy.value) return false;
      busy.value = true;
      problem.value = undefined;
      try {
        await act();
        return true;
      } catch (failure) {
        if (!(failure instanceof Problem)) throw failure;
        problem.value = failure;
        return false;
      } finally {
        busy.value = false;
      }
    },
  };
}

/**
 * The keys of requests that must not be carried out twice: the same request has the same key until
 * it was answered, another one has another. What the server refused it did not do, and takes under
 * the same key; what it did before and will not tell again (already_done) is over.
 */
export function onceEach(): <T>(what: unknown, perform: (key: string) => Promise<T>) => Promise<T> {
  let wanted: { what: string; key: string } | undefined;
  return async (what, perform) => {
    const text = JSON.stringify(what);
    if (wanted?.what !== text) wanted = { what: text, key: newKey() };
    try {
      const value = await perform(wanted.key);
      wanted = undefined;
      return value;
    } catch (failure) {
      if (failure instanceof Problem && failure.code === 'already_done') wanted = undefined;
      throw failure;
    }
  };
}

export interface Telling extends Omit<Deed, 'run'> {
  /** it was done before, and what was to be told got lost on the way */
  lost: ComputedRef<boolean>;
  /** true when it was done; what says which request it is */
  ask(what: unknown, act: (key: string) => Promise<void>): Promise<boolean>;
}

/** A deed whose answer may say what is told only once, such as a password: until it is there, nobody leaves it unasked. */
export function useTelling(): Telling {
  const { t } = useI18n();
  const { busy, problem, run, forget } = useDeed();
  const once = onceEach();
  useWritten(() => busy.value, () => t('settings.untold'));
  return { busy, problem, forget, lost: computed(() => problem.value?.code === 'already_done'), ask: (what, act) => run(() => once(what, act)) };
}
