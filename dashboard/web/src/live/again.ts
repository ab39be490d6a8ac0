// What the live connection does not tell of is asked again every so often, and when the
// page is seen again: timers of a machine that sleeps stand still.
import { onScopeDispose } from 'vue';

/** Calls what asks, each so many milliseconds, as long as a view is there. */
export function useAgain(every: number, ask: () => void): void {
  const awake = () => {
    if (!document.hidden) ask();
  };
  const timer = window.setInterval(awake, every);
  document.addEventListener('visibilitychange', awake);
  onScopeDispose(() => {
    window.clearInterval(timer);
    document.removeEventListener('visibilitychange', awake);
  });
}
