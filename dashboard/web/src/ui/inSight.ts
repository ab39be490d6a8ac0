// v-in-sight: of a row of links that is wider than a phone, the one that says where one
// is stands in sight. It moves only when that one or the width is another: who scrolls
// on is left alone.
import type { Directive } from 'vue';

interface Row {
  at: string;
  watch: ResizeObserver;
}
const rows = new WeakMap<HTMLElement, Row>();

function bring(row: HTMLElement): void {
  const link = row.querySelector('a[aria-current]');
  if (!link) return;
  const { left, width } = link.getBoundingClientRect();
  row.scrollLeft += left + width / 2 - row.getBoundingClientRect().left - row.clientWidth / 2;
}

const address = (row: HTMLElement) => row.querySelector<HTMLAnchorElement>('a[aria-current]')?.pathname ?? '';

export const inSight: Directive<HTMLElement> = {
  mounted(row) {
    const watch = new ResizeObserver(() => bring(row)); // once at first, too
    watch.observe(row);
    rows.set(row, { at: address(row), watch });
  },
  updated(row) {
    const known = rows.get(row);
    const at = address(row);
    if (!known || known.at === at) return;
    known.at = at;
    bring(row);
  },
  unmounted: (row) => rows.get(row)?.watch.disconnect(),
};
