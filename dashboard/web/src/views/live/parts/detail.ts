// Everything that is known of one device, beside the list.
import { h, icon, setAttribute, setChildren, setIcon, setText } from './dom';
import { formatFull, formatTime, formatValue, metricName, unitOf } from '../../../format/words';
import { i18n, word, words } from '../../../i18n';
import { placeName, zoneAt } from '../../../live/names';
import { severities } from '../../../live/protocol';
import { placeOf } from '../../../live/store';
import type { Page, View } from './page';
import { eventItem } from './events';
import { orderedMetrics } from './rows';

const eventLimit = 20;

export function detailView(page: Page): View {
  const t = words();
  let open = ''; // path of the device that is shown
  let opener: Element | null = null;
  let values = new Map<string, ValueRow>();

  const classIcon = icon('meter');
  const title = h('h2', { id: 'detail-title', tabindex: -1 });
  const place = h('p', { class: 'dim' });
  const stateIcon = icon('unknown');
  const stateText = h('span');
  const state = h('p', { class: 'state' }, stateIcon, stateText);
  const whole = h('a', { class: 'link', 'data-test': 'open-device', click: (event) => {
    const { ctrlKey, metaKey, shiftKey, altKey } = event as MouseEvent;
    if (ctrlKey || metaKey || shiftKey || altKey) return; // into another tab or window
    event.preventDefault();
    page.follow(page.deviceLink(open));
  } }, i18n.global.t('live.openDevice'));
  const topic = h('code', { class: 'topic' });
  const body = h('tbody');
  const table = h('table', { class: 'value-table' },
    h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, t.metric), h('th', { scope: 'col', class: 'number' }, t.value), h('th', { scope: 'col', class: 'number' }, t.time))),
    body);
  const none = h('p', { class: 'dim' });
  const eventsTitle = h('h3', {}, t.recentHere);
  const events = h('ul', { class: 'event-list' });
  const element = h('aside', { class: 'detail', 'aria-labelledby': 'detail-title', 'data-test': 'detail', keydown: (e) => {
    if ((e as KeyboardEvent).key === 'Escape') close();
  } },
  h('div', { class: 'detail-head' }, classIcon, h('div', {}, title, place),
    h('button', { type: 'button', class: 'tool', 'aria-label': t.close, title: t.close, click: close }, icon('close'))),
  h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-labelledby': 'detail-title' },
    state, h('p', {}, whole), h('h3', {}, t.latestValues), table, none, eventsTitle, events, h('h3', {}, t.copyTopic), topic));

  function close(): void {
    page.go({ device: '' });
  }

  function show(path: string): void {
    if (path === open) return;
    const before = open;
    open = path;
    values = new Map();
    element.hidden = path === '';
    if (path === '') {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true });
      return;
    }
    if (before === '') opener = document.activeElement;
    const at = placeOf(path);
    setIcon(classIcon, at.class);
    setText(title, at.id);
    setText(place, `${placeName(at.region, at.project)} · ${word(t.classOne, at.class)}`);
    setText(topic, `property/${path}/telemetry`);
    title.focus({ preventScroll: true });
  }

  function drawDevice(): void {
    setAttribute(whole, 'href', page.deviceLink(open));
    const device = page.store.devices.get(open);
    const connection = device?.connection ?? 'unknown';
    setIcon(stateIcon, connection);
    setAttribute(state, 'data-connection', connection);
    setText(stateText, word(t.connection, connection) +
      (device?.since ? ` · ${t.statusSince(formatTime(device.since, zoneAt(open)))}` : '') +
      (device?.seen ? ` · ${t.seen} ${formatTime(device.seen, zoneAt(open))}` : ''));
    const names = device ? orderedMetrics(device) : [];
    none.hidden = names.length > 0;
    table.hidden = names.length === 0;
    setText(none, device ? t.noValues : page.store.ready ? t.unknownDevice : t.loading);
    setChildren(body, names.map((name) => {
      let row = values.get(name);
      if (!row) values.set(name, (row = makeValueRow(name, zoneAt(open))));
      const value = device!.values.get(name)!;
      row.set(formatValue(name, value.value, true), unitOf(page.store.metrics.get(name), value.value), value.ts, value.received);
      return row.element;
    }));
  }

  function drawEvents(): void {
    const here = page.store.newestEvents(severities, 2000).filter((event) => event.device === open).slice(0, eventLimit);
    setChildren(events, here.map((event) => eventItem(page, event, false)));
    eventsTitle.hidden = here.length === 0;
  }
  element.hidden = true;

  return {
    element,
    draw(changes) {
      if (changes.all) show(page.route.device);
      if (open === '') return;
      if (changes.all || changes.devices.has(open)) drawDevice();
      if (changes.all || changes.events) drawEvents();
    },
  };
}

interface ValueRow {
  element: HTMLTableRowElement;
  set(value: string, unit: string, ts: number, received: number): void;
}

function makeValueRow(name: string, zone: string): ValueRow {
  const t = words();
  const number = document.createTextNode('');
  const symbol = h('small');
  const time = h('time');
  const label = metricName(name);
  const element = h('tr', {},
    h('th', { scope: 'row' }, label, ...(label === name ? [] : [h('span', { class: 'dim raw-name' }, name)])),
    h('td', { class: 'number' }, number, symbol),
    h('td', { class: 'number' }, time));
  return {
    element,
    set(value, unit, ts, received) {
      setText(number, value);
      setText(symbol, unit ? `\u00a0${unit}` : '');
      setText(time, formatTime(ts, zone));
      setAttribute(time, 'title', `${t.measured} ${formatFull(ts, zone)}\n${t.received} ${formatFull(received, zone)}`);
    },
  };
}
