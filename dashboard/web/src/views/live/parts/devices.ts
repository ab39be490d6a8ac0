// The devices of the scope with their latest values, as rows. Only those in view exist,
// so five thousand devices scroll like fifty.
import { h, setChildren } from './dom';
import { words } from '../../../i18n';
import type { Device } from '../../../live/store';
import { learnOf } from '../directory';
import type { Page, View } from './page';
import { makeDeviceRow, type DeviceRow } from './rows';

/** Rows that exist beyond the edges of the view. */
const overscan = 4;
const narrow = window.matchMedia('(max-width: 760px)');

export interface DeviceList extends View {
  /** Shows these, in this order. */
  show(devices: readonly Device[]): void;
}

export function devicesView(page: Page): DeviceList {
  const t = words();
  let shown: readonly Device[] = [];
  const rows: DeviceRow[] = [];
  const placed: number[] = []; // where in the list each row is
  let seen: readonly Device[] = []; // those of the rows
  let room = 4; // values in a row

  const spacer = h('ul', { class: 'spacer', 'aria-label': t.devices });
  const scroller = h('div', { class: 'scroll device-scroll', 'data-test': 'device-scroll', scroll: () => schedule(), keydown: (e) => keys(e as KeyboardEvent) }, spacer);

  new ResizeObserver(() => {
    // What the other columns of a row leave, shared evenly, so that columns align.
    const width = scroller.clientWidth - (narrow.matches ? 84 : 366);
    room = Math.max(1, Math.floor(width / 80));
    scroller.style.setProperty('--cell', `${Math.min(140, Math.floor(width / room))}px`);
    schedule();
  }).observe(scroller);

  let scheduled = false;
  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(() => {
      scheduled = false;
      drawRows();
    });
  }

  function drawRows(): void {
    const height = narrow.matches ? 92 : 52;
    spacer.style.height = `${shown.length * height}px`;
    const first = Math.max(0, Math.floor(scroller.scrollTop / height) - overscan);
    const last = Math.min(shown.length, Math.ceil((scroller.scrollTop + scroller.clientHeight) / height) + overscan);
    // A place of the list is always shown by the same row while it is in view.
    const size = Math.max(rows.length, last - first);
    while (rows.length < size) {
      rows.push(makeDeviceRow(page, (device) => page.go({ device: device.path })));
      placed.push(-1);
    }
    const used: HTMLLIElement[] = [];
    for (let index = first; index < last; index++) {
      const row = rows[index % size]!;
      row.show(shown[index]!, index, shown.length, room);
      row.element.style.transform = `translateY(${index * height}px)`;
      placed[index % size] = index;
      used.push(row.element);
    }
    seen = shown.slice(first, last);
    // In the order of the list, for the keyboard and for readers.
    setChildren(spacer, used);
  }
  function keys(event: KeyboardEvent): void {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    const at = rows.findIndex((row) => row.button === document.activeElement);
    if (step === undefined || at < 0) return;
    event.preventDefault();
    const height = narrow.matches ? 92 : 52;
    const to = Math.min(shown.length - 1, Math.max(0, placed[at]! + step));
    const top = to * height;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (top + height > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = top + height - scroller.clientHeight;
    drawRows();
    rows.find((row) => row.device === shown[to])?.button.focus({ preventScroll: true });
  }

  /** Of more than a project names are learned where one looks. */
  function learn(): void {
    if (page.route.project || page.route.class) return;
    for (const place of new Set(seen.map(({ region, project }) => `${region}/${project}`))) {
      const [region = '', project = ''] = place.split('/');
      learnOf(region, project, '');
    }
  }

  return {
    element: scroller,
    show(devices) {
      shown = devices;
      drawRows();
    },
    draw(changes) {
      if (changes.all || changes.list || changes.dangers || changes.devices.size > 0) drawRows();
    },
    tick() {
      drawRows();
      learn();
    },
  };
}
