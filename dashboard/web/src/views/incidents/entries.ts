// What the lines of a timeline carry: raw messages, notices and what became of them.
import { quantity } from '../../format/format';
import { say, word, words } from '../../i18n';
import type { Bilingual } from '../../live/protocol';
import type { Entry } from './useIncident';

type Data = Record<string, unknown>;

export function dataOf(entry: Entry): Data {
  return typeof entry.data === 'object' && entry.data !== null ? (entry.data as Data) : {};
}

const textOf = (data: Data, name: string): string => (typeof data[name] === 'string' ? (data[name] as string) : '');

/** A message as the device sent it. */
export interface Message {
  topic: string;
  body: string;
  received: number;
  cut: boolean;
}

export function messageOf(entry: Entry): Message | undefined {
  const message = dataOf(entry)['message'] as Data | undefined;
  if (typeof message !== 'object' || message === null) return undefined;
  const { payload } = message;
  return {
    topic: textOf(message, 'topic'), body: payload === undefined ? textOf(message, 'text') : JSON.stringify(payload, null, 2),
    received: Number(message['received']) || 0, cut: message['cut'] === true,
  };
}

/** What an entry's data says on one line; the rest is in the message and the evidence. */
export function lineOf(entry: Entry): string {
  const data = dataOf(entry);
  if (entry.kind.startsWith('clock_')) return say(data['title'] as Bilingual | undefined);
  const event = data['event'] as Data | undefined;
  const value = typeof data['value'] === 'number' ? quantity(data['value'], textOf(data, 'unit')) : '';
  return [
    event ? word(words().kind, textOf(event, 'kind')) : '', value, textOf(data, 'text'), textOf(data, 'receiver'), textOf(data, 'channel'),
    data['ok'] === false ? words().notDelivered : '', textOf(data, 'error'),
  ].filter(Boolean).join(' · ');
}

/** The note as people read it: Steward's own are names, which the data or we have words for. */
export function remarkOf(entry: Entry): string {
  const note = entry.note ?? '';
  if (entry.actor.kind === 'system' && entry.kind.startsWith('clock_') && lineOf(entry)) return '';
  if (entry.kind === 'notice') return word(words().notice, note);
  return note;
}

/** Devices that an entry names, as region/project/class/id. */
export function membersOf(entries: readonly Entry[]): string[] {
  const all = entries.flatMap((entry) => {
    const { members } = dataOf(entry);
    return Array.isArray(members) ? members.filter((one): one is string => typeof one === 'string') : [];
  });
  return [...new Set(all)];
}

export interface Notice {
  key: string;
  what: string;
  receiver: string;
  channels: string[];
  at: string;
  notBefore: string;
  attempts: { at: string; channel: string; ok: boolean; error: string }[];
}

export type NoticeState = 'sent' | 'failed' | 'held' | 'waiting';

/** Nobody was told on an occasion, and why. */
export interface Withheld {
  n: number;
  at: string;
  what: string;
  why: string;
}

/** Who was told, when, by what, and whether it reached them; the newest first. */
export function noticesOf(entries: readonly Entry[]): { notices: Notice[]; withheld: Withheld[] } {
  const notices = new Map<string, Notice>();
  const withheld: Withheld[] = [];
  for (const entry of [...entries].sort((a, b) => a.n - b.n)) {
    const data = dataOf(entry);
    if (entry.kind === 'notice') {
      const { channels } = data;
      const key = textOf(data, 'key') || `n${entry.n}`;
      notices.set(key, {
        key, what: entry.note ?? '', receiver: textOf(data, 'receiver'), channels: Array.isArray(channels) ? channels.map(String) : [],
        at: entry.at, notBefore: textOf(data, 'not_before'), attempts: [],
      });
    } else if (entry.kind === 'delivered') {
      const key = textOf(data, 'notice');
      let notice = notices.get(key);
      if (!notice) notices.set(key, (notice = { key, what: textOf(data, 'what'), receiver: textOf(data, 'receiver'), channels: [], at: entry.at, notBefore: '', attempts: [] }));
      notice.attempts.push({ at: entry.at, channel: textOf(data, 'channel'), ok: data['ok'] === true, error: textOf(data, 'error') });
    } else if (entry.kind === 'withheld') {
      const [what = '', ...why] = (entry.note ?? '').split(': ');
      withheld.push({ n: entry.n, at: entry.at, what: why.length ? what : '', why: why.length ? why.join(': ') : what });
    }
  }
  return { notices: [...notices.values()].reverse(), withheld: withheld.reverse() };
}

export function stateOfNotice(notice: Notice, now: number): NoticeState {
  if (notice.attempts.some(({ ok }) => ok)) return 'sent';
  if (notice.attempts.length > 0) return 'failed';
  return Date.parse(notice.notBefore) > now + 60_000 ? 'held' : 'waiting';
}
