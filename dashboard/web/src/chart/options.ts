// The charts that views need, as options of ECharts: bars with whiskers, lines with a
// band, heat maps. Each takes plain data, and is shown by <ChartView>.
import type { Options } from './engine';
import type { Palette } from './theme';

/** A bar with its interval. A value that is null is drawn as a gap with its words in the table. */
export interface Bar {
  name: string;
  value: number | null;
  low?: number | null;
  high?: number | null;
}

export interface Say {
  /** a number of the values' axis with its unit */
  number(value: number): string;
  /** a number of the categories' or times' axis */
  axis?(value: number | string): string;
  /** values are seconds: marks stand from 0 at whole minutes, hours or days */
  seconds?: boolean;
}

/** Steps, in seconds, at which people read spans of time: to a minute, to an hour, to a day, and days. */
const spans = [1, 2, 5, 10, 15, 30, ...[1, 2, 5, 10, 15, 30].map((n) => n * 60), ...[1, 2, 3, 6, 12].map((n) => n * 3600), ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((n) => n * 86_400)];
/** So many steps at most are from 0 to the end of an axis. */
const mostSteps = 6;

/** An axis of seconds from 0 to what is not below the most of some values; that of all other numbers is the engine's. */
export function secondsAxis(values: readonly (number | null | undefined)[]): { min: number; max: number; interval: number } {
  const most = values.reduce<number>((max, value) => Math.max(max, value ?? 0), 0);
  const interval = spans.find((step) => most <= step * mostSteps) ?? spans.at(-1)! * Math.ceil(most / spans.at(-1)! / mostSteps);
  return { min: 0, max: Math.max(1, Math.ceil(most / interval)) * interval, interval };
}

/** What all charts have alike. Tooltips are drawn, not markup: the page's policy lets no styles in. */
export function base(colours: Palette): Options {
  return {
    color: colours.series,
    textStyle: { color: colours.text, fontFamily: 'inherit' },
    grid: { left: 8, right: 16, top: 24, bottom: 8, containLabel: true },
    tooltip: {
      trigger: 'axis', renderMode: 'richText', confine: true, backgroundColor: colours.panel, borderColor: colours.line, textStyle: { color: colours.text, fontSize: 13 },
    },
    aria: { enabled: false }, // ChartView says what it is, and has the table
    animationDuration: window.matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 250,
  };
}

function axis(colours: Palette, more: Options): Options {
  return {
    axisLine: { lineStyle: { color: colours.line } }, axisTick: { show: false }, axisLabel: { color: colours.dim, hideOverlap: true },
    splitLine: { lineStyle: { color: colours.line, type: 'dashed' } }, ...more,
  };
}

/** Bars, the longest names readable, each with a whisker from low to high. */
export function barsWithWhiskers(bars: readonly Bar[], colours: Palette, say: Say, limit?: { value: number; name: string }): Options {
  const names = bars.map((bar) => bar.name);
  return {
    ...base(colours),
    yAxis: axis(colours, { type: 'category', data: names, inverse: true, axisLabel: { color: colours.text, width: 160, overflow: 'truncate' }, splitLine: { show: false } }),
    xAxis: axis(colours, { type: 'value', ...(say.seconds ? secondsAxis(bars.flatMap(({ value, high }) => [value, high])) : {}), axisLabel: { color: colours.dim, hideOverlap: true, formatter: say.number } }),
    tooltip: {
      ...(base(colours)['tooltip'] as object), axisPointer: { type: 'shadow' },
      formatter: (items: { dataIndex: number }[]) => {
        const bar = bars[items[0]?.dataIndex ?? 0];
        if (!bar || bar.value === null) return bar?.name ?? '';
        const span = bar.low === undefined || bar.low === null ? '' : ` (${say.number(bar.low)}–${say.number(bar.high ?? bar.value)})`;
        return `${bar.name}\n${say.number(bar.value)}${span}`;
      },
    },
    series: [
      {
        type: 'bar', data: bars.map((bar) => bar.value), barMaxWidth: 22, itemStyle: { color: colours.series[0], borderRadius: [0, 3, 3, 0] },
        ...(limit ? { markLine: { symbol: 'none', data: [{ xAxis: limit.value }], label: { formatter: limit.name, color: colours.warn }, lineStyle: { color: colours.warn, type: 'dashed', width: 2 } } } : {}),
      },
      {
        type: 'custom', silent: true, z: 3, encode: { x: [1, 2], y: 0 },
        data: bars.flatMap((bar, i) => (bar.low === undefined || bar.low === null || bar.high === undefined || bar.high === null ? [] : [[i, bar.low, bar.high]])),
        renderItem: (_: unknown, api: { value(i: number): number; coord(p: number[]): number[]; size(p: number[]): number[] }) => {
          const from = api.coord([api.value(1), api.value(0)]) as [number, number];
          const to = api.coord([api.value(2), api.value(0)]) as [number, number];
          const half = Math.min(7, api.size([0, 1])[1]! / 4);
          const stroke = { stroke: colours.text, lineWidth: 1.5, fill: undefined };
          const line = (x1: number, y1: number, x2: number, y2: number) => ({ type: 'line', shape: { x1, y1, x2, y2 }, style: stroke });
          return { type: 'group', children: [line(from[0], from[1], to[0], to[1]), line(from[0], from[1] - half, from[0], from[1] + half), line(to[0], to[1] - half, to[0], to[1] + half)] };
        },
      },
    ],
  };
}

