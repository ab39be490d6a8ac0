// The state of the scope as the server told it: a snapshot and the deltas after
// it. Nothing here touches the page.
import { Incidents } from './incidents';
import type {
  ClassName, Connection, Delta, IncidentsMessage, MetricInfo, Scope, Severity, Snapshot, WireDanger, WireDevice, WireEntry, WireEvent,
  WireGroup, WireIncident, WireRejected, WireTotals,
} from './protocol';

export interface Value {
  value: number | string | null;
  ts: number;
  received: number;
}

/** A place in the hierarchy, split from a device's path. */
export interface Place {
  path: string;
  region: string;
  project: string;
  class: ClassName;
  id: string;
}

export interface Device extends Place {
  connection: Connection;
  since: number;
  seen: number;
  values: Map<string, Value>;
}

export function placeOf(path: string): Place {
  const [region = '', project = '', cls = '', ...id] = path.split('/');
  return { path, region, project, class: cls as ClassName, id: id.join('/') };
}

/** What changed since it was asked last, so that only that is drawn again. */
export interface Changes {
  all: boolean;
  devices: Set<string>;
  /** devices appeared or went, or their order may have changed */
  list: boolean;
  dangers: boolean;
  /** something of the incidents */
  incidents: boolean;
  /** what was added to timelines */
  entries: WireEntry[];
  /** entries may be missing: the server told the incidents anew, without what had been done meanwhile */
  gap: boolean;
  events: boolean;
  rejected: boolean;
  counts: boolean;
}

const noChanges = (): Changes => ({
  all: false, devices: new Set(), list: false, dangers: false, incidents: false, entries: [], gap: false, events: false, rejected: false, counts: false,
});

export class Store {
  ready = false;
  scope: Scope = { region: '', project: '', class: '', device: '' };
  omitted = false;
  devices = new Map<string, Device>();
  dangers = new Map<string, WireDanger>();
  incidents = new Incidents();
  /** for each severity, oldest first */
  events = new Map<Severity, WireEvent[]>();
  rejected: WireRejected[] = [];
  groups = new Map<string, WireGroup>();
  totals: WireTotals = { devices: 0, online: 0, offline: 0, rate: 0, lag_ms: 0, rejected: 0, refused: 0 };
  metrics = new Map<string, MetricInfo>();
  missed = 0;
  private seq = 0;
  private limits = { events: 500, rejected: 100 };
  private changes = noChanges();

  takeChanges(): Changes {
    const taken = this.changes;
    this.changes = noChanges();
    return taken;
  }

  /** Throws when a delta does not follow: the connection must start again. */
  apply(message: Snapshot | Delta): void {
    if (message.type === 'snapshot') {
      this.reset(message);
    } else if (message.seq !== this.seq + 1) {
      throw new Error(`delta ${message.seq} does not follow ${this.seq}`);
    }
    this.seq = message.seq;
    for (const [name, info] of Object.entries(message.metrics ?? {})) this.metrics.set(name, info);
    for (const device of message.devices ?? []) this.applyDevice(device);
    for (const path of message.gone ?? []) {
      this.devices.delete(path);
      this.changes.list = true;
    }
    for (const danger of message.dangers ?? []) {
      this.dangers.set(danger.event.device, danger);
      this.changes.dangers = true;
    }
    for (const path of message.ended ?? []) {
      this.dangers.delete(path);
      this.changes.dangers = true;
    }
    for (const event of message.events ?? []) this.applyEvent(event);
    if (message.rejected?.length) {
      this.rejected.push(...message.rejected);
      this.rejected.splice(0, this.rejected.length - this.limits.rejected);
      this.changes.rejected = true;
    }
    for (const group of message.groups ?? []) {
      const key = `${group.region}/${group.project}/${group.class}`;
      if (group.devices > 0) this.groups.set(key, group);
      else this.groups.delete(key);
      this.changes.counts = true;
    }
    if (message.totals) {
      this.totals = message.totals;
      this.changes.counts = true;
    }
  }

  /** Whether what it knows is also of this part of the company: what was told is of it, or of every device of a larger one. */
  tells(of: Pick<Scope, 'region' | 'project' | 'class'>): boolean {
    const names = ['region', 'project', 'class'] as const;
    if (!this.ready || this.scope.device) return false;
    return names.every((name) => this.scope[name] === of[name] || (!this.scope[name] && !this.omitted));
  }

  /** Incidents have their own messages, which no snapshot resets. */
  applyIncidents(message: IncidentsMessage): void {
    this.incidents.apply(message);
    this.changes.incidents = true;
    this.changes.gap ||= message.reset;
    this.changes.entries.push(...(message.entries ?? []));
  }

  /** An incident as an answer of the API has it. */
  putIncident(incident: WireIncident): void {
    if (this.incidents.put(incident)) this.changes.incidents = true;
  }

  private reset(snapshot: Snapshot): void {
    this.ready = true;
    this.scope = snapshot.scope;
    this.omitted = snapshot.omitted;
    this.limits = snapshot.limits;
    this.devices = new Map();
    this.dangers = new Map();
    this.events = new Map();
    this.rejected = [];
    this.groups = new Map();
    this.changes.all = true;
  }

  private applyDevice(wire: WireDevice): void {
    let device = this.devices.get(wire.device);
    if (!device) {
      device = { ...placeOf(wire.device), connection: wire.connection, since: 0, seen: 0, values: new Map() };
      this.devices.set(wire.device, device);
      this.changes.list = true;
    }
    if (device.connection !== wire.connection) this.changes.list = true;
    device.connection = wire.connection;
    device.since = wire.since;
    device.seen = wire.seen;
    for (const [name, [value, ts, received]] of Object.entries(wire.values)) {
      device.values.set(name, { value, ts, received });
    }
    this.changes.devices.add(wire.device);
  }

  /** An event belongs where its time is; at the same time, after those that came before. */
  private applyEvent(event: WireEvent): void {
    let list = this.events.get(event.severity);
    if (!list) this.events.set(event.severity, (list = []));
    let at = list.length;
    while (at > 0 && list[at - 1]!.ts > event.ts) at--;
    list.splice(at, 0, event);
    if (list.length > this.limits.events) list.shift();
    this.changes.events = true;
  }

  /** The newest events of the chosen severities, newest first. */
  newestEvents(chosen: readonly Severity[], limit: number): WireEvent[] {
    const newest: WireEvent[] = [];
    for (const severity of chosen) newest.push(...(this.events.get(severity) ?? []).slice(-limit).reverse());
    return newest.sort((a, b) => b.ts - a.ts).slice(0, limit);
  }
}
