// The open incidents as the server told them. Nothing here touches the page.
import { incidentStates, type IncidentsMessage, type WireClock, type WireDanger, type WireEntry, type WireIncident, type WireStage } from './protocol';

/** How many that are over are remembered, for whoever looks at one at the moment. */
const remembered = 50;

const gravity: Record<string, number> = { life_safety: 0, critical: 1, warning: 2, info: 3 };

/** Unix milliseconds of a time in RFC 3339; 0 for none. */
export function timeOf(text: string | undefined): number {
  const at = text ? Date.parse(text) : 0;
  return Number.isNaN(at) ? 0 : at;
}

/** The path of its device, as everywhere; empty when it concerns several or none. */
export function deviceOf(incident: WireIncident): string {
  return incident.device ? `${incident.region}/${incident.project}/${incident.class}/${incident.device}` : '';
}

/** Whether a person may still be in danger: what endangered him has not ended. */
export function endangers(incident: WireIncident): boolean {
  return incident.severity === 'life_safety' && incident.state !== 'resolved' && !incident.cleared_at;
}

/**
 * The stages of its present round: one that was reported again, or reopened, begins anew and
 * keeps those of its former rounds. Within a round each is further than the one before it.
 * Where a timeline is known, it says more: what was received before its last reopening is of
 * a former round.
 */
export function stagesNow(incident: WireIncident, timeline: readonly WireEntry[] = []): WireStage[] {
  if (incident.state === 'firing') return [];
  const reopened = Math.max(0, ...timeline.filter(({ kind }) => kind === 'reopened').map((entry) => timeOf(entry.received_at)));
  const rank = (stage: WireStage) => incidentStates.indexOf(stage.state);
  const stages = (incident.stages ?? []).filter((stage) => timeOf(stage.received_at) >= reopened);
  const first = stages.findLastIndex((stage, i) => i > 0 && rank(stage) <= rank(stages[i - 1]!));
  return stages.slice(Math.max(0, first));
}

/** Whether to do this to an incident needs a second thought: it would end it while somebody may still be in danger. */
export function endsDanger(incident: WireIncident, deed: string): boolean {
  return deed === 'resolve' && incident.severity === 'life_safety' && !incident.cleared_at;
}

/** Whether nobody was called: it is silenced, or another one explains it. */
export function isQuiet(incident: WireIncident): boolean {
  return incident.severity !== 'life_safety' && Boolean(incident.silenced || incident.parent);
}

/** The clocks that count at the moment, the next to pass first. */
export function activeClocks(incident: WireIncident): WireClock[] {
  return (incident.clocks ?? [])
    .filter((clock) => clock.started_at && !clock.stopped_at && ['running', 'breached', 'paused'].includes(clock.state))
    .sort((a, b) => (timeOf(a.deadline) || Infinity) - (timeOf(b.deadline) || Infinity));
}

/** How a clock stands: left is what remains in milliseconds, negative when it has passed. */
export function clockState(clock: WireClock, now: number): { state: 'paused' | 'good' | 'warn' | 'over'; left: number } {
  const deadline = timeOf(clock.deadline);
  if (clock.state === 'paused') return { state: 'paused', left: Math.max(0, deadline - (timeOf(clock.paused_at) || now)) };
  const left = deadline - now;
  if (clock.state === 'breached' || (deadline > 0 && left < 0)) return { state: 'over', left: Math.min(0, left) };
  const warnAt = timeOf(clock.warn_at);
  return { state: clock.warned_at || (warnAt > 0 && now >= warnAt) ? 'warn' : 'good', left };
}

/** What an incident is sorted and counted by: worked out once, since thousands may be open when every frame counts. */
interface Key {
  quiet: number;
  gravity: number;
  /** deadline of the clock that is next to pass; Infinity for none */
  next: number;
  started: number;
  /** from when on one of its clocks has passed and runs still */
  overFrom: number;
}

/** By the incident as it was told: what changes is told as another. */
const keys = new WeakMap<WireIncident, Key>();

