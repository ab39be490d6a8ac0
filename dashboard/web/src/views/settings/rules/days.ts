// What a back-test found, day by day, as a chart of bars.
import { base } from '../../../chart/options';
import type { Options } from '../../../chart/engine';
import type { Palette } from '../../../chart/theme';
import { addDays, dayOf } from '../../incidents/zone';

export interface DayCount {
  day: string; // 2026-11-20
  fired: number;
}

/** How often it would have begun to fire on each day of a zone from one time to another, those without included. */
export function byDay(begun: readonly number[], from: number, to: number, zone: string): DayCount[] {
  const fired = new Map<string, number>();
  for (let day = dayOf(from, zone); day <= dayOf(to - 1, zone); day = addDays(day, 1)) fired.set(day, 0);
  for (const at of begun) {
    const day = dayOf(Math.min(to - 1, Math.max(from, at)), zone);
    fired.set(day, (fired.get(day) ?? 0) + 1);
  }
  return [...fired].map(([day, n]) => ({ day, fired: n }));
}

export interface Bars {
  names: readonly string[];
  series: readonly { name: string; values: readonly number[] }[];
}

/** Bars over days; several series stand on one another. */
export function bars(of: Bars, colours: Palette, say: (n: number) => string): Options {
  const line = { axisLine: { lineStyle: { color: colours.line } }, axisTick: { show: false } };
  const legend = of.series.length > 1;
  return {
    ...base(colours),
    grid: { left: 8, right: 8, top: legend ? 40 : 16, bottom: 8, containLabel: true },
    legend: { show: legend, type: 'plain', top: 0, left: 0, itemWidth: 12, itemHeight: 12, textStyle: { color: colours.text } },
    xAxis: { type: 'category', data: of.names, ...line, axisLabel: { color: colours.dim, hideOverlap: true }, splitLine: { show: false } },
    yAxis: { type: 'value', minInterval: 1, ...line, axisLabel: { color: colours.dim, formatter: say }, splitLine: { lineStyle: { color: colours.line, type: 'dashed' } } },
    tooltip: {
      ...(base(colours)['tooltip'] as object), axisPointer: { type: 'shadow' },
      formatter: (items: { name: string; seriesName: string; value: number }[]) =>
        [items[0]?.name ?? '', ...items.filter((item) => item.value > 0 || of.series.length === 1).map((item) => `${item.seriesName}  ${say(item.value)}`)].join('\n'),
    },
    series: of.series.map((one, i) => ({
      name: one.name, type: 'bar', stack: 'all', data: [...one.values], barMaxWidth: 26,
      itemStyle: { color: colours.series[i % colours.series.length], borderColor: colours.panel, borderWidth: of.series.length > 1 ? 1 : 0 },
    })),
  };
}
