// Charts that only response standards need.
import { base } from '../../chart/options';
import type { Options } from '../../chart/engine';
import type { Palette } from '../../chart/theme';
import type { Hour } from './types';

/** Clocks by the hour of the day in which they began: those in time, and on them those that were not. */
export function byHour(hours: readonly Hour[], colours: Palette, names: { met: string; breached: string; open: string }): Options {
  const sides = { axisLine: { lineStyle: { color: colours.line } }, axisTick: { show: false }, axisLabel: { color: colours.dim } };
  const bar = (name: string, colour: string, value: (hour: Hour) => number, more: object = {}) => ({
    name, type: 'bar', stack: 'all', barMaxWidth: 20, itemStyle: { color: colour, ...more }, data: hours.map(value),
  });
  return {
    ...base(colours),
    legend: { top: 0, textStyle: { color: colours.text }, itemWidth: 14 },
    grid: { left: 8, right: 8, top: 36, bottom: 8, containLabel: true },
    xAxis: { type: 'category', data: hours.map(({ hour }) => String(hour).padStart(2, '0')), ...sides },
    yAxis: { type: 'value', minInterval: 1, ...sides, splitLine: { lineStyle: { color: colours.line, type: 'dashed' } } },
    series: [
      bar(names.met, colours.series[0] ?? colours.accent, ({ within }) => within?.met ?? 0),
      bar(names.breached, colours.bad, ({ within }) => within?.breached ?? 0, { decal: { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -0.7, color: colours.panel } }),
      bar(names.open, colours.series[5] ?? colours.dim, ({ within }) => within?.undecided ?? 0),
    ],
  };
}
