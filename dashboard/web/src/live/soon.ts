// When what changed is told: at most once a frame while the page is seen, and at once
// while it is not, since a page that nobody sees has no frames and its alarm is needed
// there most.

/** The longest wait for a frame, in milliseconds: a window under others is not always hidden and may have none. */
const patience = 500;

/** Calls tell soon after it was asked for, once however often that was. */
export function makeSoon(tell: () => void): () => void {
  let waiting = false;
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function flush(): void {
    if (!waiting) return;
    waiting = false;
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    tell();
  }
  // What waits for a frame as the page is hidden would wait until it is seen again.
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) flush();
  });
  return () => {
    if (waiting) return;
    waiting = true;
    // No timer: browsers slow those of hidden pages down to one a minute.
    if (document.hidden) return queueMicrotask(flush);
    frame = requestAnimationFrame(flush);
    timer = setTimeout(flush, patience);
  };
}
