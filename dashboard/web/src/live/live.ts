// The live state that every view shares: one connection, one store, and what changed
// told at most once a frame; at once while the page is hidden.
//
// Vue sees shallow references to maps that are changed in place: a frame in which a
// thousand devices changed is one trigger, and nothing makes proxies of devices. What
// draws by hand listens to the changes themselves.
import { onScopeDispose, shallowRef, triggerRef, type ShallowRef } from 'vue';
import { noteServerTime, serverNow } from './clock';
import { Connection, type Status } from './connection';
import { endangers, isQuiet } from './incidents';
import { severities, type Message, type Scope, type Severity, type WireDanger, type WireIncident, type WireTotals } from './protocol';
import { makeSoon } from './soon';
import { Store, type Changes, type Device } from './store';

/** What the live state tells of the session. */
export interface SessionListener {
  /** The server has signed us out. */
  over(): void;
  /** The server did not let us in: it may have. */
  doubted(): void;
}

export interface Live {
  readonly store: Store;
  readonly connection: Connection;
  readonly status: ShallowRef<Status>;
  /** by path region/project/class/id, of the present scope */
  readonly devices: ShallowRef<ReadonlyMap<string, Device>>;
  readonly dangers: ShallowRef<ReadonlyMap<string, WireDanger>>;
  /** the open ones, by id */
  readonly incidents: ShallowRef<ReadonlyMap<string, WireIncident>>;
  readonly totals: ShallowRef<WireTotals>;
  /** How many incidents are open of each severity; those of which nobody is told are left out. */
  readonly counts: ShallowRef<Record<Severity, number>>;
  /** How many updates a page that was too slow has missed, and when that was said. */
  readonly missed: ShallowRef<{ updates: number; at: number }>;
  /** Shows another part of the company; the answer is a snapshot. */
  subscribe(scope: Scope): void;
  /** Takes an incident as an answer of the API has it. */
  put(incident: WireIncident): void;
  /** Is called with what changed, once a frame. Returns what ends it. */
  listen(listener: (changes: Changes) => void): () => void;
  /** Tells what changed soon, as after a change that is not the server's. */
  schedule(): void;
}

let running: Live | undefined;

/** The live state; there is one while somebody is signed in. */
export function useLive(): Live {
  if (!running) throw new Error('the live state is not running');
  return running;
}

export function startLive(first: Scope, session: SessionListener): Live {
  const store = new Store();
  const listeners = new Set<(changes: Changes) => void>();
  let scope = first;
  const schedule = makeSoon(() => tell(store.takeChanges()));

  const connection = new Connection(first, {
    incidents: () => store.incidents,
    message,
    status: () => schedule(),
    signedOut: () => session.over(),
    refused: () => session.doubted(),
  });

  const live: Live = {
    store,
    connection,
    status: shallowRef(connection.status),
    devices: shallowRef(store.devices),
    dangers: shallowRef(store.dangers),
    incidents: shallowRef(store.incidents.open),
    totals: shallowRef(store.totals),
    counts: shallowRef(count(store)),
    missed: shallowRef({ updates: 0, at: 0 }),
    subscribe(next) {
      if (same(scope, next)) return;
      scope = next;
      connection.subscribe(next);
    },
    put(incident) {
      store.putIncident(incident);
      schedule();
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    schedule,
  };

  function message(received: Message): void {
    switch (received.type) {
      case 'snapshot':
      case 'delta':
        noteServerTime(received.now);
        store.apply(received);
        break;
      case 'incidents':
        noteServerTime(received.now);
        store.applyIncidents(received);
        break;
      case 'missed':
        live.missed.value = { updates: live.missed.value.updates + received.updates, at: Date.now() };
        break;
      case 'ping':
        noteServerTime(received.now);
        break;
      case 'error':
        console.error('the server did not understand:', received.detail);
        break;
    }
    schedule();
  }

  function tell(changes: Changes): void {
    live.status.value = connection.status;
    if (changes.all || changes.devices.size > 0 || changes.list) show(live.devices, store.devices);
    if (changes.all || changes.dangers) show(live.dangers, store.dangers);
    if (changes.all || changes.counts) live.totals.value = store.totals;
    if (changes.incidents) {
      show(live.incidents, store.incidents.open);
      live.counts.value = count(store);
    }
    for (const listener of listeners) {
      try {
        listener(changes);
      } catch (error) {
        console.error(error); // its own part is wrong; the others, such as the alarm, must hear of it
      }
    }
  }

  running = live;
  return live;
}

function show<T>(ref: ShallowRef<T>, value: T): void {
  if (ref.value === value) triggerRef(ref);
  else ref.value = value;
}

function same(a: Scope, b: Scope): boolean {
  return a.region === b.region && a.project === b.project && a.class === b.class && a.device === b.device;
}

function count(store: Store): Record<Severity, number> {
  const counts = Object.fromEntries(severities.map((name) => [name, 0])) as Record<Severity, number>;
  for (const incident of store.incidents.open.values()) {
    if (incident.severity === 'life_safety' ? endangers(incident) : !isQuiet(incident)) counts[incident.severity]++;
  }
  return counts;
}

/** The server's time twice a second, for clocks, so that none skips a number. */
export function useNow(every = 500): ShallowRef<number> {
  const now = shallowRef(serverNow());
  const timer = window.setInterval(() => (now.value = serverNow()), every);
  onScopeDispose(() => window.clearInterval(timer));
  return now;
}
