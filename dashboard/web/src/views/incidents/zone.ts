// Days and times of day as a place's clocks have them, for forms and calendars: the
// browser's own zone may be another one.

const made = new Map<string, Intl.DateTimeFormat>();

function parts(ms: number, zone: string): Record<string, number> {
  let format = made.get(zone);
  if (!format) {
    made.set(zone, (format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
    })));
  }
  return Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
}

const two = (n: number) => String(n).padStart(2, '0');

/** The time in a zone as an input of the type datetime-local has it: 2026-11-20T09:30. */
export function localOf(ms: number, zone: string): string {
  const p = parts(ms, zone);
  return `${p['year']}-${two(p['month']!)}-${two(p['day']!)}T${two(p['hour']!)}:${two(p['minute']!)}`;
}

/** The day in a zone: 2026-11-20. */
export function dayOf(ms: number, zone: string): string {
  return localOf(ms, zone).slice(0, 10);
}

/** The instant of a local time in a zone; NaN for what is none. Where clocks change, the one that exists. */
export function instantOf(local: string, zone: string): number {
  const wanted = Date.parse(`${local.length === 10 ? `${local}T00:00` : local.slice(0, 16)}Z`);
  if (Number.isNaN(wanted)) return NaN;
  let at = wanted;
  // The offset at the guess corrects it; near a change of the clocks the second guess does.
  for (let i = 0; i < 2; i++) at += wanted - Date.parse(`${localOf(at, zone)}Z`);
  return at;
}

/**
 * When something was done, of a minute that was entered by the clocks of a place; empty for
 * now, undefined for what is no time. The field knows no seconds: this very minute is now, and
 * the minute in which it began is the beginning, before which nothing can have been done.
 */
export function doneAt(entered: string, zone: string, now: number, began = -Infinity): string | undefined {
  const minute = instantOf(entered, zone);
  if (Number.isNaN(minute)) return undefined;
  if (entered === localOf(now, zone)) return '';
  return new Date(minute < began && began < minute + 60_000 ? began + 1 : minute).toISOString(); // the server knows parts of a millisecond
}

/** The day that is so many days later, counted in days and not in hours. */
export function addDays(day: string, n: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + n * 86_400_000).toISOString().slice(0, 10);
}

/** The day of the week, 0 for Sunday. */
export function weekdayOf(day: string): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay();
}
