// Which day it is. Times of today are said without a date: what shows one depends on
// this, so that after midnight yesterday's do not look like today's.
import { shallowRef } from 'vue';
import { serverNow } from './clock';
import { zones } from './names';

/** How often it is looked whether a day has begun, in milliseconds. */
const every = 5000;

const made = new Map<string, Intl.DateTimeFormat>();

/** The day in a zone, or in the browser's, as 2026-11-27. */
export function dayAt(ms: number, zone = ''): string {
  let format = made.get(zone);
  if (!format) made.set(zone, (format = new Intl.DateTimeFormat('en-CA', { year: 'numeric', month: '2-digit', day: '2-digit', ...(zone ? { timeZone: zone } : {}) })));
  return format.format(ms);
}

const days = () => ['', ...zones()].map((zone) => dayAt(serverNow(), zone)).join();

/** Is another when a day has begun, in whichever zone there is a project. */
export const today = shallowRef(days());
const timer: unknown = setInterval(() => (today.value = days()), every);
(timer as { unref?: () => void }).unref?.(); // a test ends all the same

/** Whether it is of this year there: a day of another one is not told without its year. */
export function isThisYear(ms: number, zone?: string): boolean {
  void today.value;
  return dayAt(ms, zone).slice(0, 4) === dayAt(serverNow(), zone).slice(0, 4);
}

export function isToday(ms: number, zone?: string): boolean {
  void today.value;
  return dayAt(ms, zone) === dayAt(serverNow(), zone);
}
