// Answers that are shown only with what they were asked for: beside another medium, place
// or period the numbers of the last one would be read as if they were of that one.
import { computed, type ComputedRef, type WatchSource } from 'vue';
import { useLoad, type Loaded } from '../../use/load';

export interface Answer<T> extends Omit<Loaded<T>, 'value' | 'stale'> {
  /** undefined until what is asked for now was answered; while that is asked again, the last answer */
  value: ComputedRef<T | undefined>;
}

/** Asks a question as useLoad does. */
export function useAnswer<T>(asked: WatchSource, question: (signal: AbortSignal) => Promise<T>): Answer<T> {
  const { value, stale, problem, loading, reload } = useLoad(asked, question);
  return { value: computed(() => (stale.value ? undefined : value.value)), problem, loading, reload };
}
