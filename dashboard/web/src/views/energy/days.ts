// Days of a calendar, as 2026-11-20, and the periods that a view shows. A day has no
// zone: it is that of whichever project is looked at.

export type Span = 'day' | 'week' | 'month' | 'year';
export const spans = ['day', 'week', 'month', 'year'] as const;
export const dayPattern = /^\d{4}-\d{2}-\d{2}$/;

const ms = 86_400_000;
const at = (day: string) => Date.parse(`${day}T00:00:00Z`);
const text = (time: number) => new Date(time).toISOString().slice(0, 10);

export function plusDays(day: string, n: number): string {
  return text(at(day) + n * ms);
}

export function daysBetween(from: string, to: string): number {
  return Math.round((at(to) - at(from)) / ms);
}

/** A day some months later; of a longer month the last day of the shorter one. */
export function plusMonths(day: string, n: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  const first = new Date(Date.UTC(year, month - 1 + n, 1));
  const last = new Date(Date.UTC(year, month + n, 0)).getUTCDate();
  return text(first.getTime() + (Math.min(date, last) - 1) * ms);
}

/** The day that it is in a zone at a time. */
export function dayIn(zone: string, time: number): string {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(time);
  return parts.slice(0, 10);
}

export interface Stretch {
  from: string;
  /** not included */
  to: string;
}

/** The period that a day is in. */
export function stretchOf(span: Span, day: string): Stretch {
  switch (span) {
    case 'day': return { from: day, to: plusDays(day, 1) };
    case 'week': {
      const from = plusDays(day, -((new Date(at(day)).getUTCDay() + 6) % 7));
      return { from, to: plusDays(from, 7) };
    }
    case 'month': {
      const from = `${day.slice(0, 7)}-01`;
      return { from, to: plusMonths(from, 1) };
    }
    case 'year': {
      const from = `${day.slice(0, 4)}-01-01`;
      return { from, to: plusMonths(from, 12) };
    }
  }
}

/** A day of the period before, or after. */
export function stepTo(span: Span, day: string, n: number): string {
  const { from } = stretchOf(span, day);
  return { day: () => plusDays(from, n), week: () => plusDays(from, 7 * n), month: () => plusMonths(from, n), year: () => plusMonths(from, 12 * n) }[span]();
}

/** The whole days of a stretch, where what is used is counted up to some time of a day: none, when that is its first. */
export function wholeDays({ from, to }: Stretch, until: string): Stretch {
  return { from, to: until <= from ? from : until < to ? until : to };
}

/**
 * What a period is held against: the period before, and the same a year ago; of one that
 * is not over as many days of them. Weeks and days are held against the same weekdays, 52
 * weeks before. Months differ in length, and leap years do: see {@link compare}.
 */
export function comparisons(span: Span, of: Stretch): { before: Stretch; year?: Stretch } {
  const days = daysBetween(of.from, of.to);
  const over = of.to >= stretchOf(span, of.from).to;
  const cut = ({ from, to: end }: Stretch): Stretch => {
    const to = plusDays(from, days);
    return { from, to: to < end && !over ? to : end };
  };
  const before = cut(stretchOf(span, stepTo(span, of.from, -1)));
  if (span === 'year') return { before };
  return { before, year: span === 'month' ? cut(stretchOf('month', plusMonths(of.from, -12))) : { from: plusDays(of.from, -364), to: plusDays(of.to, -364) } };
}

/** The length of the steps that a period is shown in. */
export const stepsOf = { day: 'hour', week: 'day', month: 'day', year: 'month' } as const;
