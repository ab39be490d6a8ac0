// Everything about one incident, beside the list: its clocks, what to do, what
// was done by whom, and the buttons to do more.
import { call, Problem, type List } from '../../../api/call';
import { elapsed } from '../../../live/clock';
import { h, icon, setAttribute, setChildren, setIcon, setText } from './dom';
import { said } from '../../../format/said';
import { formatAge, formatFull, formatTime } from '../../../format/words';
import { currentLanguage, say, word, words } from '../../../i18n';
import { activeClocks, deviceOf, endsDanger, merged, timeOf } from '../../../live/incidents';
import { today } from '../../../live/today';
import { mayAct } from '../../../session/session';
import type { Bilingual, WireClock, WireEntry, WireIncident } from '../../../live/protocol';
import { draftOf, dropDraft, keepDraft } from '../../incidents/drafts';
import { isTyping } from '../../../use/escape';
import type { Page, View } from './page';
import { actorName, clockLine, marksOf, placeOfIncident, progressOf, skewFrom, titleOf, valueOf, wholePlaceOf, zoneFor, type ClockLine } from './clocks';
import { act, answers, deedButton, deedsFor, type Deed } from './deeds';

/** How many entries are read, and drawn. */
const entryLimit = 500;
/** What the server pushes has no data: the timeline is read again this long after it, in milliseconds. */
const readAfter = 500;

