// The devices of the scope with their latest values. Only the rows in view
// exist, so five thousand devices scroll like fifty.
import { h, icon, setAttribute, setChildren, setText } from './dom';
import { word, words } from '../../../i18n';
import { placeName, projectName, regionName } from '../../../live/names';
import { classes } from '../../../live/protocol';
import type { Device } from '../../../live/store';
import type { Page, View } from './page';
import { makeDeviceRow, type DeviceRow } from './rows';

/** The least time between two rebuilds of the list while devices appear, in milliseconds. */
const rebuildEvery = 250;
/** Rows that exist beyond the edges of the view. */
const overscan = 4;
const narrow = window.matchMedia('(max-width: 760px)');

export function devicesView(page: Page, restore: string): View & { query(): string } {
  const t = words();
  let sorted: Device[] = [];
  let shown: Device[] = [];
  let rows: DeviceRow[] = [];
  let rebuiltAt = 0;
  let stale = true; // the list must be built again
  let room = 4; // values in a row
  let onlyOffline = false;

  const trail = h('nav', { class: 'trail', 'aria-label': t.projects });
  const search = h('input', {
    type: 'search', 'data-search': true, placeholder: t.search, 'aria-label': t.search, 'aria-keyshortcuts': '/', autocomplete: 'off', spellcheck: 'false',
    value: restore, title: t.searchHint, input: () => refresh(),
  });
  const chips = h('div', { class: 'chips' });
  const classChips = ['', ...classes].map((name) => {
    const chip = h('button', { type: 'button', class: 'filter', 'data-class': name || 'all', click: () => page.go({ class: name }) },
      ...(name ? [icon(name)] : []), name ? (t.classes[name] ?? name) : t.everyClass);
    return { name, chip };
  });
  const offlineChip = h('button', { type: 'button', class: 'filter', 'aria-pressed': 'false', click: () => {
    onlyOffline = !onlyOffline;
    setAttribute(offlineChip, 'aria-pressed', String(onlyOffline));
    refresh();
  } }, icon('offline'), t.onlyOffline);
  chips.append(...classChips.map((c) => c.chip), offlineChip);
  const count = h('span', { class: 'dim', role: 'status', 'data-test': 'device-count' });

  const spacer = h('ul', { class: 'spacer', 'aria-label': t.devices });
  const emptyText = h('p');
  const emptyHint = h('p', { class: 'hint' });
  const emptyAll = h('button', { type: 'button', class: 'button', click: () => page.go({ region: '', project: '', class: '', device: '' }) }, t.showAll);
  const empty = h('div', { class: 'empty' }, icon('list'), emptyText, emptyHint, emptyAll);
  const scroller = h('div', { class: 'scroll device-scroll', 'data-test': 'device-scroll', scroll: () => schedule(), keydown: (e) => keys(e as KeyboardEvent) },
    spacer, empty);
  const element = h('section', { class: 'panel devices', 'aria-labelledby': 'devices-title', 'data-tab': 'devices', id: 'devices' },
    h('h2', { id: 'devices-title', class: 'hidden' }, t.devices),
    h('div', { class: 'device-head' }, h('div', { class: 'device-head-line' }, trail, count), h('div', { class: 'device-head-line' },
      h('label', { class: 'search' }, icon('search'), search, h('kbd', {}, '/')), chips)),
    scroller);

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

  function refresh(): void {
    stale = true;
    rebuiltAt = 0;
    scroller.scrollTop = 0;
    rebuild();
    drawRows();
  }

  function rebuild(): void {
    if (!stale || Date.now() - rebuiltAt < rebuildEvery) return;
    stale = false;
    rebuiltAt = Date.now();
    if (sorted.length !== page.store.devices.size || (sorted[0] && page.store.devices.get(sorted[0].path) !== sorted[0])) {
      const collator = new Intl.Collator('en', { numeric: true });
      sorted = [...page.store.devices.values()].sort((a, b) =>
        collator.compare(a.region, b.region) || collator.compare(a.project, b.project) ||
        classes.indexOf(a.class) - classes.indexOf(b.class) || collator.compare(a.id, b.id));
    }
    const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const matching = sorted.filter((device) => {
      if (onlyOffline && device.connection !== 'offline') return false;
      if (wanted.length === 0) return true;
      const text = `${device.path} ${placeName(device.region, device.project)} ${word(t.classOne, device.class)}`.toLowerCase();
      return wanted.every((part) => text.includes(part));
    });
    const dangers = page.store.dangers;
    shown = dangers.size === 0 ? matching
      : [...matching.filter((d) => dangers.has(d.path)), ...matching.filter((d) => !dangers.has(d.path))];
    setText(count, page.store.ready && !page.store.omitted ? t.shown(shown.length, sorted.length) : '');
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
    // In the order of the list, for the keyboard and for readers.
    setChildren(spacer, used);
    drawEmpty();
  }
  let placed: number[] = [];

  function drawEmpty(): void {
    empty.hidden = shown.length > 0;
    if (!empty.hidden) {
      const filtered = search.value !== '' || onlyOffline;
      const { ready, omitted } = page.store;
      setText(emptyText, !ready ? t.loading : omitted ? t.omitted(page.store.totals.devices) : filtered && sorted.length > 0 ? t.noMatch : t.noDevices);
      setText(emptyHint, !ready ? '' : omitted ? t.omittedHint : filtered && sorted.length > 0 ? t.noMatchHint : t.noDevicesHint);
      const { region, project, class: cls } = page.route;
      emptyAll.hidden = !ready || !(region || project || cls);
    }
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

  function drawTrail(): void {
    const { region, project } = page.route;
    const step = (text: string, to: { region: string; project: string }, current: boolean) => h('button', {
      type: 'button', 'aria-current': current ? 'page' : undefined, click: () => page.go({ ...to, device: '' }),
    }, text);
    setChildren(trail, [
      step(t.allProjects, { region: '', project: '' }, !region && !project),
      ...(region ? [icon('chevron'), step(regionName(region), { region, project: '' }, !project)] : []),
      ...(project ? [icon('chevron'), step(projectName(region, project), { region, project }, true)] : []),
    ]);
    for (const { name, chip } of classChips) setAttribute(chip, 'aria-pressed', String(page.route.class === name));
  }
  drawTrail();

  return {
    element,
    query: () => search.value,
    draw(changes) {
      if (changes.all) {
        drawTrail();
        rebuiltAt = 0;
      }
      stale ||= changes.all || changes.list || changes.dangers;
      rebuild();
      if (changes.all || changes.list || changes.dangers || changes.devices.size > 0) drawRows();
    },
    tick() {
      rebuild();
      drawRows();
    },
  };
}
