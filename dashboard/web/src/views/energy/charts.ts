// The charts that only this area has.
import { base } from '../../chart/options';
import type { Options } from '../../chart/engine';
import type { Palette } from '../../chart/theme';

export interface Stack {
  key: string;
  name: string;
  values: readonly (number | null)[];
}

export interface Overlay {
  name: string;
  values: readonly (number | null)[];
  dotted?: boolean;
}

/** Colours of the periods of a tariff; they differ by pattern, too, and are named in legend, tooltip and table. */
function colourOf(key: string, colours: Palette): { color: string; decal?: object } {
  const [teal = '', orange = '', violet = '', green = '', magenta = ''] = colours.series;
  const lines = { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [2, 6], rotation: Math.PI / 4, color: colours.panel };
  const dots = { symbol: 'circle', symbolSize: 0.7, dashArrayX: [[6, 6], [0, 6, 6, 0]], dashArrayY: [6, 0], color: colours.panel };
  switch (key) {
    case 'sharp': return { color: magenta, decal: lines };
    case 'peak': return { color: orange };
    case 'valley': return { color: violet, decal: dots };
    case 'deep_valley': return { color: green, decal: lines };
    case 'none': return { color: colours.dim };
    default: return { color: teal };
  }
}

interface Said {
  number(value: number): string;
  /** of a step, in full */
  step(index: number): string;
  total: string;
}

/** Bars in parts, with what is compared as lines over them. */
export function stackedBars(labels: readonly string[], stacks: readonly Stack[], overlays: readonly Overlay[], colours: Palette, say: Said): Options {
  return {
    ...base(colours),
    legend: { top: 0, left: 0, itemGap: 16, textStyle: { color: colours.text }, type: 'scroll' },
    grid: { left: 8, right: 8, top: 40, bottom: 4, containLabel: true },
    xAxis: { type: 'category', data: [...labels], axisTick: { show: false }, axisLine: { lineStyle: { color: colours.line } }, axisLabel: { color: colours.dim, hideOverlap: true } },
    yAxis: { type: 'value', splitLine: { lineStyle: { color: colours.line, type: 'dashed' } }, axisLabel: { color: colours.dim, hideOverlap: true, formatter: say.number } },
    tooltip: {
      ...(base(colours)['tooltip'] as object), axisPointer: { type: 'shadow' },
      formatter: (items: { dataIndex: number }[]) => {
        const i = items[0]?.dataIndex ?? 0;
        const parts = stacks.flatMap((one) => (one.values[i] === null || one.values[i] === undefined ? [] : [one.values[i]!]));
        const line = (name: string, value: number | null | undefined) => (value === null || value === undefined ? [] : [`${name}  ${say.number(value)}`]);
        return [
          say.step(i), ...(parts.length === 0 ? ['–'] : stacks.flatMap((one) => line(one.name, one.values[i]))),
          ...(parts.length > 1 ? line(say.total, parts.reduce((a, b) => a + b, 0)) : []), ...overlays.flatMap((one) => line(one.name, one.values[i])),
        ].join('\n');
      },
    },
    series: [
      ...stacks.map((one, i) => ({
        name: one.name, type: 'bar', stack: 'use', barMaxWidth: 36, data: [...one.values],
        itemStyle: { ...colourOf(one.key, colours), ...(i === stacks.length - 1 ? { borderRadius: [3, 3, 0, 0] } : {}) }, emphasis: { disabled: true },
      })),
      ...overlays.map((one) => ({
        name: one.name, type: 'line', data: [...one.values], symbol: one.dotted ? 'triangle' : 'circle', symbolSize: 5, showSymbol: labels.length < 40, z: 5,
        lineStyle: { width: 1.5, type: one.dotted ? 'dotted' : 'dashed', color: one.dotted ? colours.dim : colours.text }, itemStyle: { color: one.dotted ? colours.dim : colours.text }, emphasis: { disabled: true },
      })),
    ],
  };
}

export interface Mark {
  at: string;
  name: string;
}

/** What was, day by day or night by night, with what should have been, a level to compare with, and a day that matters. */
export function course(
  days: readonly string[], values: readonly (number | null)[], name: string,
  more: { expected?: { name: string; values: readonly (number | null)[] }; level?: { name: string; value: number }; marks?: readonly Mark[] },
  colours: Palette, say: { number(value: number): string; day(at: string): string },
): Options {
  const line = (title: string, data: readonly (number | null)[], colour: string, dashed: boolean) => ({
    name: title, type: 'line', data: [...data], connectNulls: false, showSymbol: days.length < 40, symbol: dashed ? 'rect' : 'circle', symbolSize: 5,
    lineStyle: { width: 2, color: colour, type: dashed ? 'dashed' : 'solid' }, itemStyle: { color: colour },
  });
  const marks = (more.marks ?? []).filter((mark) => days.includes(mark.at));
  return {
    ...base(colours),
    legend: { show: more.expected !== undefined, top: 0, left: 0, textStyle: { color: colours.text } },
    grid: { left: 8, right: 24, top: 40, bottom: 4, containLabel: true },
    xAxis: { type: 'category', data: [...days], boundaryGap: false, axisTick: { show: false }, axisLine: { lineStyle: { color: colours.line } }, axisLabel: { color: colours.dim, hideOverlap: true, formatter: say.day } },
    yAxis: { type: 'value', min: (range: { min: number }) => Math.min(0, range.min), splitLine: { lineStyle: { color: colours.line, type: 'dashed' } }, axisLabel: { color: colours.dim, formatter: say.number } },
    tooltip: {
      ...(base(colours)['tooltip'] as object),
      formatter: (items: { seriesName: string; dataIndex: number; value: number | null }[]) => {
        const seen = items.filter((item) => item.seriesName === name || item.seriesName === more.expected?.name);
        return [say.day(days[items[0]?.dataIndex ?? 0] ?? ''), ...seen.map((item) => `${item.seriesName}  ${item.value === null || item.value === undefined ? '–' : say.number(item.value)}`)].join('\n');
      },
    },
    series: [
      {
        ...line(name, values, colours.series[0] ?? colours.accent, false), areaStyle: { opacity: 0.08 },
        markLine: {
          symbol: 'none', silent: true, label: { color: colours.text, formatter: '{b}' },
          data: [
            ...(more.level ? [{ name: more.level.name, yAxis: more.level.value, label: { position: 'insideStartTop' }, lineStyle: { color: colours.good, type: 'dashed', width: 1.5 } }] : []),
            ...marks.map((mark) => ({ name: mark.name, xAxis: mark.at, label: { position: 'end' }, lineStyle: { color: colours.warn, type: 'solid', width: 1.5 } })),
          ],
        },
      },
      ...(more.expected ? [line(more.expected.name, more.expected.values, colours.series[1] ?? colours.warn, true)] : []),
    ],
  };
}
