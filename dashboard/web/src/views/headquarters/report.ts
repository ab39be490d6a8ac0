// A report as the server makes it (analytics/report/model.go), and how its values read.
import { duration, interval, money, quantity, shareInterval, time } from '../../format/format';
import { formatCount } from '../../format/words';
import { say } from '../../i18n';
import type { Bilingual } from '../../live/protocol';
import { reason } from '../response/reasons';

export interface Value {
  value: number | null;
  low?: number;
  high?: number;
  n?: number;
  why?: string;
  reason?: Bilingual;
}

export interface Format {
  kind: '' | 'number' | 'percent' | 'money' | 'integer' | 'duration';
  unit?: string;
  decimals?: number;
}

export interface Cell {
  text?: string;
  words?: Bilingual;
  value?: Value;
  time?: string;
}

export interface Table {
  name: string;
  title: Bilingual;
  columns: { name: string; title: Bilingual; type: 'text' | 'number' | 'date' | 'time'; format?: Format }[];
  rows: Cell[][] | null;
  total?: Cell[];
  left_out?: number;
}

export interface Chart {
  kind: 'bars' | 'lines' | 'heat';
  title: Bilingual;
  x: Bilingual[];
  y?: Bilingual[];
  series: { name: Bilingual; values: Value[] }[];
  format: Format;
  limit?: number;
}

export interface Section {
  name: string;
  title: Bilingual;
  text?: Bilingual[];
  facts?: { title: Bilingual; value: Value; format: Format; before?: Value; good?: number }[];
  charts?: Chart[];
  tables?: Table[];
  notes?: Bilingual[];
}

export interface Report {
  name: string;
  title: Bilingual;
  company?: Bilingual;
  of: Bilingual;
  from: string;
  to: string;
  time_zone: string;
  made_at: string;
  as_of: string;
  runs: { job: string; id: string; computed_at: string }[] | null;
  sections: Section[] | null;
}

/** A bare number of a format, as on an axis. */
export function plain(value: number | null | undefined, format: Format | undefined): string {
  switch (format?.kind) {
    case 'percent': return quantity(value === null || value === undefined ? value : value * 100, '%', format.decimals ?? 0);
    case 'money': return money(value);
    case 'integer': return value === null || value === undefined ? quantity(value) : formatCount(value) + (format.unit ? `\u00a0${format.unit}` : '');
    case 'duration': return duration(value);
    default: return quantity(value, format?.unit ?? '', format?.decimals);
  }
}

/** A value with its interval, where it has one; why there is none, where it has no value. */
export function valueText(of: Value | undefined, format: Format | undefined): string {
  if (!of) return '';
  if (of.value === null || of.low === undefined || of.high === undefined) return plain(of.value, format);
  if (format?.kind === 'percent') return shareInterval(of, format.decimals ?? 0);
  if (format?.kind === 'money' || format?.kind === 'duration') return `${plain(of.value, format)} (${plain(of.low, format)}–${plain(of.high, format)})`;
  return interval(of, format?.unit ?? '', format?.decimals ?? 0);
}

export function whyOf(of: Value | undefined): string {
  return of?.value === null ? (of.reason ? say(of.reason) : reason(of.why)) : '';
}

export function cellText(cell: Cell | undefined, column: Table['columns'][number], zone: string): string {
  if (!cell) return '';
  if (column.type === 'text') return cell.words ? say(cell.words) : cell.text ?? '';
  if (column.type === 'number') return valueText(cell.value, column.format);
  if (!cell.time) return '';
  return column.type === 'date' ? cell.time.slice(0, 10) : time(cell.time, zone);
}
