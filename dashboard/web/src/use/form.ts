// A form that somebody fills in: what differs from how it was opened is not thrown away
// unasked.
import type { RouteLocationNormalized } from 'vue-router';
import { useWritten } from './escape';

export interface Form {
  /** Whether it may be closed, which is asked about when something was filled in; if so it is left. */
  leave(): boolean;
  /** What stands in it now is not lost: it was sent, or is as it was read. */
  kept(): void;
}

/** Values are all that can be filled in; stays says which address leaves the form where it is, as useWritten has it. */
export function useForm(values: () => unknown, question: () => string, stays: (to: RouteLocationNormalized, was: RouteLocationNormalized) => boolean): Form {
  const filled = () => JSON.stringify(values());
  let opened = filled();
  const kept = () => {
    opened = filled();
  };
  const { mayLeave } = useWritten(() => filled() !== opened, question, stays);
  return {
    kept,
    leave: () => {
      const may = mayLeave();
      if (may) kept(); // the address that follows asks no second time
      return may;
    },
  };
}

/** Whether two hold the same. */
export const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** What stands in a form when another version was read: what was typed stays, the rest is as it is stored now. */
export function rebased<T extends object>(typed: T, before: T, now: T): T {
  const fields = Object.keys(now) as (keyof T)[];
  return Object.fromEntries(fields.map((field) => [field, same(typed[field], before[field]) ? now[field] : typed[field]])) as T;
}