export function incidentView(page: Page): View {
  const t = words();
  let open = ''; // id of the incident that is shown
  let opener: Element | null = null;
  let known: WireIncident | undefined; // as it was read, for one that is not among the open ones
  let entries: WireEntry[] = [];
  let reading = 0; // timer
  // What belongs to an incident stays with it while another is looked at.
  const pressed = new Set<string>(); // those of which an answer is waited for
  const wrongs = new Map<string, string>(); // what went wrong while another was looked at
  let sure: Deed | undefined; // which one wants a second press
  let day = today.value; // in which the timeline was drawn
  let clocks: ClockLine[] = [];

  const sign = icon('info');
  const title = h('h2', { id: 'incident-title', tabindex: -1 });
  const place = h('p', { class: 'dim' });
  const marks = h('p', { class: 'call-marks' });
  const progress = h('p', { class: 'incident-progress' });
  const summary = h('p', { class: 'incident-summary' });
  const facts = h('dl', { class: 'facts' });
  const note = h('textarea', { id: 'incident-note', rows: 1, maxlength: 600, 'data-test': 'note', input: () => keepDraft(open, note.value) });
  const buttons = h('div', { class: 'deeds' });
  const error = h('p', { class: 'gate-error', role: 'alert' });
  const doubt = h('p', { class: 'gate-error', role: 'alert' }, t.stillInDanger);
  doubt.hidden = true;
  const acting = h('form', { class: 'acting', submit: (event) => event.preventDefault() },
    h('label', { for: 'incident-note' }, t.noteLabel), note, error, doubt, buttons);
  const clocksTitle = h('h3', {}, t.clocks);
  const clockList = h('ul', { class: 'clock-list' });
  const runbookTitle = h('h3', {}, t.runbook);
  const runbook = h('p', { class: 'runbook' });
  const timeline = h('ol', { class: 'timeline' });
  const evidence = h('a', { class: 'link', target: '_blank', rel: 'noopener', 'data-test': 'evidence' }, t.evidence);
  const device = h('button', { type: 'button', class: 'link', click: () => current() && page.go({ device: deviceOf(current()!) }) }, t.showDevice);
  const body = h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-labelledby': 'incident-title' },
    marks, progress, summary, facts, acting, clocksTitle, clockList, runbookTitle, runbook,
    h('h3', {}, t.timeline), timeline, h('p', { class: 'incident-links' }, evidence, device));
  const missing = h('p', { class: 'dim incident-missing', role: 'status' });
  const element = h('aside', { class: 'detail incident', 'aria-labelledby': 'incident-title', 'data-test': 'incident', keydown: (e) => {
    if ((e as KeyboardEvent).key === 'Escape' && !isTyping(e as KeyboardEvent)) close();
    const incident = current();
    if (!incident || !answers(e as KeyboardEvent, incident)) return;
    e.preventDefault();
    void press('acknowledge');
  } },
  h('div', { class: 'detail-head' }, sign, h('div', {}, title, place),
    h('button', { type: 'button', class: 'tool', 'aria-label': t.close, title: t.close, click: close }, icon('close'))),
  missing, body);
  element.hidden = true;
  error.hidden = true;

  function current(): WireIncident | undefined {
    const live = page.store.incidents.find(open);
    return live && known && known.version > live.version ? known : live ?? known;
  }

  function close(): void {
    page.go({ incident: '' });
  }

  function show(id: string): void {
    if (id === open) return;
    const before = open;
    open = id;
    known = undefined;
    entries = [];
    sure = undefined;
    note.value = draftOf(id);
    setAttribute(acting, 'aria-busy', pressed.has(id) ? 'true' : undefined);
    complain(wrongs.get(id) ?? '');
    wrongs.delete(id);
    window.clearTimeout(reading);
    element.hidden = id === '';
    if (id === '') {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true });
      return;
    }
    if (before === '') opener = document.activeElement;
    body.scrollTop = 0;
    draw();
    drawTimeline();
    title.focus({ preventScroll: true });
    void read(id);
  }

  /** Reads what the store may not have: one that is over, and the timeline with its data. */
  async function read(id: string): Promise<void> {
    try {
      const [incident, list] = await Promise.all([
        call<WireIncident>('GET', `/incidents/${id}`), call<List<WireEntry>>('GET', `/incidents/${id}/timeline?limit=${entryLimit}`),
      ]);
      if (id !== open) return;
      known = incident;
      entries = merged(entries, list.items);
      draw();
      drawTimeline();
    } catch (failure) {
      if (!(failure instanceof Problem)) throw failure;
      if (id !== open || current()) return; // what is there stays; the banner says when the server is away
      missing.hidden = false;
      setText(missing, failure.status === 0 ? t.neverConnected : said(failure));
    }
  }

  function draw(): void {
    const incident = current();
    body.hidden = !incident;
    missing.hidden = incident !== undefined;
    if (!incident) {
      setText(title, t.incident);
      setText(place, open);
      setText(missing, t.loading);
      return;
    }
    setAttribute(element, 'data-severity', incident.severity);
    setAttribute(element, 'data-state', incident.state);
    setIcon(sign, incident.severity);
    setText(title, titleOf(incident));
    setText(place, wholePlaceOf(incident));
    setChildren(marks, [h('span', { class: 'badge', 'data-severity': incident.severity }, word(t.severity, incident.severity)), ...marksOf(incident)]);
    setText(progress, progressOf(incident));
    const what = say(incident.summary);
    summary.hidden = what === '' || what === titleOf(incident);
    setText(summary, what);
    drawFacts(incident);
    drawActing(incident);
    drawClocks(incident);
    const steps = say(incident.runbook);
    runbook.hidden = runbookTitle.hidden = steps === '';
    setText(runbook, steps);
    setAttribute(evidence, 'href', `/api/v1/incidents/${incident.id}/evidence.html?lang=${currentLanguage()}`);
    device.hidden = deviceOf(incident) === '';
  }

  function drawFacts(incident: WireIncident): void {
    const started = timeOf(incident.started_at);
    const received = timeOf(incident.received_at);
    const zone = zoneFor(incident);
    const list: [string, string, string][] = [[t.began, formatTime(started, zone), `${formatFull(started, zone)}\n${t.received} ${formatFull(received, zone)}`]];
    if (received - started > skewFrom) list.push([t.received, formatTime(received, zone), formatFull(received, zone)]);
    if (incident.cleared_at) list.push([t.cleared, formatTime(timeOf(incident.cleared_at), zone), formatFull(timeOf(incident.cleared_at), zone)]);
    if (incident.value !== undefined) list.push([t.value, valueOf(incident), '']);
    if (incident.rule) list.push([t.rule, incident.rule, '']);
    const parts: Node[] = list.map(([name, value, whole]) => h('div', {}, h('dt', {}, name), h('dd', { title: whole || undefined }, value)));
    if (incident.parent) {
      const parent = incident.parent;
      const cause = page.store.incidents.find(parent);
      parts.push(h('div', {}, h('dt', {}, t.causedBy), h('dd', {},
        h('button', { type: 'button', class: 'link', click: () => page.go({ incident: parent }) }, cause ? titleOf(cause) : parent))));
    }
    setChildren(facts, parts);
  }

  let offered = '';
  function drawActing(incident: WireIncident): void {
    const may = mayAct(incident.region ?? '', incident.project ?? '');
    acting.hidden = !may;
    // Also what is over may be remarked upon.
    const deeds: Deed[] = may ? [...deedsFor(incident), 'note'] : [];
    if (sure && (!endsDanger(incident, sure) || !deeds.includes(sure))) sure = undefined;
    doubt.hidden = sure === undefined;
    const offer = [...deeds, sure].join();
    if (offer === offered) return;
    const focused = buttons.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset['deed'] : undefined;
    offered = offer;
    setChildren(buttons, deeds.map((deed, i) => deedButton(deed, i === 0 && deed !== 'note', () => void press(deed), deed === sure)));
    if (focused) (buttons.querySelector<HTMLElement>(`[data-deed=${sure === focused ? sure : deeds[0]}]`) ?? title).focus({ preventScroll: true });
  }

  async function press(deed: Deed): Promise<void> {
    const incident = current();
    if (!incident || pressed.has(incident.id)) return;
    const { id } = incident;
    const text = note.value.trim();
    if (deed === 'note' && text === '') {
      complain(t.noteMissing);
      note.focus();
      return;
    }
    if (endsDanger(incident, deed) && sure !== deed) {
      sure = deed;
      drawActing(incident);
      return;
    }
    sure = undefined;
    drawActing(incident);
    pressed.add(id);
    setAttribute(acting, 'aria-busy', 'true');
    try {
      const wrong = await act(page, incident, deed, text);
      if (!wrong) dropDraft(id, text);
      else if (id !== open) wrongs.set(id, wrong);
      if (id === open) {
        complain(wrong);
        if (!wrong && note.value.trim() === text) note.value = '';
      } else if (wrong) complain(`${titleOf(incident)}, ${placeOfIncident(incident)}: ${wrong}`); // whoever looks at another must hear of it
      if (id === open) await read(id);
    } finally {
      pressed.delete(id);
      if (id === open) setAttribute(acting, 'aria-busy', undefined);
    }
  }

  function complain(wrong: string): void {
    error.hidden = wrong === '';
    setText(error, wrong);
  }

  function drawClocks(incident: WireIncident): void {
    const active = activeClocks(incident);
    const rest = (incident.clocks ?? []).filter((clock) => !active.includes(clock) && clock.state !== 'void' && clock.state !== 'waiting');
    clocks = active.map((clock) => {
      const line = clockLine();
      line.set(clock, zoneFor(incident));
      return line;
    });
    clocksTitle.hidden = active.length + rest.length === 0;
    setChildren(clockList, [...clocks.map((line) => h('li', {}, line.element)), ...rest.map((clock) => stoppedClock(clock, zoneFor(incident)))]);
  }

  function drawTimeline(): void {
    const incident = current();
    const zone = incident && zoneFor(incident);
    day = today.value;
    setChildren(timeline, entries.map((entry) => entryItem(entry, zone)));
  }

  return {
    element,
    draw(changes) {
      if (changes.all) show(page.route.incident);
      if (open === '') return;
      if (changes.all || changes.incidents) draw();
      if (day !== today.value) drawTimeline();
      const mine = changes.entries.filter((entry) => entry.incident === open);
      if (mine.length === 0 && !changes.gap) return;
      if (mine.length > 0) {
        entries = merged(entries, mine);
        drawTimeline();
      }
      window.clearTimeout(reading);
      const id = open;
      reading = window.setTimeout(() => void read(id), readAfter);
    },
    tick() {
      for (const line of clocks) line.tick();
    },
  };
}

