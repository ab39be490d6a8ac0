// Days against their baseline, as a chart. Days have no zone: they stand at midnight of
// UTC, and the axis counts by UTC as well, or its marks would lie at the browser's
// midnights and east of Greenwich bear the name of the day before.
import { linesWithBand, type Point } from '../../chart/options';
import type { Options } from '../../chart/engine';
import type { Palette } from '../../chart/theme';

export interface BaselineDay {
  date: string;
  actual: number | null;
  baseline: number | null;
  low: number | null;
  high: number | null;
}

const time = (date: string) => Date.parse(`${date}T00:00:00Z`);

export function baselineCourse(days: readonly BaselineDay[], names: { expected: string; actual: string }, colours: Palette, say: { number(value: number): string; day(date: string): string }): Options {
  const drawn = linesWithBand([
    { name: names.expected, points: days.map((one): Point => [time(one.date), one.baseline, one.low, one.high]), dashed: true },
    { name: names.actual, points: days.map((one): Point => [time(one.date), one.actual]) },
  ], colours, { number: say.number, axis: (at) => say.day(new Date(Number(at)).toISOString().slice(0, 10)) });
  return { ...drawn, useUTC: true, xAxis: { ...(drawn['xAxis'] as object), minInterval: 86_400_000 } };
}
