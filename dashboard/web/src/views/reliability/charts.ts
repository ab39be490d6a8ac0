// The charts of these views that the common ones do not have: rates with exact and with
// shrunken intervals, steps with a band and a fitted law, calibration, and what money buys.
import { base, type Say } from '../../chart/options';
import type { Options } from '../../chart/engine';
import type { Palette } from '../../chart/theme';

export interface RateBar {
  name: string;
  value: number | null;
  low?: number | null | undefined;
  high?: number | null | undefined;
  /** the estimate that leans on the others */
  shrunk?: { value: number | null; low?: number | null | undefined; high?: number | null | undefined } | undefined;
  said: string;
}

type RenderApi = { value(i: number): number; coord(p: number[]): number[]; size(p: number[]): number[] };

function axis(colours: Palette, more: Options): Options {
  return {
    axisLine: { lineStyle: { color: colours.line } }, axisTick: { show: false }, axisLabel: { color: colours.dim, hideOverlap: true },
    splitLine: { lineStyle: { color: colours.line, type: 'dashed' } }, nameTextStyle: { color: colours.dim }, ...more,
  };
}

function whiskers(data: number[][], colour: string, dashed = false, shift = 0): Options {
  return {
    type: 'custom', silent: true, z: 3, encode: { x: [1, 2], y: 0 }, data,
    renderItem: (_: unknown, api: RenderApi) => {
      const [x1 = 0, y = 0] = api.coord([api.value(1), api.value(0)]);
      const [x2 = 0] = api.coord([api.value(2), api.value(0)]);
      const high = api.size([0, 1])[1] ?? 0;
      const half = Math.min(6, high / 5);
      const at = y + shift * high;
      const style = { stroke: colour, lineWidth: 1.5, fill: undefined, ...(dashed ? { lineDash: [3, 2] } : {}) };
      const line = (a: number, b: number, c: number, d: number) => ({ type: 'line', shape: { x1: a, y1: b, x2: c, y2: d }, style });
      return { type: 'group', children: [line(x1, at, x2, at), line(x1, at - half, x1, at + half), line(x2, at - half, x2, at + half)] };
    },
  };
}

/** A band from low to high, as one area: stacked lines would have to share a category axis. */
function band(points: readonly Step[], colour: string, step: boolean): Options {
  const corners = points.flatMap((p) => (p.low === null || p.low === undefined || p.high === null || p.high === undefined ? [] : [{ at: p.at, low: p.low, high: p.high }]));
  return {
    type: 'custom', silent: true, z: 1, clip: true, encode: { x: 0, y: [1, 2] }, data: corners.map((p) => [p.at, p.low, p.high]),
    renderItem: (params: { dataIndex: number }, api: RenderApi) => {
      if (params.dataIndex > 0) return undefined;
      const upper: number[][] = [];
      const lower: number[][] = [];
      corners.forEach((p, i) => {
        upper.push(api.coord([p.at, p.high]));
        lower.push(api.coord([p.at, p.low]));
        const next = corners[i + 1];
        if (!step || !next) return;
        upper.push(api.coord([next.at, p.high]));
        lower.push(api.coord([next.at, p.low]));
      });
      return { type: 'polygon', shape: { points: [...upper, ...lower.reverse()] }, style: { fill: colour, opacity: 0.16 } };
    },
  };
}

const isSpan = (of: { low?: number | null | undefined; high?: number | null | undefined }): boolean => of.high !== null && of.high !== undefined;

