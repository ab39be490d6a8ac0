// The strip on top: every open danger to life, oldest first, with its clock.
import { elapsed, serverNow } from '../clock';
import { h, icon, setAttribute, setChildren, setText } from '../dom';
import { formatFull, formatTime } from '../format';
import { word, words } from '../i18n';
import { placeName, projectName } from '../names';
import { placeOf } from '../store';
import type { WireDanger } from '../protocol';
import type { Page, View } from '../page';

/** A property company's promise: help is with the trapped within this time. */
const onSiteWithin = 10 * 60_000;
/** How many are shown before the rest is folded. */
const folded = 6;

export function dangersView(page: Page): View {
  const t = words();
  const cards = new Map<string, Card>();
  let unfolded = false;

  const title = h('h2', { class: 'dangers-title' });
  const list = h('ul', { class: 'danger-list' });
  const more = h('button', { type: 'button', class: 'danger-more', click: () => {
    unfolded = !unfolded;
    draw();
  } });
  const spoken = h('div', { class: 'hidden', role: 'alert' });
  const element = h('section', { class: 'dangers', 'aria-label': t.dangerTitle, 'data-test': 'dangers' },
    h('div', { class: 'dangers-head' }, icon('life_safety'), icon('shield'), title), list, more, spoken);

  function draw(): void {
    const open = [...page.store.dangers.values()].sort((a, b) => a.event.ts - b.event.ts || (a.event.device < b.event.device ? -1 : 1));
    setAttribute(element, 'data-open', String(open.length > 0));
    setText(title, open.length > 0 ? t.dangerCount(open.length) : page.store.ready ? t.noDanger : t.loading);
    for (const path of cards.keys()) if (!page.store.dangers.has(path)) cards.delete(path);
    const shown = unfolded ? open : open.slice(0, folded);
    const elements: Node[] = [];
    for (const danger of shown) {
      let card = cards.get(danger.event.device);
      if (!card) {
        cards.set(danger.event.device, (card = makeCard(page, danger)));
        const place = placeOf(danger.event.device);
        setText(spoken, `${word(t.kind, danger.event.kind)}: ${projectName(place.region, place.project)} ${place.id}`);
      }
      card.set(danger);
      elements.push(card.element);
    }
    setChildren(list, elements);
    more.hidden = open.length <= folded;
    setText(more, unfolded ? t.dangerFewer : t.dangerMore(open.length - folded));
  }
  draw();

  return {
    element,
    draw(changes) {
      if (changes.all || changes.dangers) draw();
    },
    tick() {
      for (const card of cards.values()) card.tick();
    },
  };
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
      setText(since, t.dangerSince(formatTime(next.event.ts)) + (next.reports > 1 ? ` · ${t.dangerReports(next.reports)}` : ''));
      since.title = `${formatFull(next.event.ts)} · ${t.received} ${formatFull(next.event.received)}`;
      tick();
    },
    tick,
  };
}
