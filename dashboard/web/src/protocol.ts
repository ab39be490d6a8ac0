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

export type Message =
  | Snapshot
  | Delta
  | { type: 'missed'; updates: number }
  | { type: 'ping'; now: number }
  | { type: 'error'; detail: string };
