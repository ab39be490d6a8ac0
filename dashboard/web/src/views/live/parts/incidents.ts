// The strip under the dangers: every other open incident, the gravest first.
import { serverNow } from '../../../live/clock';
import { h, icon, setAttribute, setChildren, setText } from './dom';
import { words } from '../../../i18n';
import type { Page, View } from './page';
import { incidentCard, type IncidentCard } from './incidentCard';

/** How many rows are seen before the rest is unfolded: on a narrow screen only the count. */
const folded = 3;
const foldedNarrow = 1;
/** How many are drawn at most: more is for a list, not for a glance. */
const most = 200;

export function incidentsView(page: Page): View {
  const t = words();
  const narrow = window.matchMedia('(max-width: 760px)');
  const cards = new Map<string, IncidentCard>();
  let unfolded = false;
  let wasNarrow = narrow.matches;

  const title = h('h2', { id: 'incidents-title' });
  const over = h('span', { class: 'badge over-badge' }, icon('life_safety'), h('span'));
  const list = h('ul', { class: 'call-list', id: 'incident-list' });
  const more = h('button', { type: 'button', class: 'link call-more', 'aria-controls': 'incident-list', click: () => {
    unfolded = !unfolded;
    draw();
  } });
  const rest = h('p', { class: 'dim call-rest' });
  const element = h('section', { class: 'incidents', 'aria-labelledby': 'incidents-title', 'data-test': 'incidents' },
    h('div', { class: 'incidents-head' }, icon('bell'), title, over, more), list, rest);
  element.hidden = true;

  function draw(): void {
    const { incidents } = page.store;
    const open = incidents.others();
    element.hidden = open.length === 0;
    for (const id of cards.keys()) if (!incidents.open.has(id)) cards.delete(id);
    const seen = narrow.matches ? foldedNarrow : folded;
    const shown = open.slice(0, unfolded ? most : seen);
    setChildren(list, shown.map((incident) => {
      let card = cards.get(incident.id);
      if (!card) cards.set(incident.id, (card = incidentCard(page, incident, false)));
      card.set(incident);
      return card.element;
    }));
    setText(title, t.incidentCount(open.length));
    more.hidden = open.length <= seen;
    setAttribute(more, 'aria-expanded', String(unfolded));
    setText(more, unfolded ? t.dangerFewer : t.incidentMore(open.length - seen));
    setAttribute(element, 'data-unfolded', String(unfolded));
    const left = unfolded ? open.length - shown.length : 0;
    rest.hidden = left === 0 && !incidents.partial;
    setText(rest, incidents.partial ? t.incidentsPartial : t.more(left));
    drawOver();
  }

  function drawOver(): void {
    const n = page.store.incidents.over(serverNow());
    over.hidden = n === 0;
    setText(over.lastElementChild!, t.incidentsOver(n));
  }

  return {
    element,
    draw(changes) {
      if (changes.all || changes.incidents) draw();
    },
    tick() {
      if (element.hidden) return;
      if (wasNarrow !== narrow.matches) {
        wasNarrow = narrow.matches;
        draw();
      }
      for (const card of cards.values()) if (card.element.isConnected) card.tick();
      drawOver();
    },
  };
}
