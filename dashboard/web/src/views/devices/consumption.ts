// What a meter used, as bars; how good each number is can be seen and is said.
import type { Options } from '../../chart/engine';
import { base } from '../../chart/options';
import type { Palette } from '../../chart/theme';
import { addDays } from './time';

export type Quality = 'measured' | 'interpolated' | 'suspect' | 'partial' | 'missing';

export interface Used {
  /** a day of the project's calendar, or an hour in milliseconds */
  at: string | number;
  name: string;
  value: number | null;
  hours: number;
  known: number;
  quality: Quality;
  peak: number | null;
}

export interface Totals {
  sum: number | null;
  /** of whole days, or hours, that are known */
  mean: number | null;
  /** periods of which a part or all is not known */
  gaps: number;
  suspect: number;
}

/** So many whole days before today, and today as far as it goes: from the first to the day after the last. */
export const daysWithToday = (today: string, days: number): [string, string] => [addDays(today, -days), addDays(today, 1)];

/** Sums over what is known; the mean goes by the hours that are known, so that gaps do not look like savings. */
export function totals(rows: readonly Used[], length: number): Totals {
  const known = rows.filter((row) => row.value !== null);
  const hours = known.reduce((sum, row) => sum + row.known, 0);
  const sum = known.length > 0 ? known.reduce((all, row) => all + row.value!, 0) : null;
  return {
    sum, mean: sum === null || hours <= 0 ? null : (sum / hours) * length,
    gaps: rows.filter((row) => row.known < 0.95 * row.hours).length, suspect: rows.filter((row) => row.quality === 'suspect').length,
  };
}

/** Bars, whole for what was measured, hatched for what is only partly known or was filled in. */
export function usedBars(rows: readonly Used[], colours: Palette, say: { number(n: number): string; quality(of: Used): string }): Options {
  const look = (row: Used) => ({
    color: row.quality === 'suspect' ? colours.warn : colours.series[0],
    borderRadius: [2, 2, 0, 0],
    ...(row.quality === 'measured' ? {} : { opacity: 0.65, decal: { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [3, 3], rotation: Math.PI / 4, color: colours.panel } }),
  });
  return {
    ...base(colours),
    grid: { left: 8, right: 16, top: 16, bottom: rows.length > 60 ? 44 : 8, containLabel: true },
    xAxis: { type: 'category', data: rows.map((row) => row.name), axisLine: { lineStyle: { color: colours.line } }, axisTick: { show: false }, axisLabel: { color: colours.dim, hideOverlap: true } },
    yAxis: { type: 'value', axisLabel: { color: colours.dim, formatter: say.number }, splitLine: { lineStyle: { color: colours.line, type: 'dashed' } } },
    tooltip: {
      ...(base(colours)['tooltip'] as object), axisPointer: { type: 'shadow' },
      formatter: (items: { dataIndex: number }[]) => {
        const row = rows[items[0]?.dataIndex ?? 0];
        return row ? `${row.name}\n${row.value === null ? '' : `${say.number(row.value)}\n`}${say.quality(row)}` : '';
      },
    },
    ...(rows.length > 60 ? { dataZoom: [{ type: 'inside', zoomOnMouseWheel: 'ctrl' }, { type: 'slider', height: 20, bottom: 8, borderColor: colours.line, textStyle: { color: colours.dim } }] } : {}),
    series: [{ type: 'bar', barMaxWidth: 28, data: rows.map((row) => ({ value: row.value, itemStyle: look(row) })) }],
  };
}