function keyOf(incident: WireIncident): Key {
  let key = keys.get(incident);
  if (key) return key;
  const active = activeClocks(incident);
  key = {
    quiet: Number(isQuiet(incident)), gravity: gravity[incident.severity] ?? 4, next: timeOf(active[0]?.deadline) || Infinity,
    started: timeOf(incident.started_at),
    overFrom: Math.min(...active.map((clock) => (clock.state === 'paused' ? Infinity : clock.state === 'breached' ? -Infinity : timeOf(clock.deadline) || Infinity))),
  };
  keys.set(incident, key);
  return key;
}

/** Whether one of its clocks has passed and runs still. */
export function isOver(incident: WireIncident, now: number): boolean {
  return keyOf(incident).overFrom < now;
}

export class Incidents {
  /** From where to go on after a break; -1 before the first message. */
  cursor = -1;
  view = '';
  /** More are open than were sent. */
  partial = false;
  open = new Map<string, WireIncident>();
  private ended = new Map<string, WireIncident>();
  private graveAt: Set<string> | undefined; // devices of which an incident endangers life; made when it is asked for

  apply(message: IncidentsMessage): void {
    if (message.reset) this.open = new Map();
    this.graveAt = undefined;
    for (const incident of message.incidents) this.put(incident);
    this.cursor = message.cursor;
    this.view = message.view;
    this.partial = message.partial;
  }

  /** Takes one as it is now, unless a newer one is known. */
  put(incident: WireIncident): boolean {
    const known = this.find(incident.id);
    if (known && known.version > incident.version) return false;
    this.graveAt = undefined;
    if (incident.state !== 'resolved') {
      this.ended.delete(incident.id);
      this.open.set(incident.id, incident);
      return true;
    }
    this.open.delete(incident.id);
    this.ended.delete(incident.id);
    this.ended.set(incident.id, incident);
    if (this.ended.size > remembered) this.ended.delete(this.ended.keys().next().value!);
    return true;
  }

  find(id: string): WireIncident | undefined {
    return this.open.get(id) ?? this.ended.get(id);
  }

  /** Those that endanger life. */
  grave(): WireIncident[] {
    return [...this.open.values()].filter(endangers);
  }

  /** All others: the gravest first, then what is next to pass, those of which nobody is told last. */
  others(): WireIncident[] {
    const found: { incident: WireIncident; key: Key }[] = [];
    for (const incident of this.open.values()) if (!endangers(incident)) found.push({ incident, key: keyOf(incident) });
    found.sort((a, b) => a.key.quiet - b.key.quiet || a.key.gravity - b.key.gravity || compare(a.key.next, b.key.next) ||
      compare(b.key.started, a.key.started) || (b.incident.id < a.incident.id ? -1 : 1));
    return found.map(({ incident }) => incident);
  }

  /** Of how many of the others a clock has passed. */
  over(now: number): number {
    let n = 0;
    for (const incident of this.open.values()) if (isOver(incident, now) && !endangers(incident)) n++;
    return n;
  }

  /**
   * Whether a danger that a device reported is shown by an incident: one that is
   * open, or one that people resolved after the device's newest report. Until the
   * incident has come the danger stands for itself.
   */
  covers(danger: WireDanger): boolean {
    this.graveAt ??= new Set(this.grave().map(deviceOf));
    if (this.graveAt.has(danger.event.device)) return true;
    for (const incident of this.ended.values()) {
      if (incident.severity === 'life_safety' && deviceOf(incident) === danger.event.device && timeOf(incident.resolved_at) >= danger.latest) return true;
    }
    return false;
  }
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** A timeline with more entries in it: each once, the newest first. */
export function merged(known: readonly WireEntry[], more: readonly WireEntry[]): WireEntry[] {
  const byNumber = new Map(known.map((entry) => [entry.n, entry]));
  for (const entry of more) if (!byNumber.has(entry.n) || entry.data !== undefined) byNumber.set(entry.n, entry);
  return [...byNumber.values()].sort((a, b) => b.n - a.n);
}
