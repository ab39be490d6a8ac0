// The broker as devices reach it, and what they have to send.
import type { AnswerOf } from '../../../api/client';
import type { ClassName } from '../../../live/protocol';

export type Door = NonNullable<AnswerOf<'/sources', 'get'>['door']>;

/** One that listens everywhere is reached where this page is. */
export function brokerHost(door: Door): { host: string; port: string; local: boolean } {
  const [, name = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(door.address ?? '') ?? [];
  const anywhere = name === '' || name === '0.0.0.0' || name === '::';
  const host = anywhere ? window.location.hostname : name;
  return { host: host || (door.address ?? ''), port: port || (door.tls ? '8883' : '1883'), local: /^(127\.|localhost$|::1$)/.test(host) };
}

export interface Target {
  region: string;
  project: string;
  class: ClassName;
  device: string;
}

export function topicOf(target: Target, stream: 'telemetry' | 'event' | 'status'): string {
  return `property/${target.region}/${target.project}/${target.class}/${target.device}/${stream}`;
}

/** What a device of the class sends, as an example to be replaced by what it measures. */
const samples: Record<ClassName, Record<string, number>> = {
  meter: { power_kw: 3.2, energy_kwh: 1234.5 },
  elevator: { floor: 3, speed_ms: 0, door_open: 1, passenger: 0 },
  fire: { smoke_ppm: 2, temperature_c: 24.5 },
  access: { passages_total: 1204, door_open: 0 },
};

export function samplePayload(cls: ClassName, now: number): string {
  return JSON.stringify({ ts: now, values: samples[cls] });
}

/** For a shell: within single quotes nothing is special but these themselves. */
export function shellQuote(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

export interface Account {
  name: string;
  /** empty: it is known to whoever has it */
  password: string;
}

export function publishCommand(door: Door, target: Target, account: Account | undefined, payload: string): string {
  const { host, port } = brokerHost(door);
  const words = ['mosquitto_pub', '-h', host, '-p', port, '-q', '1'];
  if (door.tls) words.push('--cafile', 'ca.pem');
  if (account) words.push('-u', account.name, '-P', account.password || 'PASSWORD');
  words.push('-t', topicOf(target, 'telemetry'), '-m', payload);
  return words.map(shellQuote).join(' ');
}
