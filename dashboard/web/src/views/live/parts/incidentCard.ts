// An incident in the strips on top: what, where, how long, how far, and the next
// step as a button.
import { elapsed, serverNow } from '../../../live/clock';
import { h, icon, setAttribute, setChildren, setIcon, setText } from './dom';
import { formatFull, formatTime } from '../../../format/words';
import { word, words } from '../../../i18n';
import { activeClocks, isOver, isQuiet, timeOf } from '../../../live/incidents';
import type { WireIncident } from '../../../live/protocol';
import type { Page } from './page';
import { clockLine, marksOf, placeOfIncident, progressOf, titleOf, wholePlaceOf, zoneFor, type ClockLine } from './clocks';
import { act, answers, deedButton, deedsFor, type Deed } from './deeds';

/** How many clocks a card has room for. */
const clocksShown = 2;

export interface IncidentCard {
  element: HTMLLIElement;
  set(incident: WireIncident): void;
  tick(): void;
}

/** A large card for danger to life, a row for all else. */
export function incidentCard(page: Page, first: WireIncident, large: boolean): IncidentCard {
  const t = words();
  let incident = first;
  let busy = false;
  let offered: Deed | undefined;
  const sign = icon('info');
  const severity = h('span', { class: 'hidden' });
  const title = h('strong');
  const place = h('span', { class: 'call-place' });
  const age = h('span', { class: 'call-age', role: 'timer' });
  const marks = h('span', { class: 'call-marks' });
  const clocks: ClockLine[] = Array.from({ length: large ? clocksShown : 1 }, clockLine);
  const progress = h('span', { class: 'call-progress' });
  const actions = h('span', { class: 'call-actions' });
  const error = h('p', { class: 'call-error', role: 'alert' });
  error.hidden = true;
  const open = h('button', { type: 'button', class: 'call-open', click: () => page.go({ incident: incident.id }) },
    h('span', { class: 'call-sign' }, sign, severity),
    h('span', { class: 'call-text' }, h('span', { class: 'call-line' }, title, marks), place), age);
  const element = h('li', { class: large ? 'call large' : 'call', keydown: (event) => {
    if (!answers(event as KeyboardEvent, incident)) return;
    event.preventDefault();
    void press('acknowledge');
  } }, open,
    h('span', { class: 'call-clocks' }, ...clocks.map((clock) => clock.element)), progress, actions, error);

  function tick(): void {
    const now = serverNow();
    setText(age, elapsed(timeOf(incident.started_at), now));
    for (const clock of clocks) clock.tick();
    element.classList.toggle('over', isOver(incident, now));
  }

  function drawActions(): void {
    const next = deedsFor(incident).find((deed) => deed !== 'resolve');
    if (next === offered) return;
    const focused = actions.contains(document.activeElement);
    offered = next;
    setChildren(actions, next ? [deedButton(next, large, () => void press(next))] : []);
    if (focused) (actions.querySelector('button') ?? open).focus({ preventScroll: true });
  }

  async function press(deed: Deed): Promise<void> {
    if (busy) return;
    busy = true;
    setAttribute(element, 'aria-busy', 'true');
    try {
      const wrong = await act(page, incident, deed, '');
      error.hidden = wrong === '';
      setText(error, wrong);
    } finally {
      busy = false;
      setAttribute(element, 'aria-busy', undefined);
    }
  }

  return {
    element,
    set(next) {
      if (next.version !== incident.version) error.hidden = true;
      incident = next;
      const zone = zoneFor(next);
      setAttribute(element, 'data-incident', next.id);
      setAttribute(element, 'data-severity', next.severity);
      setAttribute(element, 'data-state', next.state);
      element.classList.toggle('quiet', isQuiet(next));
      setIcon(sign, large && next.class ? next.class : next.severity);
      setText(severity, word(t.severity, next.severity));
      setText(title, titleOf(next));
      setText(place, placeOfIncident(next));
      setAttribute(open, 'title', t.incidentOpen(titleOf(next), wholePlaceOf(next)));
      setAttribute(open, 'aria-current', page.route.incident === next.id ? 'true' : undefined);
      setAttribute(age, 'title', `${t.incidentSince(formatTime(timeOf(next.started_at), zone))} · ${t.received} ${formatFull(timeOf(next.received_at), zone)}`);
      setChildren(marks, marksOf(next));
      const active = activeClocks(next);
      clocks.forEach((clock, i) => clock.set(active[i], zone));
      setText(progress, progressOf(next));
      drawActions();
      tick();
    },
    tick,
  };
}
