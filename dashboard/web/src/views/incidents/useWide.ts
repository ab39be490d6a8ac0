// Whether the window is so wide, in pixels.
import { onScopeDispose, shallowRef, type ShallowRef } from 'vue';

export function useWide(least: number): ShallowRef<boolean> {
  const query = window.matchMedia(`(min-width: ${least}px)`);
  const wide = shallowRef(query.matches);
  const measure = () => (wide.value = query.matches);
  query.addEventListener('change', measure);
  onScopeDispose(() => query.removeEventListener('change', measure));
  return wide;
}
