// Periods, comparisons, grids and trees of the energy pages.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const src = fileURLToPath(new URL('../../src', import.meta.url));

async function load(contents) {
  const result = await build({
    stdin: { contents, resolveDir: src, loader: 'ts' },
    bundle: true, write: false, format: 'esm', platform: 'browser', logLevel: 'error',
    define: { 'import.meta.glob': 'noFiles', __VUE_OPTIONS_API__: 'true', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' },
    banner: { js: "const noFiles = () => ({}); globalThis.window ??= globalThis; globalThis.matchMedia ??= () => ({ matches: false, addEventListener() {} }); Object.defineProperty(globalThis, 'navigator', { value: { languages: ['zh-CN'], userAgent: 'Node.js' }, configurable: true });" },
  });
  return import('data:text/javascript;base64,' + Buffer.from(result.outputFiles[0].text).toString('base64'));
}

const {
  plusDays, plusMonths, daysBetween, dayIn, stretchOf, stepTo, comparisons, wholeDays, compare, compared, decimals, decimalsOf, estimated, cost, signed, perArea, gridOf, typicalWeek, habitsOf, treeOf, shownOf, pointsOf, sumBehind, verdictOf, mediumOf, subjectsOf, addUp, reason,
  leaksIn, rowsOf, follow, mostSilent, mostAsked, allPages, Problem, hoursMap, baselineCourse, reportingOf, draw,
} = await load(`
  import { HeatmapChart, LineChart } from 'echarts/charts';
  import { GridComponent, LegendComponent, TooltipComponent, VisualMapComponent } from 'echarts/components';
  import { init, use } from 'echarts/core';
  import { SVGRenderer } from 'echarts/renderers';
  use([HeatmapChart, LineChart, GridComponent, LegendComponent, TooltipComponent, VisualMapComponent, SVGRenderer]);
  /** A chart as a picture in SVG. */
  function draw(options) {
    const chart = init(null, null, { renderer: 'svg', ssr: true, width: 900, height: 300 });
    chart.setOption({ ...options, animation: false });
    const drawn = chart.renderToSVGString();
    chart.dispose();
    return drawn;
  }
  export * from './views/energy/days';
  export { compare } from './views/energy/compare';
  export * from './views/energy/weeks';
  export { hoursMap } from './views/energy/heat';
  export { baselineCourse, reportingOf } from './views/energy/baseline';
  export { draw };
  export { treeOf, shownOf, pointsOf, sumBehind } from './views/energy/tree';
  export * from './views/energy/numbers';
  export { verdictOf, mediumOf, subjectsOf, compared } from './views/energy/subjects';
  export { addUp } from './views/energy/sums';
  export { reason } from './views/energy/why';
  export { leaksIn, rowsOf } from './views/energy/water';
  export { follow, mostSilent, mostAsked } from './views/energy/follow';
  export { allPages } from './views/energy/wire';
  export { Problem } from './api/call';
`);

test('days and the periods that they are in', () => {
  assert.equal(plusDays('2026-02-28', 1), '2026-03-01');
  assert.equal(plusMonths('2026-03-31', -1), '2026-02-28');
  assert.equal(plusMonths('2026-01-15', -12), '2025-01-15');
  assert.equal(daysBetween('2026-11-01', '2026-12-01'), 30);
  assert.equal(dayIn('Asia/Shanghai', Date.parse('2026-11-26T16:00:00Z')), '2026-11-27');
  assert.deepEqual(stretchOf('week', '2026-11-29'), { from: '2026-11-23', to: '2026-11-30' }, 'Sunday is the last of its week');
  assert.deepEqual(stretchOf('month', '2026-12-31'), { from: '2026-12-01', to: '2027-01-01' });
  assert.deepEqual(stretchOf('year', '2026-05-01'), { from: '2026-01-01', to: '2027-01-01' });
  assert.equal(stepTo('month', '2026-03-31', -1), '2026-02-01');
  assert.equal(stepTo('day', '2026-03-01', -1), '2026-02-28');
});

test('a period that is not over is held against as many days', () => {
  assert.deepEqual(comparisons('month', { from: '2026-11-01', to: '2026-11-27' }), {
    before: { from: '2026-10-01', to: '2026-10-27' }, year: { from: '2025-11-01', to: '2025-11-27' },
  });
  assert.deepEqual(comparisons('month', { from: '2026-03-01', to: '2026-04-01' }).before, { from: '2026-02-01', to: '2026-03-01' }, 'of a shorter month all of it');
  assert.deepEqual(comparisons('day', { from: '2026-11-26', to: '2026-11-27' }).year, { from: '2025-11-27', to: '2025-11-28' }, 'the same weekday');
  assert.equal(comparisons('year', { from: '2026-01-01', to: '2026-11-27' }).year, undefined);
  assert.deepEqual(comparisons('year', { from: '2026-01-01', to: '2026-11-27' }).before, { from: '2025-01-01', to: '2025-11-27' });
  assert.deepEqual(comparisons('month', { from: '2026-03-01', to: '2026-03-31' }).before, { from: '2026-02-01', to: '2026-03-01' }, 'of a shorter month no more than there is');
});

test('a period that is over is held against whole ones', () => {
  assert.deepEqual(comparisons('month', { from: '2026-04-01', to: '2026-05-01' }), { before: { from: '2026-03-01', to: '2026-04-01' }, year: { from: '2025-04-01', to: '2025-05-01' } });
  assert.deepEqual(comparisons('month', { from: '2025-02-01', to: '2025-03-01' }).year, { from: '2024-02-01', to: '2024-03-01' }, 'of a leap year the 29th as well');
  assert.deepEqual(comparisons('year', { from: '2025-01-01', to: '2026-01-01' }).before, { from: '2024-01-01', to: '2025-01-01' });
  assert.deepEqual(comparisons('week', { from: '2026-11-16', to: '2026-11-23' }), { before: { from: '2026-11-09', to: '2026-11-16' }, year: { from: '2025-11-17', to: '2025-11-24' } });
});

test('days of which hours are not counted yet are no days', () => {
  const month = { from: '2026-11-01', to: '2026-11-28' };
  assert.deepEqual(wholeDays(month, '2026-11-28'), month);
  assert.deepEqual(wholeDays(month, '2026-12-02'), month);
  assert.deepEqual(wholeDays(month, '2026-11-27'), { from: '2026-11-01', to: '2026-11-27' });
  for (const until of ['2026-11-01', '2026-10-20']) assert.deepEqual(wholeDays(month, until), { from: '2026-11-01', to: '2026-11-01' });
});

const item = (use, coverage = 1, meters = 3) => ({ meters, area_m2: null, total: { use, cost: null, coverage, estimated: 0, hours: 1, expected_hours: 1 } });

test('missing hours are no saving', () => {
  const { change, then } = compare(item(90), item(100));
  assert.deepEqual([change.toFixed(6), then], ['-0.100000', 100]);
  assert.equal(compare(item(60, 0.6), item(100)).why, 'coverage');
  assert.equal(compare(item(90, 0.92), item(100, 0.99)).why, 'coverage');
  assert.equal(compare(item(90, 1, 2), item(100, 1, 3)).why, 'meters');
  assert.equal(compare(item(90), item(null)).why, 'nothing');
  assert.equal(compare(item(90), undefined).why, 'nothing');
});

test('months of different length are compared by the day', () => {
  const march = compare(item(298_600), item(277_725), { now: 31, then: 28 });
  assert.equal((100 * march.change).toFixed(1), '-2.9', 'more in all, less a day');
  assert.deepEqual([march.then, Math.round(march.daily.now), Math.round(march.daily.then)], [277_725, 9632, 9919]);
  const alike = compare(item(90), item(100), { now: 30, then: 30 });
  assert.deepEqual([alike.change.toFixed(6), alike.daily], ['-0.100000', undefined]);
  assert.equal(compare(item(90), item(100), { now: 0, then: 1 }).why, 'unfinished', 'a part of a day is held against none');
  assert.equal(compare(item(90, 0.6), item(100), { now: 31, then: 28 }).why, 'coverage');
});

test('what is little is not written as nothing', () => {
  const plainly = (text) => text.replaceAll('\u00a0', ' ');
  const f = (got, want) => assert.equal(plainly(got), want);
  f(perArea(380.84, 1_481_100, 'water'), '0.257 L/m²');
  f(perArea(26_000, 1_481_100, 'electricity'), '0.0176 kWh/m²');
  f(perArea(300_000, 10_000, 'electricity'), '30.0 kWh/m²');
  f(perArea(1.2, 10_000, 'heat'), '0.120 MJ/m²');
  f(perArea(0, 10_000, 'gas'), '0 m³/m²');
  f(estimated({ value: 0.004, low: 0.002, high: 0.0061 }, 'm³/h'), '0.00400 m³/h (0.00200–0.00610)');
  f(estimated({ value: 12_345.6, low: 11_000, high: 13_000 }, 'kWh'), '12,346 kWh (11,000–13,000)');
  f(estimated({ value: 22.3, low: 2.1, high: null }, 'kWh'), '22.3 kWh (2.1–∞)');
  f(cost(0.17), '¥0.17');
  f(cost(1234.5), '¥1,235');
  assert.deepEqual([decimals(3706.9, 4), decimals(380.8, 4), decimals(0.05), decimals(0), decimals(NaN)], [0, 1, 4, 0, 0]);
  assert.equal(decimalsOf([22.3, null, undefined, -3706.9], 4), 0, 'what stands together has the same');
  // One minus on a page: that of the numbers.
  assert.equal(signed(-0.46)[0], plainly(estimated({ value: -2536 }, 'kWh'))[0]);
  assert.equal(signed(0.075)[0], '+');
});

test('what is held against the baseline ends with a month, by the clocks of the place', () => {
  const f = (to, zone, want) => assert.deepEqual(reportingOf({ from: '2026-09-30T16:00:00Z', to }, zone), want);
  f('2026-11-27T16:00:00Z', 'Asia/Shanghai', { from: '2026-10-01', to: '2026-11-01' });
  f('2026-10-31T16:00:00Z', 'Asia/Shanghai', { from: '2026-10-01', to: '2026-11-01' });
  f('2026-10-20T16:00:00Z', 'Asia/Shanghai', { from: '2026-10-01', to: '2026-10-21' });
});

test('actual, baseline and their difference are of the same hours', () => {
  const figures = (excess) => new Map([
    ['use', { kind: 'use', value: 3706.9, exposure: 744, n: 744, coverage: 1 }], ['baseline_use', { kind: 'baseline_use', value: 3674.6, n: 742, coverage: 742 / 744 }],
    ['excess', { kind: 'excess', n: 742, coverage: 742 / 744, ...excess }],
  ]);
  const { actual, ...rest } = compared(figures({ value: 22 }));
  assert.equal((actual - 3674.6).toFixed(6), '22.000000');
  assert.deepEqual(rest, { all: 3706.9, hours: 744, left: 2 });
  assert.deepEqual(compared(figures({ value: 22, coverage: 1 })).left, 0);
  const without = new Map([['use', { kind: 'use', value: 5, exposure: 744 }], ['excess', { kind: 'excess', value: null, coverage: 0.4, why: 'insufficient data: there is no baseline' }]]);
  assert.deepEqual(compared(without), { actual: 5, all: 5, hours: 744, left: 0 });
});

test('hours become a grid, and what is not known stays empty', () => {
  const steps = Array.from({ length: 48 }, (_, i) => ({
    at: `2026-11-${i < 24 ? '20' : '21'}T${String(i % 24).padStart(2, '0')}`, use: i === 30 ? null : 1 + (i % 24 === 12 ? i : 0), coverage: i === 5 ? 0.5 : 1,
  }));
  const grid = gridOf('2026-11-20', '2026-11-22', steps);
  assert.deepEqual(grid.days, ['2026-11-20', '2026-11-21']);
  assert.equal(grid.cells[5][0], null, 'half an hour is none');
  assert.equal(grid.cells[6][1], null);
  assert.equal(grid.cells[12][1], 37);
  const week = typicalWeek(grid);
  assert.deepEqual(week[4][12], { mean: 13, n: 1, known: 1 }); // a Friday
  assert.deepEqual(week[0][0], { mean: null, n: 0, known: null });
  const habits = habitsOf(grid);
  assert.equal(habits.known, 46);
  assert.deepEqual(habits.peak, { at: '2026-11-21T12', value: 37 });
  assert.equal(habits.base, 1);
  assert.equal(habits.weekend, null, 'no day of either kind is known whole');
});

const colours = { text: '#111', dim: '#222', line: '#333', panel: '#444', series: ['#00a', '#0a0', '#a00'], heat: ['#eee', '#f00'] };
const plain = { number: String, part: (known) => `${known} known` };

test('one silent meter among sixty does not empty the map, but marks its hours', () => {
  const hour = (i) => ({ at: `2026-11-${20 + Math.floor(i / 24)}T${String(i % 24).padStart(2, '0')}`, use: i === 12 ? 30 : 10, coverage: 59 / 60 });
  const grid = gridOf('2026-11-20', '2026-11-22', [...Array.from({ length: 24 }, (_, i) => hour(i)), { ...hour(24), coverage: 0.995 }, { ...hour(25), coverage: 0.89 }, { ...hour(26), coverage: null }]);
  assert.equal(grid.cells[3][0], 10);
  assert.deepEqual([grid.cells[1][1], grid.cells[2][1]], [null, null], 'of these too much is missing');
  const habits = habitsOf(grid);
  assert.deepEqual([habits.known, habits.parts, habits.all, habits.base, habits.peak], [25, 24, 48, 10, { at: '2026-11-20T12', value: 30 }]);
  assert.deepEqual(typicalWeek(grid)[4][3], { mean: 10, n: 1, known: 59 / 60 });

  const map = hoursMap(['a', 'b', 'c'], ['0:00'], [[0, 0, 5, 0.98], [1, 0, null, null], [2, 0, 7, 1]], colours, plain);
  assert.deepEqual(map.series[0].data.map((one) => one.value ?? one), [[0, 0, 5], [2, 0, 7]]);
  assert.equal(map.tooltip.formatter({ dataIndex: 0, value: [0, 0, 5] }), '0:00 a\n5\n0.98 known');
  assert.equal(map.tooltip.formatter({ dataIndex: 1, value: [2, 0, 7] }), '0:00 c\n7');
  assert.equal(draw(map).match(/<pattern /g)?.length, 1, 'the one that is known in part is hatched');
  assert.equal(draw(hoursMap(['a'], ['0:00'], [[0, 0, 5, 1]], colours, plain)).match(/<pattern /g), null);
});

test('the days of a baseline bear their own names, wherever they are looked at', () => {
  const days = Array.from({ length: 28 }, (_, i) => ({ date: plusDays('2026-11-01', i), actual: i, baseline: 5, low: 4, high: 6 }));
  const was = process.env.TZ;
  /** The names of days, and where on the axis they stand. */
  const marks = (zone) => {
    process.env.TZ = zone;
    const drawn = draw(baselineCourse(days, { expected: 'e', actual: 'a' }, colours, { number: String, day: (day) => `day ${day}` }));
    return [...drawn.matchAll(/<text[^>]*translate\(([\d.]+) [\d.]+\)[^>]*>day (2026-\d\d-\d\d)</g)].map(([, at, day]) => `${day} at ${at}`);
  };
  try {
    const there = marks('UTC');
    assert.ok(there.length > 3 && there[0].startsWith('2026-11-0'), there.join());
    for (const zone of ['Asia/Shanghai', 'America/New_York']) assert.deepEqual(marks(zone), there, zone);
  } finally {
    if (was === undefined) delete process.env.TZ;
    else process.env.TZ = was;
  }
});

test('meters are a tree, and a circle of parents is none', () => {
  const meter = (id, parent_meter = '', medium = 'electricity') => ({ id, parent_meter, medium, state: 'active' });
  const use = (point, value) => ({ ...item(value), point, device: point });
  const account = { parent: 'main', verdict: 'missing meter', children: [] };
  const tops = treeOf([meter('small', 'main'), meter('main'), meter('large', 'main'), meter('deep', 'large'), meter('wet', 'main', 'water'), meter('alone'), meter('x', 'y'), meter('y', 'x')],
    [use('main', 10), use('small', 2), use('large', 5)], new Map([['main', account]]));
  assert.deepEqual(tops.map((node) => node.id), ['main', 'y']);
  const main = tops.find((node) => node.id === 'main');
  assert.deepEqual(main.children.map((node) => node.id), ['large', 'small'], 'what uses most comes first; another medium is not behind it');
  assert.equal(main.account, account);
  assert.deepEqual(shownOf([main], new Set(['large'])).map((node) => [node.id, node.depth]), [['main', 0], ['large', 1], ['small', 1]]);
});

test('what was too much to be read of a tree is not as if nothing were known', () => {
  const meter = (id, parent_meter = '') => ({ id, parent_meter, medium: 'electricity', state: 'active' });
  const use = (point, value, device = point) => ({ ...item(value), point, device });
  const meters = [meter('main'), meter('a', 'main'), meter('b', 'main'), meter('sub', 'a')];
  const uses = [use('main', 10), use('a', 6)];
  const tree = (unread) => shownOf(treeOf(meters, uses, new Map(), unread), new Set());
  const whole = tree(undefined);
  assert.deepEqual(whole.map(({ id, unread }) => [id, unread.use, unread.account]), [['main', false, false], ['a', false, false], ['sub', false, false], ['b', false, false]]);
  assert.equal(sumBehind(whole[0]), null, 'of one too little is known');
  const cut = tree({ media: new Set(['electricity']), points: new Set(['a']) });
  assert.deepEqual(cut.map(({ id, unread }) => [id, unread.use, unread.account]), [['main', false, false], ['a', false, true], ['sub', true, false], ['b', true, false]]);
  assert.equal(sumBehind(cut[0]), undefined);
  assert.deepEqual(pointsOf(['x', 'new', 'main'], [...uses, use('old', 7, 'new')]), ['main', 'old', 'x'], 'what passes most is read first, by the point of a meter that replaced another');
});

test('pages are read up to a bound, and what is left is said', async () => {
  const pages = { '': { items: [1, 2], next: 'a' }, a: { items: [3, 4], next: 'b' }, b: { items: [5], next: '' } };
  const read = (most) => allPages(async (cursor) => pages[cursor ?? ''], most);
  assert.deepEqual(await read(10), { items: [1, 2, 3, 4, 5], more: false });
  assert.deepEqual(await read(4), { items: [1, 2, 3, 4], more: true });
  assert.deepEqual(await read(5), { items: [1, 2, 3, 4, 5], more: false });
});

test('water and gas are both m³, and told apart by the registry', () => {
  const [water, gas, power, heat, house] = subjectsOf([
    { kind: 'use', region: 'r', project: 'p', subject: 'point:w', unit: 'm3' }, { kind: 'use', region: 'r', project: 'p', subject: 'point:g', unit: 'm3' }, { kind: 'use', region: 'r', project: 'p', subject: 'point:e', unit: 'kWh' },
    { kind: 'use', region: 'r', project: 'p', subject: 'point:h', unit: 'GJ' }, { kind: 'use', region: 'r', project: 'p', subject: 'building:b1/gas', unit: 'm3' },
  ]);
  const known = new Set(['r/p/point:g', 'r/other/point:w']);
  assert.deepEqual([water, gas, power, heat, house].map((one) => mediumOf(one, known)), ['water', 'gas', 'electricity', 'heat', 'gas']);
});

test('all leaks are in the headline, however many are listed', () => {
  assert.deepEqual(leaksIn({ items: [{ state: 'open', count: 700, a_year_cny: 1000, unknown: 2 }, { state: 'fixed', count: 3, a_year_cny: 50, unknown: 1 }, { state: 'verified', count: 9, saved_a_year_cny: 7 }] }), { count: 703, cny: 1050, unknown: 3 });
  assert.deepEqual(leaksIn({ items: [{ state: 'fixed', count: 1, a_year_cny: 50, unknown: 0 }] }), { count: 1, cny: 50, unknown: 0 });
  assert.deepEqual(leaksIn({}), { count: 0, cny: null, unknown: 0 });
  const meters = subjectsOf(['dry', 'wet', 'worse'].map((id, i) => ({ kind: 'night_flow_m3h', region: 'r', project: 'p', subject: `point:${id}`, value: i })));
  const leak = (id, yuan) => ({ region: 'r', project: 'p', subject: `point:${id}`, a_year_cny: { value: yuan }, a_year: { value: 1 } });
  const rows = rowsOf(meters, [leak('wet', 5), leak('unread', 9), leak('worse', 20)]);
  assert.deepEqual(rows.map(({ subject, leak: one }) => [subject, one?.a_year_cny.value]), [['point:worse', 20], ['point:unread', 9], ['point:wet', 5], ['point:dry', undefined]]);
});

test('a run is followed until it ends, is denied, or nobody looks', async () => {
  const f = async (answers, want, asked, gone = () => false) => {
    let n = 0;
    const ended = await follow(async () => {
      const one = answers[Math.min(n++, answers.length - 1)];
      if (one instanceof Problem) throw one;
      return one;
    }, () => gone(n), async () => {});
    assert.deepEqual([ended.how, n], [want, asked]);
  };
  const away = new Problem(0, 'unreachable', '', 0);
  await f(['queued', 'running', 'done'], 'done', 3);
  await f(['running', 'failed'], 'failed', 2);
  await f(['running', away, away, 'running', away, 'done'], 'done', 6);
  await f([new Problem(404, 'not_found', '', 0)], 'denied', 1);
  await f(['running', new Problem(403, 'not_allowed', '', 0)], 'denied', 2);
  await f([away], 'late', mostSilent);
  await f(['running'], 'late', mostAsked);
  await f(['running'], 'gone', 2, (n) => n === 2); // left while it was asked
  await f(['running'], 'gone', 0, () => true);
});

test('what an interval says', () => {
  const f = (low, high, want) => assert.equal(verdictOf({ kind: 'excess', value: (low + high) / 2, low, high }), want);
  f(1, 3, 'over');
  f(-3, -1, 'under');
  f(-1, 3, 'within');
  assert.equal(verdictOf({ kind: 'excess', why: 'insufficient data: x' }), 'unknown');
});

test('sums of findings, and the reasons of the server', () => {
  const sums = addUp({ items: [
    { state: 'open', count: 2, a_year_cny: 100, unknown: 1 }, { state: 'confirmed', count: 1, a_year_cny: 50, unknown: 0 },
    { state: 'verified', count: 1, a_year_cny: 70, saved_a_year_cny: 60, unknown: 0 }, { state: 'cleared', count: 9, a_year_cny: 1 }, { state: 'fixed', count: 1, unknown: 1 },
  ] });
  assert.deepEqual(sums, { todo: { count: 3, cny: 150, unknown: 1 }, fixed: { count: 1, cny: null, unknown: 1 }, verified: { count: 1, cny: 60, unknown: 0 }, dismissed: { count: 0, cny: null, unknown: 0 } });
  assert.equal(reason("insufficient data: 61 % of the baseline year's hours were measured, 90 % are needed"), '基准年只有 61% 的小时有实测，需要 90%');
  assert.equal(reason('insufficient data: something new'), 'something new', 'what has no translation stands as it came');
});
