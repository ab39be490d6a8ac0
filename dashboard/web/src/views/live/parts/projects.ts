// Counts for each project and class; a click is a filter.
import { h, icon, setAttribute, setChildren, setText } from './dom';
import { formatCount, formatRate } from '../../../format/words';
import { words } from '../../../i18n';
import { projectName, regionName } from '../../../live/names';
import { placeOf } from '../../../live/store';
import { classes, type ClassName, type WireGroup } from '../../../live/protocol';
import type { Page, View } from './page';
import type { Route } from './route';

interface Count {
  devices: number;
  online: number;
  offline: number;
  rate: number;
  dangers: number;
}

const zero = (): Count => ({ devices: 0, online: 0, offline: 0, rate: 0, dangers: 0 });

function add(to: Count, group: WireGroup): void {
  to.devices += group.devices;
  to.online += group.online;
  to.offline += group.offline;
  to.rate += group.rate;
}

/** The rows of the table: everything, then each region with its projects. */
interface RowData {
  key: string;
  level: 'all' | 'region' | 'project';
  region: string;
  project: string;
  sum: Count;
  byClass: Map<ClassName, Count>;
}

function gather(page: Page): RowData[] {
  const rows = new Map<string, RowData>();
  const row = (level: RowData['level'], region: string, project: string): RowData => {
    const key = `${region}/${project}`;
    let found = rows.get(key);
    if (!found) rows.set(key, (found = { key, level, region, project, sum: zero(), byClass: new Map() }));
    return found;
  };
  const each = (region: string, project: string, cls: ClassName, use: (count: Count) => void) => {
    for (const data of [row('all', '', ''), row('region', region, ''), row('project', region, project)]) {
      use(data.sum);
      let count = data.byClass.get(cls);
      if (!count) data.byClass.set(cls, (count = zero()));
      use(count);
    }
  };
  for (const group of page.store.groups.values()) each(group.region, group.project, group.class, (count) => add(count, group));
  for (const path of page.store.dangers.keys()) {
    const place = placeOf(path);
    each(place.region, place.project, place.class, (count) => count.dangers++);
  }
  return [...rows.values()].sort((a, b) => (a.key === b.key ? 0 : a.level === 'all' ? -1 : b.level === 'all' ? 1 : a.key < b.key ? -1 : 1));
}

export function projectsView(page: Page): View {
  const t = words();
  const rows = new Map<string, Row>();
  const body = h('tbody');
  const table = h('table', { class: 'counts' },
    h('thead', {}, h('tr', {},
      h('th', { scope: 'col' }, t.project),
      ...classes.map((name) => h('th', { scope: 'col', class: 'number' }, icon(name), h('span', {}, t.classes[name] ?? name))),
      h('th', { scope: 'col', class: 'number' }, t.rate))),
    body);
  const empty = h('div', { class: 'empty' }, icon('grid'), h('p', {}, t.noProjects), h('p', { class: 'hint' }, t.noProjectsHint));
  const element = h('section', { class: 'panel projects', 'aria-labelledby': 'projects-title', 'data-tab': 'projects' },
    h('h2', { id: 'projects-title' }, t.projects),
    h('div', { class: 'scroll', tabindex: 0, 'aria-labelledby': 'projects-title', role: 'region' }, table, empty));

  return {
    element,
    draw(changes) {
      if (!changes.all && !changes.counts && !changes.dangers) return;
      const data = gather(page);
      empty.hidden = data.length > 0 || !page.store.ready;
      table.hidden = data.length === 0;
      for (const key of rows.keys()) if (!data.some((d) => d.key === key)) rows.delete(key);
      setChildren(body, data.map((d) => {
        let row = rows.get(d.key);
        if (!row) rows.set(d.key, (row = makeRow(page, d)));
        row.set(d);
        return row.element;
      }));
    },
  };
}

interface Row {
  element: HTMLTableRowElement;
  set(data: RowData): void;
}

function makeRow(page: Page, of: RowData): Row {
  const t = words();
  const target: Partial<Route> = { region: of.region, project: of.project, device: '' };
  const go = (cls: string) => page.go({ ...target, class: cls, tab: 'devices' });
  const name = of.level === 'all' ? t.allProjects : of.level === 'region' ? regionName(of.region) : projectName(of.region, of.project);
  const head = h('button', { type: 'button', class: 'row-name', click: () => go('') }, h('span', {}, name));
  const rate = h('td', { class: 'number dim' });
  const cells = classes.map((cls) => {
    const count = h('span');
    const said = h('span', { class: 'hidden' });
    const off = h('span', { class: 'off' });
    const unknown = h('span', { class: 'dim' });
    const dangerCount = h('span');
    const danger = h('span', { class: 'badge danger-badge' }, icon('life_safety'), dangerCount);
    const button = h('button', { type: 'button', class: 'cell', click: () => go(cls) }, count, h('span', { class: 'cell-notes' }, danger, off, unknown), said);
    return { cls, count, said, danger, dangerCount, off, unknown, button, element: h('td', { class: 'number' }, button) };
  });
  const element = h('tr', { class: `row-${of.level}`, 'data-row': of.key },
    h('th', { scope: 'row' }, head), ...cells.map((cell) => cell.element), rate);

  return {
    element,
    set(data) {
      const route = page.route;
      const here = route.region === of.region && route.project === of.project;
      element.classList.toggle('here', here);
      setAttribute(head, 'aria-current', here && !route.class ? 'true' : undefined);
      setText(rate, formatRate(data.sum.rate));
      for (const cell of cells) {
        const count = data.byClass.get(cell.cls);
        cell.button.hidden = !count;
        if (!count) continue;
        const unknown = count.devices - count.online - count.offline;
        setText(cell.count, formatCount(count.devices));
        // There is room for one note; the gravest is shown, the label says all.
        const note = count.dangers > 0 ? 'danger' : count.offline > 0 ? 'offline' : unknown > 0 ? 'unknown' : '';
        cell.danger.hidden = note !== 'danger';
        setText(cell.off, note === 'offline' ? `✕${formatCount(count.offline)}` : '');
        setText(cell.unknown, note === 'unknown' ? `?${formatCount(unknown)}` : '');
        setText(cell.dangerCount, String(count.dangers));
        const label = `${name} ${t.classes[cell.cls] ?? cell.cls}: ${t.cellTip(count.online, count.offline, count.devices)}` +
          (count.dangers > 0 ? `, ${t.inDanger(count.dangers)}` : '');
        setText(cell.said, label);
        setAttribute(cell.button, 'title', label);
        setAttribute(cell.button, 'aria-current', here && route.class === cell.cls ? 'true' : undefined);
      }
    },
  };
}