/** Bars with exact intervals; where there are shrunken estimates, a diamond with its own interval beside each. */
export function rateBars(bars: readonly RateBar[], colours: Palette, say: Say, names: { own: string; shrunk: string }, reference?: { value: number; name: string }): Options {
  const both = bars.some((bar) => bar.shrunk);
  const tooltip = base(colours)['tooltip'] as object;
  return {
    ...base(colours),
    legend: { show: both, top: 0, left: 0, textStyle: { color: colours.text }, data: [names.own, names.shrunk] },
    grid: { left: 8, right: 24, top: both || reference ? 40 : 12, bottom: 8, containLabel: true },
    yAxis: axis(colours, { type: 'category', data: bars.map((bar) => bar.name), inverse: true, axisLabel: { color: colours.text, width: 150, overflow: 'truncate' }, splitLine: { show: false } }),
    xAxis: axis(colours, { type: 'value', min: 0, axisLabel: { color: colours.dim, hideOverlap: true, formatter: say.number } }),
    tooltip: {
      ...tooltip, axisPointer: { type: 'shadow' },
      formatter: (items: { dataIndex: number }[]) => bars[items[0]?.dataIndex ?? 0]?.said ?? '',
    },
    series: [
      {
        name: names.own, type: 'bar', data: bars.map((bar) => bar.value), barMaxWidth: 20, itemStyle: { color: colours.series[0], borderRadius: [0, 3, 3, 0] },
        ...(reference ? { markLine: { symbol: 'none', silent: true, data: [{ xAxis: reference.value }], label: { formatter: reference.name, color: colours.text }, lineStyle: { color: colours.dim, type: 'dashed', width: 1.5 } } } : {}),
      },
      whiskers(bars.flatMap((bar, i) => (isSpan(bar) ? [[i, bar.low ?? 0, bar.high!]] : [])), colours.text, false, both ? -0.12 : 0),
      ...(both ? [
        {
          name: names.shrunk, type: 'scatter', symbol: 'diamond', symbolSize: 12, z: 4, symbolOffset: [0, '60%'], itemStyle: { color: colours.series[1], borderColor: colours.panel, borderWidth: 1 },
          data: bars.map((bar, i) => [bar.shrunk?.value ?? null, i]),
        },
        whiskers(bars.flatMap((bar, i) => (bar.shrunk && isSpan(bar.shrunk) ? [[i, bar.shrunk.low ?? 0, bar.shrunk.high!]] : [])), colours.series[1]!, true, 0.22),
      ] : []),
    ],
  };
}

export interface Step {
  at: number;
  value: number;
  low?: number | null | undefined;
  high?: number | null | undefined;
}

/** Steps with their band, a law drawn over them, and a mark: survival, and cumulative failures. */
export function stepsWithLaw(
  of: { name: string; steps: readonly Step[]; law?: { name: string; points: readonly (readonly [number, number])[] } | undefined; mark?: { at: number; name: string } | undefined; most?: number; told(at: number): string },
  colours: Palette, say: Say,
): Options {
  const [own = '', other = ''] = colours.series;
  const step = (name: string, data: unknown[], more: object) => ({ name, type: 'line', step: 'end', symbol: 'none', data, ...more });
  return {
    ...base(colours),
    legend: { show: true, top: 0, left: 0, textStyle: { color: colours.text }, data: [of.name, ...(of.law ? [of.law.name] : [])] },
    grid: { left: 8, right: 24, top: 44, bottom: 8, containLabel: true },
    xAxis: axis(colours, { type: 'value', min: 0, splitLine: { show: false }, axisLabel: { color: colours.dim, hideOverlap: true, formatter: say.axis } }),
    yAxis: axis(colours, { type: 'value', min: 0, ...(of.most === undefined ? {} : { max: of.most }), axisLabel: { color: colours.dim, formatter: say.number } }),
    tooltip: { ...(base(colours)['tooltip'] as object), formatter: (items: { axisValue: number }[]) => (items[0] ? of.told(items[0].axisValue) : '') },
    series: [
      band(of.steps, own, true),
      step(of.name, of.steps.map((s) => [s.at, s.value]), {
        lineStyle: { width: 2, color: own }, itemStyle: { color: own },
        ...(of.mark ? { markLine: { symbol: 'none', silent: true, data: [{ xAxis: of.mark.at }], label: { formatter: of.mark.name, color: colours.text, position: 'insideEndTop' }, lineStyle: { color: colours.warn, type: 'dotted', width: 2 } } } : {}),
      }),
      ...(of.law ? [{ name: of.law.name, type: 'line', symbol: 'none', data: of.law.points, lineStyle: { width: 2, color: other, type: 'dashed' }, itemStyle: { color: other } }] : []),
    ],
  };
}

