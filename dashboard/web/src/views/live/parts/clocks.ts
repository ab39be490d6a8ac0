// How clocks and the rest of an incident are said in words: in the strips on
// top, and in its details.
import { elapsed, serverNow } from '../../../live/clock';
import { h, icon, setAttribute, setIcon, setText } from './dom';
import { formatAge, formatFull, formatNumber, formatTime } from '../../../format/words';
import { say, word, words } from '../../../i18n';
import { clockState, timeOf } from '../../../live/incidents';
import { placeName, projectName, regionName, zoneOf } from '../../../live/names';
import type { WireActor, WireClock, WireIncident } from '../../../live/protocol';

/** From this much between event and receipt on, it is said, in milliseconds. */
export const skewFrom = 60_000;

export interface ClockLine {
  element: HTMLElement;
  /** zone: in which its deadline is said */
  set(clock: WireClock | undefined, zone?: string): void;
  tick(): void;
}

/** One clock: an icon, what it is about, and what is left or by how much it is over. */
export function clockLine(): ClockLine {
  const t = words();
  const sign = icon('clock');
  const title = h('span', { class: 'clock-title' });
  const left = h('strong', { class: 'clock-left', role: 'timer' });
  const element = h('span', { class: 'clock' }, sign, title, left);
  let clock: WireClock | undefined;

  function tick(): void {
    if (!clock) return;
    const { state, left: ms } = clockState(clock, serverNow());
    setAttribute(element, 'data-state', state);
    setIcon(sign, { good: 'clock', warn: 'warning', over: 'life_safety', paused: 'pause' }[state]);
    const span = elapsed(0, Math.abs(ms));
    setText(left, state === 'over' ? t.clockOver(span) : state === 'paused' ? t.clockPaused(span) : t.clockLeft(span));
  }

  return {
    element,
    set(next, zone) {
      clock = next;
      element.hidden = !next;
      if (!next) return;
      setText(title, say(next.title) || next.standard);
      const deadline = timeOf(next.deadline);
      element.title = deadline ? t.clockUntil(formatFull(deadline, zone)) : '';
      tick();
    },
    tick,
  };
}

/** What it is called: its title, or its kind in words. */
export function titleOf(incident: WireIncident): string {
  return say(incident.title) || word(words().kind, incident.kind);
}

/** The zone in which its times are said. */
export function zoneFor(incident: WireIncident): string {
  return zoneOf(incident.region ?? '', incident.project ?? '');
}

/** Its project, and what of it. */
export function placeOfIncident(incident: WireIncident): string {
  const t = words();
  const { region = '', project = '' } = incident;
  const at = project ? projectName(region, project) : region ? regionName(region) : t.headquarters;
  return [at, incident.building, incident.device].filter(Boolean).join(' / ');
}

export function wholePlaceOf(incident: WireIncident): string {
  const { region = '', project = '' } = incident;
  const at = project ? placeName(region, project) : region ? regionName(region) : words().headquarters;
  return [at, incident.building, incident.device].filter(Boolean).join(' / ');
}

export function actorName(actor: WireActor | undefined): string {
  if (!actor) return '';
  return actor.kind === 'system' ? words().appName : actor.name || actor.id;
}

/** How far it has come, and by whom. */
export function progressOf(incident: WireIncident): string {
  const t = words();
  const stage = incident.stages?.at(-1);
  const state = word(t.incidentState, incident.state);
  if (!stage || stage.state !== incident.state || incident.state === 'firing') return state;
  return `${state} · ${actorName(stage.by)} ${formatTime(timeOf(stage.at), zoneFor(incident))}`;
}

export function valueOf(incident: WireIncident): string {
  return incident.value === undefined ? '' : `${formatNumber(incident.value)}${incident.unit ? `\u00a0${incident.unit}` : ''}`;
}

/** What is special about it, each as a badge: an icon and a word. */
export function marksOf(incident: WireIncident): HTMLElement[] {
  const t = words();
  const marks: HTMLElement[] = [];
  const mark = (name: string, sign: string, text: string, title = '') => marks.push(
    h('span', { class: 'badge mark', 'data-mark': name, title: title || undefined }, icon(sign), text));
  const zone = zoneFor(incident);
  const skew = timeOf(incident.received_at) - timeOf(incident.started_at);
  if (incident.cleared_at) mark('cleared', 'online', t.markCleared(formatTime(timeOf(incident.cleared_at), zone)), formatFull(timeOf(incident.cleared_at), zone));
  if (incident.silenced) mark('silenced', 'silent', t.markSilenced);
  if (incident.parent) mark('explained', 'chevron', t.markExplained);
  if (incident.flapping) mark('flapping', 'reload', t.markFlapping);
  if (incident.count > 1) mark('count', 'list', t.markCount(incident.count));
  if (skew > skewFrom) mark('late', 'clock', t.late(formatAge(skew)), `${t.received} ${formatFull(timeOf(incident.received_at), zone)}`);
  return marks;
}