/** A clock that has stopped: in time or not, and after how long. */
function stoppedClock(clock: WireClock, zone: string): HTMLLIElement {
  const t = words();
  const after = clock.elapsed_seconds ?? (timeOf(clock.stopped_at) - timeOf(clock.started_at)) / 1000;
  const met = clock.state === 'met';
  return h('li', {}, h('span', { class: 'clock', 'data-state': met ? 'met' : 'over', title: clock.stopped_at ? formatFull(timeOf(clock.stopped_at), zone) : undefined },
    icon(met ? 'online' : 'life_safety'), h('span', { class: 'clock-title' }, say(clock.title) || clock.standard),
    h('strong', { class: 'clock-left' }, (met ? t.clockMet : t.clockMissed)(elapsed(0, after * 1000)))));
}

/** What an entry's data says, as far as a glance needs it: the rest is in the evidence. */
function dataOf(entry: WireEntry): string {
  const t = words();
  if (typeof entry.data !== 'object' || entry.data === null) return '';
  const data = entry.data as Record<string, unknown>;
  if (entry.kind.startsWith('clock_')) return say(data['title'] as Bilingual | undefined);
  const text = (name: string) => (typeof data[name] === 'string' ? (data[name] as string) : '');
  return [text('receiver'), text('channel'), data['ok'] === false ? t.notDelivered : '', text('error')].filter(Boolean).join(' · ');
}

/** The note as people read it: Steward's own are names, which the data or we have words for. */
function remarkOf(entry: WireEntry, data: string): string {
  const note = entry.note ?? '';
  if (entry.kind.startsWith('clock_') && data && entry.actor.kind === 'system') return '';
  return entry.kind === 'notice' ? word(words().notice, note) : note;
}

function entryItem(entry: WireEntry, zone: string | undefined): HTMLLIElement {
  const t = words();
  const at = timeOf(entry.at);
  const received = timeOf(entry.received_at);
  const who = entry.actor.kind === 'system' ? '' : actorName(entry.actor);
  const data = dataOf(entry);
  const remark = remarkOf(entry, data);
  return h('li', { class: 'entry', 'data-kind': entry.kind },
    h('time', { datetime: entry.at, title: `${formatFull(at, zone)}\n${t.received} ${formatFull(received, zone)}` }, formatTime(at, zone)),
    h('span', { class: 'entry-body' },
      h('span', { class: 'entry-what' }, h('strong', {}, word(t.entryKind, entry.kind)), ...(who ? [h('span', {}, who)] : []),
        ...(received - at > skewFrom ? [h('span', { class: 'badge late-badge' }, t.late(formatAge(received - at)))] : [])),
      ...(data ? [h('span', { class: 'dim' }, data)] : []),
      ...(remark ? [h('span', { class: 'entry-note' }, remark)] : [])));
}
