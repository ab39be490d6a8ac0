// Times of charts and of forms, in the zone of the project.
import { locale } from '../../i18n';

const made = new Map<string, Intl.DateTimeFormat>();

function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale() + JSON.stringify(options);
  let one = made.get(key);
  if (!one) made.set(key, (one = new Intl.DateTimeFormat(locale(), options)));
  return one;
}

/** On an axis that is so long, in milliseconds. */
export function axisTime(ms: number, length: number, timeZone: string): string {
  if (length > 3 * 86_400_000) return format({ timeZone, month: '2-digit', day: '2-digit', ...(length < 15 * 86_400_000 ? { hour: '2-digit', hourCycle: 'h23' } : {}) }).format(ms);
  return format({ timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...(length > 86_400_000 ? { month: '2-digit', day: '2-digit' } : {}), ...(length < 600_000 ? { second: '2-digit' } : {}) }).format(ms);
}

/** In a tooltip, and in the table of a chart. */
export function pointTime(ms: number, timeZone: string): string {
  return format({ timeZone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(ms);
}

/** The parts of a time as its zone's clocks show them. */
function parts(ms: number, timeZone: string): Record<string, string> {
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
  return Object.fromEntries(clock.formatToParts(ms).map(({ type, value }) => [type, value]));
}

/** The day there, as 2026-11-20. */
export function dayIn(ms: number, timeZone: string): string {
  const { year, month, day } = parts(ms, timeZone);
  return `${year}-${month}-${day}`;
}

/** For an input of date and time: 2026-11-20T08:30 there. */
export function localInput(ms: number, timeZone: string): string {
  const { year, month, day, hour, minute } = parts(ms, timeZone);
  return `${year}-${month}-${day}T${hour}:${minute}`;
}

/** When it is so there, in milliseconds; NaN for no time. Of an hour that is there twice it is the first. */
export function fromLocal(text: string, timeZone: string): number {
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return NaN;
  const guess = Date.parse(`${text.length === 10 ? `${text}T00:00` : text}:00Z`);
  if (Number.isNaN(guess)) return NaN;
  const offset = (at: number) => Date.parse(`${localInput(at, timeZone)}:00Z`) - Math.floor(at / 60_000) * 60_000;
  const once = guess - offset(guess);
  return guess - offset(once);
}

/** The day so many days later. */
export function addDays(day: string, n: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + n * 86_400_000).toISOString().slice(0, 10);
}
