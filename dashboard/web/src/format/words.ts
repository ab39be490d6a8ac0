// Numbers and times as people of the page's language write them; times in the zone of
// their project, and without one in that of the browser.
import type { MetricInfo } from '../live/protocol';
import { locale, word, words } from '../i18n';
import { isThisYear, isToday } from '../live/today';

/** Formatters are costly to make and drawn thousands of times. */
const made = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function number(digits: number, significant = false): Intl.NumberFormat {
  const key = `n${digits}${significant}${locale()}`;
  let format = made.get(key) as Intl.NumberFormat | undefined;
  if (!format) made.set(key, (format = new Intl.NumberFormat(locale(), significant ? { maximumSignificantDigits: digits } : { maximumFractionDigits: digits })));
  return format;
}

function date(name: string, options: Intl.DateTimeFormatOptions, zone = ''): Intl.DateTimeFormat {
  const key = `d${name}${locale()}${zone}`;
  let format = made.get(key) as Intl.DateTimeFormat | undefined;
  if (!format) made.set(key, (format = new Intl.DateTimeFormat(locale(), zone ? { ...options, timeZone: zone } : options)));
  return format;
}

/** A number with as many digits as a glance can use; exactly, with as many as were sent. */
export function formatNumber(value: number, exactly = false): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e12 || size < 1e-4)) return value.toExponential(exactly ? 6 : 2);
  if (size < 0.01) return number(exactly ? 6 : 2, true).format(value); // three decimals would leave nothing of it
  return number(exactly ? 6 : size >= 10_000 ? 0 : size >= 1000 ? 1 : size >= 10 ? 2 : 3).format(value);
}

export function formatCount(value: number): string {
  return number(0).format(value);
}

export function formatRate(value: number): string {
  return number(value >= 100 ? 0 : 1).format(value);
}

/** The value of a metric as people read it, without its unit. */
export function formatValue(name: string, value: number | string | null, exactly = false): string {
  if (value === null) return '–';
  const t = words();
  if (typeof value === 'string') return word(t.attributeValue, value);
  const states = { door_open: t.doorState, passenger: t.passengerState, direction: t.directionState }[name];
  return states?.[value] ?? formatNumber(value, exactly);
}

/** The unit that belongs to formatValue's text: none when that is a word. */
export function unitOf(info: MetricInfo | undefined, value: number | string | null): string {
  return typeof value === 'number' && info ? info.unit : '';
}

export function metricName(name: string): string {
  return word(words().metricName, name);
}

const clock: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' };

/** The time of day, with the date when it is not today. */
export function formatTime(ms: number, zone?: string): string {
  if (!validTime(ms)) return '–';
  if (isToday(ms, zone)) return date('clock', clock, zone).format(ms);
  if (isThisYear(ms, zone)) return date('day', { month: '2-digit', day: '2-digit', ...clock }, zone).format(ms);
  return date('year', { year: 'numeric', month: '2-digit', day: '2-digit', ...clock }, zone).format(ms);
}

/** Day and minute, for what is not of this hour. */
export function formatShort(ms: number, zone?: string): string {
  return date('short', { dateStyle: 'short', timeStyle: 'short' }, zone).format(ms);
}

/** The whole time with the zone, for tooltips. */
export function formatFull(ms: number, zone?: string): string {
  if (!validTime(ms)) return '–';
  const name = date('zone', { timeZoneName: 'short' }, zone).formatToParts(ms).find(({ type }) => type === 'timeZoneName');
  // In Chinese the formatter would put the zone between the day and the time.
  return `${date('full', { year: 'numeric', month: '2-digit', day: '2-digit', ...clock, fractionalSecondDigits: 3 }, zone).format(ms)} ${name?.value ?? ''}`;
}

/** How long ago, in one unit. */
export function formatAge(ms: number): string {
  const t = words();
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return t.ageSeconds(seconds);
  if (seconds < 3600) return t.ageMinutes(Math.floor(seconds / 60));
  if (seconds < 86_400) return t.ageHours(Math.floor(seconds / 3600));
  return t.ageDays(Math.floor(seconds / 86_400));
}

function validTime(ms: number): boolean {
  return ms > 0 && ms < 8.64e15;
}

/** What does not print is written as its code, so that a payload's bytes can be seen. */
export function visible(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f]/g, (c) =>
    ({ '\n': '\\n', '\r': '\\r', '\t': '\\t' })[c] ?? `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Of a pseudonym as much as tells people apart: whole it fills a line, and says no more. */
const shortPerson = (text: string) => text.replace(/^(psn_[0-9a-f]{8})[0-9a-f]{24}$/, '$1…');

/** Attributes of an event on one line; not the identifier of the event that it ends, which nobody reads. */
export function formatAttributes(attrs: Record<string, unknown>): string {
  const t = words();
  return Object.entries(attrs)
    .filter(([name]) => name !== 'ref')
    .slice(0, 6)
    .map(([name, value]) => `${word(t.attributeName, name)} ${typeof value === 'object' ? JSON.stringify(value) : word(t.attributeValue, shortPerson(String(value)))}`)
    .join(' · ')
    .slice(0, 300);
}
