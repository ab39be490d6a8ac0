// Asks again from time to time, as long as somebody looks.
import { onBeforeUnmount, onMounted } from 'vue';

export function usePoll(again: () => Promise<void>, every: () => number): void {
  let timer = 0;
  async function tick(): Promise<void> {
    if (document.visibilityState === 'visible') await again();
    timer = window.setTimeout(() => void tick(), every());
  }
  onMounted(() => (timer = window.setTimeout(() => void tick(), every())));
  onBeforeUnmount(() => window.clearTimeout(timer));
}
