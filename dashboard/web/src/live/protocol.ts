// The messages of the live websocket, as the server's documentation has them.
// All times are Unix milliseconds.

export type ClassName = 'meter' | 'elevator' | 'fire' | 'access';
export const classes: readonly ClassName[] = ['meter', 'elevator', 'fire', 'access'];

export type Severity = 'life_safety' | 'critical' | 'warning' | 'info';
export const severities: readonly Severity[] = ['life_safety', 'critical', 'warning', 'info'];

export type Connection = 'online' | 'offline' | 'unknown';

export interface Scope {
  region: string;
  project: string;
  class: string;
  device: string;
}

/** [value, time at the device, time of receipt]; null is a number JSON cannot say. */
export type WireValue = [number | string | null, number, number];

export interface WireDevice {
  device: string;
  connection: Connection;
  since: number;
  seen: number;
  values: Record<string, WireValue>;
}

export interface WireEvent {
  device: string;
  kind: string;
  id: string;
  severity: Severity;
  ts: number;
  received: number;
  attrs: Record<string, unknown>;
}

export interface WireDanger {
  event: WireEvent;
  latest: number;
  reports: number;
  arrived: number;
}

export interface WireRejected {
  id: string;
  received: number;
  topic: string;
  preview: string;
  size: number;
  codec: string;
  reason: string;
  error: string;
}

export interface WireGroup {
  region: string;
  project: string;
  class: ClassName;
  devices: number;
  online: number;
  offline: number;
  rate: number;
}

export interface WireTotals {
  devices: number;
  online: number;
  offline: number;
  rate: number;
  lag_ms: number;
  rejected: number;
  refused: number;
}

export interface MetricInfo {
  unit: string;
  kind: 'gauge' | 'counter' | 'state';
}

interface Content {
  now: number;
  seq: number;
  metrics?: Record<string, MetricInfo>;
  devices?: WireDevice[];
  dangers?: WireDanger[];
  /** after the devices: those that are shown no longer */
  gone?: string[];
  ended?: string[];
  events?: WireEvent[];
  rejected?: WireRejected[];
  groups?: WireGroup[];
  totals?: WireTotals;
}

export interface Snapshot extends Content {
  type: 'snapshot';
  scope: Scope;
  omitted: boolean;
  limits: { events: number; rejected: number };
}

export interface Delta extends Content {
  type: 'delta';
}

export type IncidentState = 'firing' | 'acknowledged' | 'dispatched' | 'arrived' | 'resolved';
export const incidentStates: readonly IncidentState[] = ['firing', 'acknowledged', 'dispatched', 'arrived', 'resolved'];

/** A text in both languages; one of them may be missing. */
export interface Bilingual {
  zh: string;
  en: string;
}

export interface WireActor {
  kind: string;
  id: string;
  name: string;
}

export interface WireStage {
  state: IncidentState;
  at: string;
  received_at: string;
  by: WireActor;
  note?: string;
}

export interface WireClock {
  standard: string;
  title: Bilingual;
  state: 'waiting' | 'running' | 'paused' | 'met' | 'breached' | 'void';
  limit_seconds: number;
  started_at?: string;
  warn_at?: string;
  deadline?: string;
  warned_at?: string;
  breached_at?: string;
  stopped_at?: string;
  paused_at?: string;
  elapsed_seconds?: number;
}

/** An incident, as the API has it: its times are in RFC 3339. */
export interface WireIncident {
  id: string;
  rule: string;
  kind: string;
  title: Bilingual;
  runbook: Bilingual;
  summary: Bilingual;
  severity: Severity;
  region?: string;
  project?: string;
  building?: string;
  class?: ClassName;
  device?: string;
  state: IncidentState;
  late?: boolean;
  flapping?: boolean;
  silenced?: boolean;
  parent?: string;
  count: number;
  value?: number;
  unit?: string;
  started_at: string;
  received_at: string;
  cleared_at?: string;
  resolved_at?: string;
  stages?: WireStage[] | null;
  clocks?: WireClock[] | null;
  version: number;
}

/** One line of an incident's timeline; data comes only from the API. */
export interface WireEntry {
  incident: string;
  n: number;
  kind: string;
  at: string;
  received_at: string;
  state: IncidentState;
  actor: WireActor;
  note?: string;
  data?: unknown;
}

export interface IncidentsMessage {
  type: 'incidents';
  cursor: number;
  /** of what may be seen: the cursor is good for the same one only */
  view: string;
  now: number;
  reset: boolean;
  partial: boolean;
  incidents: WireIncident[];
  entries?: WireEntry[];
}

export type Message =
  | Snapshot
  | Delta
  | IncidentsMessage
  | { type: 'missed'; updates: number }
  | { type: 'ping'; now: number }
  | { type: 'error'; detail: string };
