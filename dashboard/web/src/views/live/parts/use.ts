// Puts parts that draw by hand into a component: made again in another language or
// when names have come, told what changed once a frame, ticked twice a second.
import { onBeforeUnmount, onMounted, watch, type ShallowRef } from 'vue';
import { useRoute, useRouter } from 'vue-router';
import { i18n } from '../../../i18n';
import { useLive } from '../../../live/live';
import { namesVersion } from '../../../live/names';
import type { Changes } from '../../../live/store';
import { today } from '../../../live/today';
import { pageOf, type Page, type View } from './page';

const everything: Changes = {
  all: true, devices: new Set(), list: true, dangers: true, incidents: true, entries: [], gap: false, events: true, rejected: true, counts: true,
};

/** Makes the parts in a root and keeps them true. Returns how to draw them anew. */
export function useParts(root: Readonly<ShallowRef<HTMLElement | null>>, make: (page: Page, root: HTMLElement) => View[]): { draw(): void } {
  const live = useLive();
  const route = useRoute();
  const page = pageOf(useRouter(), live);
  let parts: View[] = [];
  let ticking = 0;
  let ignore = () => {};

  const tell = (changes: Changes) => {
    for (const part of parts) part.draw(changes);
  };
  const draw = () => tell(everything);
  let built: HTMLElement | null = null;
  const build = () => {
    built = root.value;
    parts = built ? make(page, built) : [];
    draw();
  };
  onMounted(() => {
    build();
    ignore = live.listen(tell);
    ticking = window.setInterval(() => {
      for (const part of parts) part.tick?.();
    }, 500);
  });
  onBeforeUnmount(() => {
    ignore();
    window.clearInterval(ticking);
  });
  watch([() => i18n.global.locale.value, namesVersion], build, { flush: 'post' });
  // A root may come and go, as that of the frame does.
  watch(root, (element) => {
    if (element !== built) build();
  }, { flush: 'post' });
  // Times of what is now yesterday are drawn with their date.
  watch([() => route.fullPath, today], draw, { flush: 'post' });
  return { draw };
}
