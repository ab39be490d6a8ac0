// What is typed into a search: it goes into the address when one pauses.
import { onScopeDispose, ref, watch, type Ref } from 'vue';

/**
 * The text of an input, and what its input event calls. The value follows after a pause
 * in milliseconds; one who has left by then has left it: the address is another view's.
 */
export function useTyped(value: Ref<string>, pause = 250): { typed: Ref<string>; type(): void } {
  const typed = ref(value.value);
  let timer: ReturnType<typeof setTimeout> | undefined;
  watch(value, (present) => {
    clearTimeout(timer);
    if (present !== typed.value.trim()) typed.value = present;
  });
  onScopeDispose(() => clearTimeout(timer));
  return {
    typed,
    type: () => {
      clearTimeout(timer);
      timer = setTimeout(() => (value.value = typed.value.trim()), pause);
    },
  };
}
