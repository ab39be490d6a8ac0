// Answers that are shown only with what they were asked for. useLoad keeps the last one
// while the next is awaited; beside another medium, place or period its numbers would be
// read as if they were of that one.
import { computed, type ComputedRef } from 'vue';
import { useLoad, type Loaded } from '../../use/load';

export interface Answer<T> extends Omit<Loaded<T>, 'value'> {
  /** undefined until what is asked for now was answered; while that is asked again, the last answer */
  value: ComputedRef<T | undefined>;
}

/** Asks a question as useLoad does; asked is all that the answer depends on. */
export function useAnswer<T>(asked: () => unknown, question: (signal: AbortSignal) => Promise<T>): Answer<T> {
  const key = computed(() => JSON.stringify(asked()));
  const { value, problem, loading, reload } = useLoad(key, async (signal) => {
    const of = key.value;
    return { of, is: await question(signal) };
  });
  return { value: computed(() => answerOf(value.value, key.value)), problem, loading, reload };
}

/** The answer, if it is of what is asked for. */
export function answerOf<T>(last: { of: string; is: T } | undefined, key: string): T | undefined {
  return last?.of === key ? last.is : undefined;
}
