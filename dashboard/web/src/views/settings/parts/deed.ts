// Something that a person does, at the press of a button: once at a time, and what the
// server said against it is kept to be shown.
import { shallowRef, type ShallowRef } from 'vue';
import { Problem } from '../../../api/call';

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
