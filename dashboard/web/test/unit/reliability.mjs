// What the views of reliability work out by themselves: what a budget buys, laws of
// lives, reasons in Chinese, and the order of rates.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const src = fileURLToPath(new URL('../../src', import.meta.url));
const result = await build({
  stdin: {
    contents: `
      export { buy, avoidedBy, frontier, byPlace, stepOf, worthwhile } from './views/reliability/plan';
      export { readBudget } from './views/reliability/budget';
      export { normal, survivalBy, lawOf } from './views/reliability/law';
      export { stepAt, lawPoints, riskTicks, directionOf } from './views/reliability/trend';
      export { inChinese } from './views/reliability/because';
      export { rowsOf, sorted, orderOf, classesOfModels, modelsOf, classOf, nameIn } from './views/reliability/rates';
      export { verdictOf, movedBy } from './views/reliability/compare';
      export { newer } from './views/reliability/runs';
      export { behind } from './views/reliability/say';
      export { i18n } from './i18n';
      export { default as en } from './messages/en/reliability';
      export { default as zh } from './messages/zh/reliability';
    `,
    resolveDir: src, loader: 'ts',
  },
  bundle: true, write: false, format: 'esm', platform: 'browser', logLevel: 'error',
  define: { 'import.meta.glob': 'noFiles', __VUE_OPTIONS_API__: 'true', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' },
  banner: { js: "const noFiles = () => ({}); globalThis.window ??= globalThis; globalThis.matchMedia ??= () => ({ matches: false, addEventListener() {} }); Object.defineProperty(globalThis, 'navigator', { value: { languages: ['en'], userAgent: 'Node.js' }, configurable: true });" },
});
const { buy, frontier, byPlace, stepOf, worthwhile, readBudget, normal, survivalBy, lawOf, stepAt, lawPoints, riskTicks, inChinese, rowsOf, sorted, orderOf, classesOfModels, modelsOf, classOf, nameIn, verdictOf, movedBy, newer, directionOf, behind, i18n, en, zh } =
  await import('data:text/javascript;base64,' + Buffer.from(result.outputFiles[0].text).toString('base64'));

const close = (a, b, off = 1e-6) => assert.ok(Math.abs(a - b) < off, `${a} is not ${b}`);

/** A plan of lines [cost, avoided, mandatory or worth or neither]. */
function planOf(lines, more = {}) {
  let cost = 0;
  let value = 0;
  return {
    budget_cny: 0, budget_of: 'hq', devices: 10, devices_without_forecast: 0, lines_omitted: 0, mandatory_short_cny: 0, avoided_cny: { value: 1, low: 0, high: 2 },
    mandatory_cost_cny: lines.reduce((sum, [yuan, , kind]) => sum + (kind === 'mandatory' ? yuan : 0), 0),
    lines: lines.map(([yuan, avoided, kind], i) => {
      cost += yuan;
      value += avoided ?? 0;
      return {
        rank: i + 1, cost_cny: yuan, cumulative_cost_cny: Math.round(cost * 100) / 100, mandatory: kind === 'mandatory', worth: kind === 'worth', within_budget: i < 2, region: i % 2 ? 'east' : 'north', project: `p${i}`,
        avoided_cny: { value: avoided, low: null, high: null }, cumulative_avoided_cny: { value, low: value - 1, high: value + 1 },
      };
    }),
    ...more,
  };
}

test('a budget is read as people write it, and what cannot be is said', () => {
  const f = (typed, want) => assert.equal(readBudget(typed), want, typed);
  f('', 0);
  f('  ', 0);
  f('2000000', 2_000_000);
  f('2,000,000', 2_000_000);
  f('200,0000', 2_000_000);
  f('￥２，０００，０００', 2_000_000);
  f('200万', 2_000_000);
  f(' 1.25 亿元', 125_000_000);
  f('¥1.2m', 1_200_000);
  f('1,234.5', 1235);
  f('1', 1);
  f('0', 'small');
  f('0.4', 'small');
  f('999999999999', 999_999_999_999);
  f('1000000000000', 'large');
  f('10001亿', 'large');
  for (const typed of ['-5', '1,5', '1.2.3', '20 tons', '万', '¥', '1e6', 'constructor']) f(typed, 'unreadable');
});

test('a budget buys the lines in their order until one does not fit', () => {
  const plan = planOf([[100, null, 'mandatory'], [200.1, 50, 'mandatory'], [300, 90, 'worth'], [10, 2, 'worth'], [5, 1, 'neither']]);
  const f = (budget, lines, cost, short) => {
    const b = buy(plan, budget);
    assert.deepEqual([b.lines, b.cost, b.short], [lines, cost, short], `budget ${budget}`);
  };
  f(0, 4, 610.1, 0); // without a limit, and what is not worth it is never bought
  f(99, 0, 0, 201.1);
  f(100, 1, 100, 200.1);
  f(300.1, 2, 300.1, 0);
  f(599, 2, 300.1, 0); // the cheap one behind the dear one is not taken
  f(600.1, 3, 600.1, 0);
  f(1e9, 4, 610.1, 0);
  assert.deepEqual(buy(plan, 400).avoided, { value: 50, low: 49, high: 51, why: 'of 1 devices the failures are not forecast, and count as nothing' });
  assert.equal(buy(plan, 400).next.rank, 3);
  assert.equal(buy(plan, undefined).lines, 2);
  assert.deepEqual(buy(plan, undefined).avoided, plan.avoided_cny);
  assert.equal(buy(plan, 100).avoided.value, null);
  assert.equal(buy(planOf([], { devices: 3, devices_without_forecast: 3 }), 5).avoided.value, null);
  assert.equal(worthwhile(plan), 4);
  assert.equal(buy(planOf([[1, 1, 'worth']], { lines_omitted: 4 }), 0).beyond, true);
});

test('of the budget of another place nothing is left, lacking or next', () => {
  // As plans of earlier versions had it; now the document of the place has no yuan of it.
  const plan = planOf([[100, 50, 'mandatory'], [200, 90, 'worth'], [10, 2, 'worth']], { budget_cny: 5_000_000, budget_of: 'hq', mandatory_short_cny: 777 });
  const { lines, cost, left, short, next } = buy(plan, undefined, true);
  assert.deepEqual([lines, cost, left, short, next], [2, 300, 0, 0, undefined]);
  assert.equal(buy(plan, undefined).left, 4_999_700);
  assert.equal(buy(plan, undefined).short, 777);
  // Another budget is the place's alone.
  const what = buy(plan, 150, true);
  assert.deepEqual([what.lines, what.left, what.next.rank], [1, 50, 2]);
  assert.equal(buy(plan, 60, true).short, 40);
});

test('plans of before the sums were kept have no interval for another budget', () => {
  const plan = planOf([[1, 5, 'worth'], [1, 6, 'worth']]);
  for (const line of plan.lines) delete line.cumulative_avoided_cny;
  const { avoided } = buy(plan, 2);
  assert.equal(avoided.value, 11);
  assert.equal(avoided.low, undefined);
  assert.match(avoided.why, /without an interval/);
  assert.deepEqual(frontier(plan).map(({ at, value }) => [at, value]), [[0, 0], [1, 5], [2, 11]]);
});

test('what is bought adds up by region, followed by its projects', () => {
  const plan = planOf([[0.1, 1, 'worth'], [0.2, 2, 'mandatory'], [0.7, 3, 'worth']]);
  const sums = byPlace(plan, 3, { region: '' });
  assert.deepEqual(sums.map(({ region, project, cost }) => [region, project, cost]), [['north', '', 0.8], ['north', 'p2', 0.7], ['north', 'p0', 0.1], ['east', '', 0.2], ['east', 'p1', 0.2]]);
  assert.equal(byPlace(plan, 3, { region: 'north' }).every(({ project }) => project), true);
  assert.equal(stepOf(0), 1);
  assert.equal(stepOf(1_000_000), 5000);
});

test('what is not forecast avoids nothing that is known', () => {
  const plan = planOf([[1, null, 'mandatory'], [2, null, 'mandatory'], [3, 5, 'worth'], [4, null, 'worth']]); // north, east, north, east
  const sums = byPlace(plan, 4, { region: '' });
  assert.deepEqual(sums.map(({ region, project, avoided, unknown }) => [region, project, avoided, unknown]), [
    ['east', '', null, 2], ['east', 'p3', null, 1], ['east', 'p1', null, 1], ['north', '', 5, 1], ['north', 'p2', 5, 0], ['north', 'p0', null, 1],
  ]);
  assert.deepEqual(frontier(plan).map(({ lines, unknown }) => [lines, unknown]), [[0, 0], [1, 1], [2, 2], [3, 2], [4, 3]]);
});

test('laws of lives', () => {
  close(normal(0), 0.5);
  close(normal(1.959964), 0.975);
  close(normal(-1), 0.1586553);
  const part = (more) => ({ family: 'weibull', shape: { value: 2 }, scale: { value: 10 }, b10: { value: 3 }, survival: [{ years: 1 }, { years: 8 }], ...more });
  close(survivalBy(part())(10), Math.exp(-1));
  close(survivalBy(part({ family: 'exponential' }))(3), 0.9);
  close(survivalBy(part({ family: 'exponential', b10: { value: null }, rate: { value: 0.5 } }))(2), Math.exp(-1));
  close(survivalBy(part({ family: 'lognormal', log_mean: 1, log_sd: 0.5 }))(Math.E), 0.5);
  assert.equal(survivalBy(part({ family: 'lognormal' })), undefined);
  assert.equal(survivalBy(part({ family: '' })), undefined);
  assert.equal(lawOf(part()).at(-1)[0], 8);
  assert.deepEqual(lawOf(part({ survival: [] })), []);
  assert.equal(stepAt([{ t: 1 }, { t: 3 }], ({ t }) => t, 2.9).t, 1);
  assert.equal(stepAt([{ t: 1 }], ({ t }) => t, 0.5), undefined);
  const law = lawPoints({ crow_amsaa: { beta: 2, lambda: 3 }, mcf: [{ time: 1 }, { time: 2 }] });
  assert.deepEqual(law.at(-1), [2, 12]);
});

test('how many were watched is told at the ages of failures alone', () => {
  const f = (steps, most, want) => assert.deepEqual(riskTicks(steps.map(([t, n]) => ({ t, n })), ({ t }) => t, ({ n }) => n, most).map(({ at, risk }) => [at, risk]), want);
  // Nine devices of several ages: at the first failure four were watched, at age 0 none.
  f([[5.2, 4], [9.1, 5], [9.4, 5], [11.5, 1]], 8, [[5.2, 4], [9.1, 5], [9.4, 5], [11.5, 1]]);
  f([[1, 1], [2, 2], [3, 3], [4, 4], [9, 5]], 3, [[1, 1], [4, 4], [9, 5]]); // nearest to 1, 5 and 9
  f([[3, 2]], 8, [[3, 2]]);
  f([], 8, []);
});

test('whether a model ages is said by the test of the analysis, whatever the interval of its law', () => {
  const f = (direction, want) => assert.deepEqual(directionOf({ crow_amsaa: { beta: 6.6, intervals: { beta: [1.8, 14.4] } }, trend: { direction, mil_hdbk_189: { p: 0.44 } } }), want);
  f('steady', { direction: 'steady', tone: undefined });
  f('deteriorating', { direction: 'deteriorating', tone: 'bad' });
  f('improving', { direction: 'improving', tone: 'good' });
  f(undefined, undefined);
});

test('one of something is said as one', () => {
  i18n.global.mergeLocaleMessage('en', { reliability: en });
  i18n.global.mergeLocaleMessage('zh', { reliability: zh });
  const f = (language, kind, n, want) => {
    i18n.global.locale.value = language;
    assert.equal(behind({ kind, value: null, n, exposure: 2.5 }), want);
  };
  f('en', 'failure_rate', 1, '1 failure in 2.5 device-years');
  f('en', 'failure_rate', 0, '0 failures in 2.5 device-years');
  f('en', 'failure_rate', 1234, '1,234 failures in 2.5 device-years');
  f('en', 'availability', 1, '1 device, 2.5 device-years');
  f('zh', 'failure_rate', 1, '2.5 台年中故障 1 次');
  i18n.global.locale.value = 'en';
});

test('reasons of analyses are Chinese as in the reports', () => {
  const f = (why, said) => assert.equal(inChinese(why), said);
  f('insufficient data', '数据不足');
  f('no event: only an upper limit of the rate is known; 2 devices sent nothing while in service in the period', '没有故障，只知故障率上限；有 2 台设备在用而没有数据');
  f('insufficient data: the failures of no part are enough to tell whether it wears: no failure was seen', '数据不足：没有部件的故障多到能看出是否磨损：未见故障');
  f('part door is left out: insufficient data: nobody knows how it lives', '部件 door 未计入：数据不足（寿命未知）');
  f('insufficient data: no repair ended', '数据不足：没有已结束的维修');
  f('something that nobody foresaw: $1', 'something that nobody foresaw: $1');
});

test('rates by number, those without one last', () => {
  const n = (subject, kind, value, more = {}) => ({ kind, subject, value, n: 1, ...more });
  const rows = rowsOf([n('model:A/1', 'mtbf', 5), n('model:A/1', 'callback_rate', 2), n('model:B/x/1', 'mtbf', null), n('model:C/1', 'mtbf', 9)]);
  assert.equal(rows.length, 3);
  const order = (by) => sorted(rows, by, ({ subject }) => subject).map(({ subject }) => subject);
  assert.deepEqual(order('-mtbf'), ['model:C/1', 'model:A/1', 'model:B/x/1']);
  assert.deepEqual(order('mtbf'), ['model:A/1', 'model:C/1', 'model:B/x/1']);
  assert.deepEqual(order('-name'), ['model:C/1', 'model:B/x/1', 'model:A/1']);
  const classes = classesOfModels(rows, rowsOf([n('vendor:meter/C', 'failure_rate', 1), n('vendor:fire/B', 'failure_rate', 1), n('vendor:access/B', 'failure_rate', 1)]));
  assert.deepEqual([...classes], [['model:A/1', 'elevator'], ['model:C/1', 'meter']]);
  // B makes fire panels and gates: of which its model is cannot be known, and it is of none.
  const under = (kind, of) => modelsOf(rows, of, kind).map(({ subject }) => subject);
  assert.deepEqual(['elevator', 'meter', 'fire', 'access'].flatMap((kind) => under(kind, classes)), ['model:A/1', 'model:C/1']);
  assert.deepEqual(under('fire', new Map([['model:B/x/1', 'fire'], ['model:C/1', '*']])), ['model:B/x/1'], 'as the analysis wrote it');
  assert.equal(classOf('vendor:fire/A/B'), 'fire');
  assert.equal(nameIn('vendor:fire/A/B'), 'A/B');
  assert.equal(classOf('class:fire'), 'fire');
});

test('projects stand by their shrunken rates, where there are any', () => {
  const n = (project, kind, value) => ({ kind, region: 'r', project, subject: 'class:elevator', value, n: 1 });
  const rows = rowsOf([
    n('small', 'failure_rate', 9), n('large', 'failure_rate', 4), n('calm', 'failure_rate', 1), n('new', 'failure_rate', null),
    n('small', 'failure_rate_shrunk', 3), n('large', 'failure_rate_shrunk', 3.9), n('calm', 'failure_rate_shrunk', 1.1), n('new', 'failure_rate_shrunk', null),
  ]);
  const order = (by) => sorted(rows, by, ({ project }) => project).map(({ project }) => project);
  assert.equal(orderOf(rows, 'project', 'failure_rate'), '-failure_rate_shrunk');
  assert.deepEqual(order(orderOf(rows, 'project', 'failure_rate')), ['large', 'small', 'calm', 'new'], 'a few lifts are not the worst by luck');
  assert.deepEqual(order('-failure_rate'), ['small', 'large', 'calm', 'new']);
  assert.equal(orderOf(rows, 'project', 'mtbf'), '-mtbf');
  assert.equal(orderOf(rows, 'class', 'failure_rate'), '-failure_rate');
  assert.equal(orderOf(rowsOf([n('a', 'failure_rate', 1)]), 'project', 'failure_rate'), '-failure_rate', 'a run of before');
});

test('what became of a number', () => {
  const v = (was, is) => verdictOf({ kind: 'x', was, is });
  const of = (value, low, high) => ({ value, low, high, n: 1 });
  assert.equal(v(of(1, 0.5, 1.5), of(3, 2, 4)), 'apart');
  assert.equal(v(of(1, 0.5, 2.5), of(3, 2, 4)), 'overlap');
  assert.equal(v(of(1, 0.5, null), of(3, 2, 4)), 'overlap'); // an open end
  assert.equal(v(of(1), of(3)), 'untold');
  assert.equal(v(undefined, of(1)), 'new');
  assert.equal(v(of(1), undefined), 'gone');
  assert.equal(v(of(1), of(null)), 'lost');
  assert.equal(v(of(null), of(1)), 'found');
  close(movedBy({ was: of(2), is: of(3) }), 0.5);
  assert.equal(movedBy({ was: of(0), is: of(3) }), undefined);
  assert.equal(newer({ to: '2026-11-01', queued_at: '1' }, { to: '2026-10-01', queued_at: '9' }), true);
});

test('both languages say the same', () => {
  const shape = (value, path = '') => (typeof value === 'object' ? Object.entries(value).flatMap(([key, inner]) => shape(inner, `${path}.${key}`)) : [`${path} ${[...value.matchAll(/\{\w+\}/g)].sort().join()}`]).sort();
  assert.deepEqual(shape(zh), shape(en));
});
