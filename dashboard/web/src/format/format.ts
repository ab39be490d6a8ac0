// Numbers, money, spans and times as people of the page's language write them. All of
// it follows the language: within a template, a switch draws it again. The words of
// metrics and states are in ./words.
import { i18n, locale } from '../i18n';
import { isThisYear, isToday } from '../live/today';

export { formatAge, formatCount, formatNumber, formatRate, formatValue, metricName, unitOf } from './words';
import { formatFull, formatNumber } from './words';

const made = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function number(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `n${locale()}${JSON.stringify(options)}`;
  let format = made.get(key) as Intl.NumberFormat | undefined;
  if (!format) made.set(key, (format = new Intl.NumberFormat(locale(), options)));
  return format;
}

function date(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `d${locale()}${JSON.stringify(options)}`;
  let format = made.get(key) as Intl.DateTimeFormat | undefined;
  if (!format) made.set(key, (format = new Intl.DateTimeFormat(locale(), options)));
  return format;
}

/** What is said where a number cannot be: never a dash that could be a zero. */
export function insufficient(): string {
  return i18n.global.t('app.insufficient');
}

/** A number with its unit, as "1,234.5 kWh"; % stands as the language has it. */
export function quantity(value: number | null | undefined, unit = '', digits?: number): string {
  if (value === null || value === undefined || Number.isNaN(value)) return insufficient();
  const text = digits === undefined ? formatNumber(value) : number({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
  return unit ? `${text}\u00a0${unit}` : text;
}

/** A share of one, as "92.3 %". */
export function share(value: number | null | undefined, digits = 1): string {
  return quantity(value === null || value === undefined ? value : value * 100, '%', digits);
}

export interface Estimate {
  value?: number | null | undefined;
  low?: number | null | undefined;
  high?: number | null | undefined;
}

/** A number with its interval, as "92.3 % (88.1–95.2)". Without the number there is too little data, which is said. */
export function interval(of: Estimate, unit = '', digits = 1): string {
  const { value, low, high } = of;
  if (value === null || value === undefined || Number.isNaN(value)) return insufficient();
  const plain = number({ minimumFractionDigits: digits, maximumFractionDigits: digits });
  const bound = (n: number | null | undefined) => (n === null || n === undefined || !Number.isFinite(n) ? '∞' : plain.format(n));
  const text = quantity(value, unit, digits);
  // Between numbers below zero a dash alone would look like one more minus.
  const to = low !== null && low !== undefined && low < 0 ? ' – ' : '–';
  return low === null || low === undefined ? text : `${text} (${bound(low)}${to}${bound(high)})`;
}

/** The same of a share of one. */
export function shareInterval(of: Estimate, digits = 1): string {
  const percent = (n: number | null | undefined) => (n === null || n === undefined ? n : n * 100);
  return interval({ value: percent(of.value), low: percent(of.low), high: percent(of.high) }, '%', digits);
}

/** Yuan; large sums by the ten thousand in Chinese, by the thousand in English, unless they are wanted exactly. */
export function money(value: number | null | undefined, exactly = false): string {
  if (value === null || value === undefined || Number.isNaN(value)) return insufficient();
  const short = !exactly && Math.abs(value) >= 100_000;
  const fen = exactly && Math.round(value * 100) % 100 !== 0;
  return number({
    style: 'currency', currency: 'CNY', currencyDisplay: 'narrowSymbol',
    ...(short ? { notation: 'compact', maximumSignificantDigits: 4 } : { minimumFractionDigits: fen ? 2 : 0, maximumFractionDigits: fen ? 2 : 0 }),
  }).format(value);
}

/** A span in seconds with its two largest units, as "2 h 5 min". */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || Number.isNaN(seconds)) return insufficient();
  const t = i18n.global.t;
  const sign = seconds < 0 ? '-' : '';
  let rest = Math.abs(seconds);
  if (rest < 1) return `${sign}${number({ maximumFractionDigits: 2 }).format(rest)}\u00a0${t('app.unit.second')}`;
  rest = Math.round(rest);
  const units: [number, string][] = [[86_400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']];
  const at = units.findIndex(([size]) => rest >= size);
  return sign + units.slice(at, at + 2)
    .map(([size, name]) => {
      const n = Math.floor(rest / size);
      rest -= n * size;
      return n > 0 ? `${number({}).format(n)}\u00a0${t(`app.unit.${name}`)}` : '';
    })
    .filter(Boolean)
    .join(' ');
}

/** A time of the API (RFC 3339) or in milliseconds; NaN for none. */
export function instant(at: string | number | null | undefined): number {
  const ms = typeof at === 'string' ? Date.parse(at) : at ?? NaN;
  return ms > 0 && ms < 8.64e15 ? ms : NaN;
}

const clock: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' };

/** The time of day in a zone, with the day when it is not today there, and its year when it is another one. */
export function time(at: string | number | null | undefined, zone?: string): string {
  const ms = instant(at);
  if (Number.isNaN(ms)) return '–';
  const place = zone ? { timeZone: zone } : {};
  if (isToday(ms, zone)) return date({ ...clock, ...place }).format(ms);
  const year = isThisYear(ms, zone) ? {} : { year: 'numeric' as const };
  return date({ ...year, month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...place }).format(ms);
}

/** The whole of it, with the zone. */
export function timeExactly(at: string | number | null | undefined, zone?: string): string {
  return formatFull(instant(at), zone);
}

/** A day, or a month, of the API: 2026-11-20 or 2026-11. It has no zone. */
export function day(text: string | null | undefined): string {
  if (!text) return '–';
  const month = /^\d{4}-\d{2}$/.test(text);
  const ms = Date.parse(month ? `${text}-01T00:00:00Z` : `${text.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(ms)) return text;
  return date({ year: 'numeric', month: month ? 'long' : '2-digit', ...(month ? {} : { day: '2-digit' }), timeZone: 'UTC' }).format(ms);
}
