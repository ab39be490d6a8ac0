// Whether the screen is a phone's: some lists then show less.
import { onScopeDispose, ref, type Ref } from 'vue';

export function useNarrow(): Ref<boolean> {
  const query = window.matchMedia('(max-width: 760px)');
  const narrow = ref(query.matches);
  const changed = () => (narrow.value = query.matches);
  query.addEventListener('change', changed);
  onScopeDispose(() => query.removeEventListener('change', changed));
  return narrow;
}
