// Recent events: those that endanger life in a list of their own above the rest.
import { h, icon, setAttribute, setChildren, setText } from './dom';
import { formatAge, formatAttributes, formatFull, formatTime } from '../../../format/words';
import { word, words } from '../../../i18n';
import { projectName, zoneOf } from '../../../live/names';
import { severities, type Severity, type WireEvent } from '../../../live/protocol';
import { placeOf } from '../../../live/store';
import { today } from '../../../live/today';
import type { Page, View } from './page';

/** How many are drawn: more is for a search, not for a glance. */
const limit = 100;
const graveLimit = 8;
/** From this age on at receipt an event is marked as late, in milliseconds. */
const lateFrom = 60_000;

/** One event. Events never change, so an item is made once a day: the time of yesterday's has a date. */
export function eventItem(page: Page, event: WireEvent, withPlace = true): HTMLLIElement {
  const t = words();
  const place = placeOf(event.device);
  const zone = zoneOf(place.region, place.project);
  const late = event.received - event.ts;
  const attributes = formatAttributes(event.attrs);
  const what = h('span', { class: 'event-what' }, h('strong', {}, word(t.kind, event.kind)),
    ...(late > lateFrom ? [h('span', { class: 'badge late-badge' }, t.late(formatAge(late)))] : []));
  return h('li', { class: 'event', 'data-severity': event.severity, 'data-kind': event.kind },
    h('span', { class: 'event-icon', title: word(t.severity, event.severity) }, icon(event.severity), h('span', { class: 'hidden' }, word(t.severity, event.severity))),
    h('span', { class: 'event-body' },
      what,
      ...(withPlace
        ? [h('button', { type: 'button', class: 'link', click: () => page.go({ device: event.device }) }, `${projectName(place.region, place.project)} / ${place.id}`)]
        : []),
      ...(attributes ? [h('span', { class: 'dim attributes' }, attributes)] : [])),
    h('time', { datetime: isoTime(event.ts), title: `${formatFull(event.ts, zone)}\n${t.received} ${formatFull(event.received, zone)}` }, formatTime(event.ts, zone)));
}

function isoTime(ms: number): string {
  const at = new Date(ms);
  return Number.isNaN(at.getTime()) ? '' : at.toISOString();
}

export function eventsView(page: Page): View {
  const t = words();
  const chosen = new Set<Severity>(severities);
  let items = new WeakMap<WireEvent, HTMLLIElement>();
  let day = today.value;
  const item = (event: WireEvent) => {
    let found = items.get(event);
    if (!found) items.set(event, (found = eventItem(page, event)));
    return found;
  };

  const chips = severities.map((severity) => {
    const chip = h('button', { type: 'button', class: 'filter small', 'aria-pressed': 'true', title: word(t.severity, severity), click: () => {
      if (!chosen.delete(severity)) chosen.add(severity);
      setAttribute(chip, 'aria-pressed', String(chosen.has(severity)));
      draw();
    } }, icon(severity), h('span', { class: 'hidden' }, word(t.severity, severity)));
    chip.dataset['severity'] = severity;
    return chip;
  });
  const graveTitle = h('h3', {}, t.lifeSafetyEvents);
  const grave = h('ul', { class: 'event-list grave' });
  const otherTitle = h('h3', {}, t.otherEvents);
  const other = h('ul', { class: 'event-list' });
  const empty = h('div', { class: 'empty' }, icon('bell'), h('p', {}, t.noEvents), h('p', { class: 'hint' }, t.noEventsHint));
  const element = h('section', { class: 'panel events', 'aria-labelledby': 'events-title', 'data-tab': 'events' },
    h('div', { class: 'panel-head' }, h('h2', { id: 'events-title' }, t.events),
      h('div', { class: 'chips', role: 'group', 'aria-label': t.severityFilter }, ...chips)),
    h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-labelledby': 'events-title' }, graveTitle, grave, otherTitle, other, empty));

  function draw(): void {
    if (day !== today.value) {
      items = new WeakMap();
      day = today.value;
    }
    const first = chosen.has('life_safety') ? page.store.newestEvents(['life_safety'], graveLimit) : [];
    const rest = page.store.newestEvents(severities.filter((s) => s !== 'life_safety' && chosen.has(s)), limit);
    setChildren(grave, first.map(item));
    setChildren(other, rest.map(item));
    graveTitle.hidden = first.length === 0;
    otherTitle.hidden = first.length === 0 || rest.length === 0;
    empty.hidden = first.length + rest.length > 0 || !page.store.ready;
    setText(empty.querySelector('p')!, t.noEvents);
  }

  return {
    element,
    draw(changes) {
      if (changes.all || changes.events) draw();
    },
  };
}
