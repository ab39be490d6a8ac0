// The strip on top: every open danger to life with its clocks, those first that nobody
// has answered, and of these the oldest. It
// is an incident as soon as there is one; until then, and where nothing makes
// incidents, it is what the device reported.
import { elapsed, serverNow } from '../../../live/clock';
import { h, icon, setAttribute, setChildren, setText } from './dom';
import { formatFull, formatTime } from '../../../format/words';
import { word, words } from '../../../i18n';
import { timeOf } from '../../../live/incidents';
import { placeName, projectName, zoneOf } from '../../../live/names';
import { placeOf } from '../../../live/store';
import type { WireDanger, WireIncident } from '../../../live/protocol';
import type { Page, View } from './page';
import { placeOfIncident, titleOf } from './clocks';
import { incidentCard, type IncidentCard } from './incidentCard';

/** A property company's promise: help is with the trapped within this time. */
const onSiteWithin = 10 * 60_000;
/** How many are shown before the rest is folded. */
const folded = 6;
/** How many are drawn at most: of more than these the page must not stand still. */
const most = 200;

export function dangersView(page: Page): View {
  const t = words();
  const cards = new Map<string, Card>(); // by device
  const calls = new Map<string, IncidentCard>(); // by incident
  let unfolded = false;

  const title = h('h2', { class: 'dangers-title' });
  const list = h('ul', { class: 'danger-list' });
  const more = h('button', { type: 'button', class: 'danger-more', click: () => {
    unfolded = !unfolded;
    draw();
  } });
  const rest = h('p', { class: 'dim call-rest' });
  const spoken = h('div', { class: 'hidden', role: 'alert' });
  const element = h('section', { class: 'dangers', 'aria-label': t.dangerTitle, 'data-test': 'dangers' },
    h('div', { class: 'dangers-head' }, icon('life_safety'), icon('shield'), title), list, rest, more, spoken);

  function draw(): void {
    const { dangers, incidents } = page.store;
    const alone = [...dangers.values()].filter((danger) => !incidents.covers(danger));
    const open: Open[] = [
      ...alone.map((danger) => ({ answered: danger.arrived > 0, since: danger.event.ts, key: danger.event.device, danger })),
      ...incidents.grave().map((incident) => ({ answered: incident.state !== 'firing', since: timeOf(incident.started_at), key: incident.id, incident })),
    ].sort((a, b) => Number(a.answered) - Number(b.answered) || a.since - b.since || (a.key < b.key ? -1 : 1));
    const count = open.length;
    setAttribute(element, 'data-open', String(count > 0));
    setText(title, count > 0 ? t.dangerCount(count) : page.store.ready ? t.noDanger : t.loading);
    const kept = new Set(alone.map((danger) => danger.event.device));
    for (const path of cards.keys()) if (!kept.has(path)) cards.delete(path);
    for (const id of calls.keys()) if (!incidents.open.has(id)) calls.delete(id);
    setChildren(list, open.slice(0, unfolded ? most : folded).map(({ danger, incident }) => (danger ? dangerCard(danger) : callCard(incident!))));
    rest.hidden = !unfolded || count <= most;
    setText(rest, t.more(count - most));
    more.hidden = count <= folded;
    setText(more, unfolded ? t.dangerFewer : t.dangerMore(count - folded));
  }

  function dangerCard(danger: WireDanger): Node {
    let card = cards.get(danger.event.device);
    if (!card) {
      cards.set(danger.event.device, (card = makeCard(page, danger)));
      const place = placeOf(danger.event.device);
      setText(spoken, `${word(t.kind, danger.event.kind)}: ${projectName(place.region, place.project)} ${place.id}`);
    }
    card.set(danger);
    return card.element;
  }

  function callCard(incident: WireIncident): Node {
    let card = calls.get(incident.id);
    if (!card) {
      calls.set(incident.id, (card = incidentCard(page, incident, true)));
      setText(spoken, `${titleOf(incident)}: ${placeOfIncident(incident)}`);
    }
    card.set(incident);
    return card.element;
  }
  draw();

  return {
    element,
    draw(changes) {
      if (changes.all || changes.dangers || changes.incidents) draw();
    },
    tick() {
      for (const card of [...cards.values(), ...calls.values()]) if (card.element.isConnected) card.tick();
    },
  };
}

/** What is open: a danger or an incident. */
interface Open {
  answered: boolean;
  since: number;
  key: string;
  danger?: WireDanger;
  incident?: WireIncident;
}

interface Card {
  element: HTMLElement;
  set(danger: WireDanger): void;
  tick(): void;
}

function makeCard(page: Page, first: WireDanger): Card {
  const t = words();
  let danger = first;
  const place = placeOf(first.event.device);
  const zone = zoneOf(place.region, place.project);
  const what = word(t.kind, first.event.kind);
  const clock = h('span', { class: 'danger-clock', role: 'timer' });
  const since = h('span');
  const limit = h('span', { class: 'danger-limit' });
  const bar = h('span', { class: 'danger-bar' });
  const element = h('li', { class: 'danger' },
    h('button', {
      type: 'button', title: t.dangerOpen(what, `${placeName(place.region, place.project)} / ${place.id}`),
      click: () => page.go({ region: place.region, project: place.project, class: '', device: place.path }),
    },
    h('span', { class: 'danger-main' },
      icon(place.class),
      h('span', { class: 'danger-text' },
        h('strong', {}, what),
        h('span', { class: 'danger-place' }, h('span', {}, projectName(place.region, place.project)), ' / ', h('span', {}, place.id))),
      clock),
    h('span', { class: 'danger-facts' }, since, limit),
    bar));
  if (place.class !== 'elevator') bar.hidden = true;

  function tick(): void {
    const now = serverNow();
    const event = danger.event;
    setText(clock, elapsed(event.ts, now));
    if (place.class !== 'elevator') return;
    const used = (danger.arrived || now) - event.ts;
    const over = !danger.arrived && used > onSiteWithin;
    element.classList.toggle('over', over);
    setText(limit, danger.arrived ? t.dangerArrived(elapsed(event.ts, danger.arrived))
      : over ? t.dangerOver : t.dangerLeft(elapsed(now, event.ts + onSiteWithin)));
    bar.style.setProperty('--used', `${Math.min(100, (used / onSiteWithin) * 100).toFixed(1)}%`);
  }

  return {
    element,
    set(next) {
      danger = next;
      setText(since, t.dangerSince(formatTime(next.event.ts, zone)) + (next.reports > 1 ? ` · ${t.dangerReports(next.reports)}` : ''));
      since.title = `${formatFull(next.event.ts, zone)} · ${t.received} ${formatFull(next.event.received, zone)}`;
      tick();
    },
    tick,
  };
}
