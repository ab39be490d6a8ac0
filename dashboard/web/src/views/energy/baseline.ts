// What is held against a baseline, and its last days as a chart. Days have no zone: they stand at midnight of
// UTC, and the axis counts by UTC as well, or its marks would lie at the browser's
// midnights and east of Greenwich bear the name of the day before.
import { linesWithBand, type Point } from '../../chart/options';
import type { Options } from '../../chart/engine';
import type { Palette } from '../../chart/theme';
import { day } from '../../format/format';
import { dayIn, plusDays, type Stretch } from './days';

export interface BaselineDay {
  date: string;
  actual: number | null;
  baseline: number | null;
  low: number | null;
  high: number | null;
}

/** What a run holds against the baseline: up to the last beginning of a month, by the clocks of a place, and not up to its end as the chart goes. */
export function reportingOf(run: { from: string; to: string }, zone: string): Stretch {
  const from = dayIn(zone, Date.parse(run.from));
  const to = dayIn(zone, Date.parse(run.to));
  const month = `${to.slice(0, 7)}-01`;
  return { from, to: month > from ? month : to };
}

export function reportingText(run: { from: string; to: string }, zone: string, t: (key: string, named: Record<string, string>) => string): string {
  const { from, to } = reportingOf(run, zone);
  return t('energy.baseline.period', { from: day(from), to: day(plusDays(to, -1)) });
}

const time = (date: string) => Date.parse(`${date}T00:00:00Z`);

export function baselineCourse(days: readonly BaselineDay[], names: { expected: string; actual: string }, colours: Palette, say: { number(value: number): string; day(date: string): string }): Options {
  const drawn = linesWithBand([
    { name: names.expected, points: days.map((one): Point => [time(one.date), one.baseline, one.low, one.high]), dashed: true },
    { name: names.actual, points: days.map((one): Point => [time(one.date), one.actual]) },
  ], colours, { number: say.number, axis: (at) => say.day(new Date(Number(at)).toISOString().slice(0, 10)) });
  return { ...drawn, useUTC: true, xAxis: { ...(drawn['xAxis'] as object), minInterval: 86_400_000 } };
}
