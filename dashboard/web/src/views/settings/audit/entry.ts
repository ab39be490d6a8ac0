// Lines of the audit log as people read them.
import type { ItemOf } from '../../../api/client';
import { nameOfPlace } from '../parts/grants';

export type Entry = ItemOf<'/audit'>;

/** The kinds of object that the log knows, as it names them. */
export const kinds = [
  'person', 'token', 'credential', 'region', 'project', 'building', 'device', 'approval_rule', 'alert_rule', 'silence', 'oncall_override', 'responder',
  'channel', 'dead_letter', 'meter_correction', 'finding', 'notice', 'analytics_run', 'inspections', 'complaints', 'fees', 'repair_orders',
] as const;

/** object.verb in words: the dictionaries are those of the present language, what is in neither stands as it is. */
export function actionText(action: string, say: { kinds: Record<string, string>; verbs: Record<string, string>; whole: Record<string, string>; order: (object: string, verb: string) => string }): string {
  const whole = say.whole[action.replaceAll('.', '_')];
  if (whole) return whole;
  const [kind = '', verb = ''] = action.split('.');
  return say.kinds[kind] && say.verbs[verb] ? say.order(say.kinds[kind], say.verbs[verb]) : action;
}

export interface Change {
  field: string;
  before: string;
  after: string;
}

function show(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value.startsWith('0001-01-01T') ? '' : value; // the zero time is none
  if (Array.isArray(value) && value.every((one) => isGrant(one))) return value.map((one) => `${one.role}: ${nameOfPlace(one.place)}`).join('\n');
  return JSON.stringify(value, undefined, typeof value === 'object' ? 1 : undefined);
}

function isGrant(value: unknown): value is { role: string; place: { region?: string; project?: string } } {
  return typeof value === 'object' && value !== null && 'role' in value && 'place' in value;
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : value === undefined || value === null ? {} : { '': value };
}

/** The fields that the entry tells of, in the order in which it has them. */
export function changesOf(entry: Pick<Entry, 'before' | 'after'>): Change[] {
  const before = fieldsOf(entry.before);
  const after = fieldsOf(entry.after);
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].map((field) => ({ field, before: show(before[field]), after: show(after[field]) })).filter((change) => change.before !== '' || change.after !== '');
}

/** A cell of a CSV file; what a spreadsheet would take for a formula is made a text. */
export function cell(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const columns = ['seq', 'at', 'actor_kind', 'actor_id', 'actor_name', 'remote', 'action', 'kind', 'key', 'region', 'project', 'before', 'after', 'hash'] as const;

export function line(entry: Entry): string {
  const json = (value: unknown) => (value === undefined || value === null ? '' : JSON.stringify(value));
  return [
    String(entry.seq ?? ''), entry.at ?? '', entry.actor?.kind ?? '', entry.actor?.id ?? '', entry.actor?.name ?? '', entry.actor?.remote ?? '', entry.action ?? '', entry.kind ?? '', entry.key ?? '',
    entry.place?.region ?? '', entry.place?.project ?? '', json(entry.before), json(entry.after), entry.hash ?? '',
  ].map(cell).join(',');
}
