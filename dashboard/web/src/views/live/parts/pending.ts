// Devices that publish and that nobody has approved yet. The button is there
// only when there are some, for those who may decide.
import { all, call, Problem, type List } from '../../../api/call';
import { h, icon, setAttribute, setChildren, setText } from './dom';
import { said } from '../../../format/said';
import { formatCount, formatFull, formatShort } from '../../../format/words';
import { word, words } from '../../../i18n';
import { placeName, zoneOf } from '../../../live/names';
import { may, mayConfigure } from '../../../session/session';
import type { ClassName } from '../../../live/protocol';

interface PendingDevice {
  region: string;
  project: string;
  class: ClassName;
  id: string;
  first_seen: string;
}

/** How often the server is asked, in milliseconds. */
const every = 15_000;
/** How many are listed; the number is of all. */
const listed = 200;
/** How many the server takes at once. */
const atOnce = 1000;

const pathOf = (d: PendingDevice) => `${d.region}/${d.project}/${d.class}/${d.id}`;

export interface PendingView {
  /** goes into the bar on top */
  button: HTMLElement;
  /** lies over the page */
  panel: HTMLElement;
  stop(): void;
}

export function pendingView(): PendingView {
  const t = words();
  let devices: PendingDevice[] = [];
  let total = 0;
  let busy = false;
  // Kept from one answer to the next, so that the keyboard stays where it is.
  const items = new Map<string, HTMLLIElement>(); // by path, in the order in which they came
  const sections = new Map<string, HTMLElement>(); // by region/project
  let timer = 0;

  const count = h('span', { 'data-test': 'pending-count' });
  const button = h('button', { type: 'button', class: 'tool pending-button', 'data-test': 'pending', title: t.pendingTitle, click: () => show(panel.hidden !== false) },
    icon('inbox'), h('span', { class: 'pending-word' }, t.pending), count);
  const title = h('h2', { id: 'pending-title', tabindex: -1 });
  const error = h('p', { class: 'gate-error', role: 'alert' });
  const list = h('div', { class: 'pending-list' });
  const panel = h('aside', { class: 'detail pending', 'aria-labelledby': 'pending-title', 'data-test': 'pending-panel', keydown: (event) => {
    if ((event as KeyboardEvent).key === 'Escape') show(false);
  } },
  h('div', { class: 'detail-head' }, icon('inbox'), h('div', {}, title, h('p', { class: 'dim' }, t.pendingHint)),
    h('button', { type: 'button', class: 'tool', 'aria-label': t.close, title: t.close, click: () => show(false) }, icon('close'))),
  error,
  h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-labelledby': 'pending-title' }, list));
  button.hidden = true;
  panel.hidden = true;
  error.hidden = true;

  function show(open: boolean): void {
    panel.hidden = !open;
    button.setAttribute('aria-expanded', String(open));
    if (open) title.focus({ preventScroll: true });
    else if (!button.hidden) button.focus({ preventScroll: true });
  }

  async function load(): Promise<void> {
    try {
      const page = await call<List<PendingDevice>>('GET', `/devices?state=pending&total=true&limit=${listed}`);
      devices = page.items;
      total = page.total ?? devices.length;
    } catch {
      return; // what was known stays; the connection's own banner says when the server is away
    }
    draw();
  }

  function draw(): void {
    button.hidden = total === 0;
    if (total === 0 && !panel.hidden) show(false);
    setText(count, formatCount(total));
    setText(title, t.pendingCount(total));
    const groups = new Map<string, PendingDevice[]>();
    const kept = new Set(devices.map(pathOf));
    for (const path of items.keys()) if (!kept.has(path)) items.delete(path);
    for (const device of devices) if (!items.has(pathOf(device))) items.set(pathOf(device), item(device));
    // What is there stays where it is, and what is new comes behind it: nothing moves under
    // a finger between Approve and Refuse.
    const place = new Map([...items.keys()].map((path, i) => [path, i]));
    for (const device of [...devices].sort((a, b) => place.get(pathOf(a))! - place.get(pathOf(b))!)) {
      const key = `${device.region}/${device.project}`;
      const group = groups.get(key);
      if (group) group.push(device);
      else groups.set(key, [device]);
    }
    const parts: HTMLElement[] = [...groups.values()].map((group) => {
      const { region, project } = group[0]!;
      const name = placeName(region, project);
      const key = `${region}/${project}`;
      let section = sections.get(key);
      if (!section) {
        sections.set(key, (section = h('section', { class: 'pending-group', 'data-place': key },
          h('div', { class: 'pending-place' }, h('h3', { title: key }),
            ...(may('configure', { region, project }) ? [h('button', { type: 'button', class: 'link', 'data-test': 'approve-all', click: () => void decideAll(region, project) }, t.approveAll)] : [])),
          h('ul'))));
      }
      setText(section.querySelector('h3')!, name);
      const whole = section.querySelector('[data-test=approve-all]');
      if (whole) setAttribute(whole, 'aria-label', `${t.approveAll}: ${name}`);
      setChildren(section.querySelector('ul')!, group.map((device) => items.get(pathOf(device))!));
      return section;
    });
    for (const key of sections.keys()) if (!groups.has(key)) sections.delete(key);
    if (total > devices.length) parts.push(h('p', { class: 'dim pending-more' }, t.more(total - devices.length)));
    setChildren(list, parts);
  }

  function item(device: PendingDevice): HTMLLIElement {
    const path = pathOf(device);
    const first = Date.parse(device.first_seen);
    const zone = zoneOf(device.region, device.project);
    return h('li', { class: 'pending-item', 'data-pending': path },
      icon(device.class),
      h('span', { class: 'pending-name' }, h('strong', {}, device.id),
        h('span', { class: 'dim', title: first > 0 ? formatFull(first, zone) : undefined }, word(t.classOne, device.class) + (first > 0 ? ` · ${t.firstSeen(formatShort(first, zone))}` : ''))),
      ...(may('configure', device) ? [
        h('button', { type: 'button', class: 'button small', 'aria-label': `${t.approve} ${device.id}`, click: () => void decide('approve', [path]) }, t.approve),
        h('button', { type: 'button', class: 'button small plain', 'aria-label': `${t.refuse} ${device.id}`, click: () => void decide('refuse', [path]) }, t.refuse),
      ] : []));
  }

  async function decide(what: 'approve' | 'refuse', paths: string[]): Promise<void> {
    if (busy || paths.length === 0) return;
    busy = true;
    panel.setAttribute('aria-busy', 'true');
    error.hidden = true;
    try {
      for (let i = 0; i < paths.length; i += atOnce) await call('POST', `/devices/${what}`, { devices: paths.slice(i, i + atOnce) });
    } catch (failure) {
      if (!(failure instanceof Problem)) throw failure;
      error.hidden = false;
      setText(error, failure.status === 0 ? t.neverConnected : said(failure));
    } finally {
      busy = false;
      panel.removeAttribute('aria-busy');
      await load();
      // The button that was pressed is gone; the keyboard goes on from the title.
      if (!panel.hidden) title.focus({ preventScroll: true });
    }
  }

  /** Also those of the project that are not listed. */
  async function decideAll(region: string, project: string): Promise<void> {
    try {
      const every = await all<PendingDevice>(`/devices?state=pending&region=${region}&project=${project}`);
      await decide('approve', every.map(pathOf));
    } catch (failure) {
      if (!(failure instanceof Problem)) throw failure;
      error.hidden = false;
      setText(error, failure.status === 0 ? t.neverConnected : said(failure));
    }
  }

  if (mayConfigure()) {
    void load();
    timer = window.setInterval(() => void load(), every);
  }
  return { button, panel, stop: () => window.clearInterval(timer) };
}