/** Shares that were forecast against those that came true, with the line of a perfect forecast. */
export function calibration(bins: readonly { forecast: number; failed: number; low: number; high: number }[], colours: Palette, say: Say, names: { perfect: string; found: string; told(i: number): string; forecast: string; failed: string }): Options {
  const most = Math.min(1, Math.max(0.05, ...bins.flatMap((bin) => [bin.forecast, bin.high])) * 1.05);
  return {
    ...base(colours),
    legend: { show: true, top: 0, left: 0, textStyle: { color: colours.text }, data: [names.found, names.perfect] },
    grid: { left: 8, right: 24, top: 56, bottom: 28, containLabel: true },
    xAxis: axis(colours, { type: 'value', min: 0, max: most, name: names.forecast, nameLocation: 'middle', nameGap: 28, axisLabel: { color: colours.dim, hideOverlap: true, formatter: say.number } }),
    yAxis: axis(colours, { type: 'value', min: 0, max: most, name: names.failed, nameTextStyle: { color: colours.dim, align: 'left' }, axisLabel: { color: colours.dim, hideOverlap: true, formatter: say.number } }),
    tooltip: { ...(base(colours)['tooltip'] as object), trigger: 'item', formatter: (item: { seriesName: string; dataIndex: number }) => (item.seriesName === names.found ? names.told(item.dataIndex) : names.perfect) },
    series: [
      { name: names.perfect, type: 'line', symbol: 'none', data: [[0, 0], [most, most]], lineStyle: { width: 1.5, color: colours.dim, type: 'dashed' }, itemStyle: { color: colours.dim } },
      {
        type: 'custom', silent: true, z: 3, encode: { x: 0, y: [1, 2] }, data: bins.map((bin) => [bin.forecast, bin.low, bin.high]),
        renderItem: (_: unknown, api: RenderApi) => {
          const [x = 0, y1 = 0] = api.coord([api.value(0), api.value(1)]);
          const [, y2 = 0] = api.coord([api.value(0), api.value(2)]);
          const line = (a: number, b: number, c: number, d: number) => ({ type: 'line', shape: { x1: a, y1: b, x2: c, y2: d }, style: { stroke: colours.series[0], lineWidth: 1.5, fill: undefined } });
          return { type: 'group', children: [line(x, y1, x, y2), line(x - 5, y1, x + 5, y1), line(x - 5, y2, x + 5, y2)] };
        },
      },
      { name: names.found, type: 'scatter', symbolSize: 10, z: 4, data: bins.map((bin) => [bin.forecast, bin.failed]), itemStyle: { color: colours.series[0] } },
    ],
  };
}

/** A curve with its band over numbers, with lines down and across: what money buys, and what an age costs. */
export function curveWithMarks(
  of: { name: string; points: readonly Step[]; down?: readonly { at: number; name: string; strong?: boolean }[]; across?: { value: number; name: string } | undefined; axis: string; told(at: number): string; fromZero?: boolean; step?: boolean; most?: number },
  colours: Palette, say: Say,
): Options {
  const colour = colours.series[0];
  const line = (name: string, data: unknown[], more: object) => ({ name, type: 'line', symbol: 'none', ...(of.step ? { step: 'end' } : {}), data, ...more });
  const label = { color: colours.text, position: 'insideEndTop' };
  return {
    ...base(colours),
    grid: { left: 8, right: 24, top: 24, bottom: 28, containLabel: true },
    xAxis: axis(colours, { type: 'value', min: 0, name: of.axis, nameLocation: 'middle', nameGap: 28, splitLine: { show: false }, axisLabel: { color: colours.dim, hideOverlap: true, formatter: say.axis } }),
    yAxis: axis(colours, { type: 'value', ...(of.fromZero ? { min: 0 } : { scale: true }), ...(of.most === undefined ? {} : { max: of.most }), axisLabel: { color: colours.dim, formatter: say.number } }),
    tooltip: { ...(base(colours)['tooltip'] as object), formatter: (items: { axisValue: number }[]) => (items[0] ? of.told(items[0].axisValue) : '') },
    series: [
      band(of.points, colour ?? '', of.step === true),
      line(of.name, of.points.map((p) => [p.at, p.value]), {
        lineStyle: { width: 2, color: colour }, itemStyle: { color: colour },
        markLine: {
          symbol: 'none', silent: true,
          data: [
            ...(of.down ?? []).map((mark) => ({ xAxis: mark.at, label: { ...label, formatter: mark.name }, lineStyle: { color: mark.strong ? colours.accent : colours.warn, type: mark.strong ? 'solid' : 'dotted', width: 2 } })),
            ...(of.across ? [{ yAxis: of.across.value, label: { ...label, formatter: of.across.name }, lineStyle: { color: colours.series[1], type: 'dashed', width: 1.5 } }] : []),
          ],
        },
      }),
    ],
  };
}
