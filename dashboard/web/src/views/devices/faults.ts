// Faults as spells: each from the message that it began with to the one that ended it.
import type { EventItem } from '../../api/schema';

/** What ends what. */
const ends: Record<string, string> = {
  fault_cleared: 'fault', entrapment_cleared: 'entrapment', released: 'entrapment', alarm_cleared: 'alarm', door_closed: 'door_held',
};
const begins = ['fault', 'entrapment', 'alarm', 'door_held', 'door_forced'];

/** The kinds that are asked for. */
export const faultKinds = [...new Set([...begins, ...Object.keys(ends)])];

export interface Spell {
  kind: string;
  code: string;
  begin: number;
  /** NaN while it lasts, or when nothing said that it ended */
  end: number;
}

const codeOf = (event: EventItem): string => {
  const attrs = (event.attrs ?? {}) as Record<string, unknown>;
  const code = attrs['code'] ?? attrs['fault'] ?? attrs['fault_code'];
  return typeof code === 'string' || typeof code === 'number' ? String(code) : '';
};

/** Events in any order to spells, the newest first. An end without a code ends all that are open of its kind. */
export function spells(events: readonly EventItem[]): Spell[] {
  const sorted = [...events].sort((a, b) => Date.parse(a.ts ?? '') - Date.parse(b.ts ?? ''));
  const found: Spell[] = [];
  const open = new Map<string, Spell>();
  for (const event of sorted) {
    const at = Date.parse(event.ts ?? '');
    const kind = event.kind ?? '';
    const code = codeOf(event);
    const ended = ends[kind];
    if (ended) {
      for (const [key, spell] of open) {
        if (spell.kind !== ended || (code && spell.code && spell.code !== code)) continue;
        spell.end = at;
        open.delete(key);
      }
    } else if (begins.includes(kind) && !open.has(`${kind}/${code}`)) {
      const spell = { kind, code, begin: at, end: NaN };
      found.push(spell);
      if (kind !== 'door_forced') open.set(`${kind}/${code}`, spell);
    }
  }
  return found.reverse();
}
