// Keeps the screen of the wall on, as far as the browser can, and says whether it does.
import { onBeforeUnmount, onMounted, shallowRef, type ShallowRef } from 'vue';

export function useAwake(): ShallowRef<boolean> {
  const awake = shallowRef(false);
  let lock: WakeLockSentinel | undefined;
  let gone = false;

  async function hold(): Promise<void> {
    // A browser lets go of it whenever the page is not seen.
    if (gone || document.hidden || !('wakeLock' in navigator) || (lock && !lock.released)) return;
    try {
      lock = await navigator.wakeLock.request('screen');
      if (gone) return void lock.release();
      awake.value = true;
      lock.addEventListener('release', () => (awake.value = false));
    } catch {
      awake.value = false; // a battery that runs low, or a policy
    }
  }
  const again = () => void hold();
  let timer = 0;
  onMounted(() => {
    document.addEventListener('visibilitychange', again);
    timer = window.setInterval(again, 60_000);
    again();
  });
  onBeforeUnmount(() => {
    gone = true;
    document.removeEventListener('visibilitychange', again);
    window.clearInterval(timer);
    void lock?.release();
  });
  return awake;
}