/** Of a line: time in milliseconds (or a number), value, and where its band lies. null is a gap. */
export type Point = [at: number, value: number | null, low?: number | null, high?: number | null];

export interface Line {
  name: string;
  points: readonly Point[];
  dashed?: boolean;
  /** a step holds until the next, as states and floors do */
  step?: boolean;
}

/** Lines over time, the first with a band where its points have one; zoomed with wheel or fingers. */
export function linesWithBand(lines: readonly Line[], colours: Palette, say: Say, options: { zoom?: boolean; numeric?: boolean } = {}): Options {
  const series = lines.flatMap((line, i) => {
    const colour = colours.series[i % colours.series.length];
    const own = {
      name: line.name, type: 'line', showSymbol: line.points.length < 40, symbol: ['circle', 'rect', 'triangle', 'diamond'][i % 4], symbolSize: 6, connectNulls: false, sampling: 'lttb',
      ...(line.step ? { step: 'end' } : {}), lineStyle: { width: 2, color: colour, type: line.dashed ? 'dashed' : 'solid' }, itemStyle: { color: colour },
      data: line.points.map(([at, value]) => [at, value]),
    };
    if (!line.points.some((point) => point[2] !== undefined && point[2] !== null)) return [own];
    const edge = (name: string, data: unknown[], more: object) => ({
      name, type: 'line', stack: `band-${i}`, stackStrategy: 'all', symbol: 'none', silent: true, lineStyle: { opacity: 0 }, tooltip: { show: false }, data, ...more,
    });
    const banded = line.points.map(([at, value, low, high]) => [at, low ?? value, (high ?? value ?? 0) - (low ?? value ?? 0)] as const);
    return [
      edge(`${line.name} ⌄`, banded.map(([at, low]) => [at, low]), {}),
      edge(`${line.name} ⌃`, banded.map(([at, , wide]) => [at, wide]), { areaStyle: { color: colour, opacity: 0.16 } }),
      own,
    ];
  });
  return {
    ...base(colours),
    legend: { show: lines.length > 1, top: 0, textStyle: { color: colours.text }, data: lines.map((line) => line.name) },
    grid: { left: 8, right: 16, top: lines.length > 1 ? 40 : 16, bottom: options.zoom ? 44 : 8, containLabel: true },
    xAxis: axis(colours, {
      type: options.numeric ? 'value' : 'time', splitLine: { show: false },
      axisLabel: { color: colours.dim, hideOverlap: true, ...(say.axis ? { formatter: say.axis } : {}) },
    }),
    yAxis: axis(colours, { type: 'value', ...(say.seconds ? secondsAxis(lines.flatMap(({ points }) => points.flatMap(([, value, , high]) => [value, high]))) : { scale: true }), axisLabel: { color: colours.dim, formatter: say.number } }),
    tooltip: {
      ...(base(colours)['tooltip'] as object),
      formatter: (items: { seriesName: string; axisValue: number; value: [number, number | null] }[]) => {
        const mine = items.filter((item) => lines.some((line) => line.name === item.seriesName));
        if (mine.length === 0) return '';
        return [say.axis ? say.axis(mine[0]!.axisValue) : String(mine[0]!.axisValue), ...mine.map((item) => {
          const point = lines.find((line) => line.name === item.seriesName)?.points.find(([at]) => at === item.value[0]);
          const span = point && point[2] !== undefined && point[2] !== null ? ` (${say.number(point[2])}–${say.number(point[3] ?? point[2])})` : '';
          return `${item.seriesName}  ${item.value[1] === null ? '–' : say.number(item.value[1])}${span}`;
        })].join('\n');
      },
    },
    ...(options.zoom ? { dataZoom: [{ type: 'inside' }, { type: 'slider', height: 20, bottom: 8, borderColor: colours.line, textStyle: { color: colours.dim } }] } : {}),
    series,
  };
}

/** A heat map, such as hour by day: cells are [column, row, value]. */
export function heatMap(columns: readonly string[], rows: readonly string[], cells: readonly (readonly [number, number, number | null])[], colours: Palette, say: Say): Options {
  const values = cells.flatMap(([, , value]) => (value === null ? [] : [value]));
  return {
    ...base(colours),
    grid: { left: 8, right: 16, top: 8, bottom: 48, containLabel: true },
    tooltip: {
      ...(base(colours)['tooltip'] as object), trigger: 'item',
      formatter: (item: { value: [number, number, number] }) => `${rows[item.value[1]] ?? ''} ${columns[item.value[0]] ?? ''}\n${say.number(item.value[2])}`,
    },
    xAxis: axis(colours, { type: 'category', data: columns, splitArea: { show: false }, splitLine: { show: false } }),
    yAxis: axis(colours, { type: 'category', data: rows, inverse: true, splitLine: { show: false } }),
    visualMap: {
      min: values.length ? values.reduce((a, b) => Math.min(a, b)) : 0, max: values.length ? values.reduce((a, b) => Math.max(a, b)) : 1, calculable: false, orient: 'horizontal', left: 'center', bottom: 0,
      itemHeight: 160, inRange: { color: colours.heat }, textStyle: { color: colours.dim }, formatter: (value: number) => say.number(value),
    },
    series: [{ type: 'heatmap', data: cells.filter(([, , value]) => value !== null), itemStyle: { borderColor: colours.panel, borderWidth: 1 } }],
  };
}
