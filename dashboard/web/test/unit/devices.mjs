// What the area of devices works out by itself: points of charts, spells of faults,
// changes of forms, times of zones.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const src = fileURLToPath(new URL('../../src', import.meta.url));
const { daysWithToday, isId, saidOf, Problem, loadProblems, i18n, zhDevices, pointsOf, windowOf, spells, changesOf, draftOf, rebased, totals, fromLocal, localInput, addDays, dayIn, sortMetrics, daysUntil, renewed, readLatest, useLatest, effectScope, nextTick, shallowRef } = await load(`
  export { pointsOf, windowOf } from './views/devices/series';
  export { spells } from './views/devices/faults';
  export { changesOf, draftOf } from './views/devices/fields';
  export { rebased } from './use/form';
  export { daysWithToday, totals } from './views/devices/consumption';
  export { saidOf } from './views/devices/said';
  export { Problem } from './api/call';
  export { loadProblems } from './format/problems';
  export { i18n } from './i18n';
  export { default as zhDevices } from './messages/zh/devices';
  export { fromLocal, localInput, addDays, dayIn } from './views/devices/time';
  export { sortMetrics, daysUntil, isId } from './views/devices/device';
  export { renewed } from './views/devices/pending';
  export { readLatest, useLatest } from './views/devices/latest';
  export { effectScope, nextTick, shallowRef } from 'vue';
`);

async function load(contents) {
  const result = await build({
    stdin: { contents, resolveDir: src, loader: 'ts' }, bundle: true, write: false, format: 'esm', platform: 'browser', logLevel: 'error',
    define: { 'import.meta.glob': 'noFiles', __VUE_OPTIONS_API__: 'true', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' },
    banner: { js: "const noFiles = () => ({}); globalThis.window ??= globalThis; globalThis.matchMedia ??= () => ({ matches: false, addEventListener() {} }); Object.defineProperty(globalThis, 'navigator', { value: { languages: ['en'], userAgent: 'Node.js' }, configurable: true });" },
  });
  return import('data:text/javascript;base64,' + Buffer.from(result.outputFiles[0].text).toString('base64'));
}

const at = (minute) => new Date(Date.UTC(2026, 10, 20, 0, minute)).toISOString();
const ms = (minute) => Date.parse(at(minute));

test('of devices that the live state leaves out it is asked by name, some at a time', async () => {
  const paths = Array.from({ length: 120 }, (_, i) => `n/h/meter/m${i}`);
  const asked = [];
  const found = await readLatest(paths, async (some) => {
    asked.push(some.length);
    return some.filter((path) => !path.endsWith('m7')).map((path) => ({
      region: 'n', project: 'h', class: 'meter', device: path.slice(10), connection: 'offline', seen: at(1), values: [{ metric: 'power_kw', value: 3 }, { metric: 'mode', text: 'auto' }, { metric: 'x' }],
    }));
  });
  assert.deepEqual(asked, [50, 50, 20]);
  assert.equal(found.size, 120);
  const { connection, seen, values } = found.get('n/h/meter/m119');
  assert.deepEqual([connection, seen, [...values]], ['offline', ms(1), [['power_kw', { value: 3 }], ['mode', { value: 'auto' }], ['x', { value: null }]]]);
  assert.deepEqual([found.get('n/h/meter/m7').connection, found.get('n/h/meter/m7').seen], ['unknown', 0], 'of which nothing is known');
  assert.equal((await readLatest([], () => assert.fail('nobody is asked'))).size, 0);
});

test('the whole of a list is gone round, part by part, and never twice at a time', async (t) => {
  const before = [globalThis.fetch, globalThis.document];
  t.after(() => ([globalThis.fetch, globalThis.document] = before));
  t.mock.timers.enable({ apis: ['setInterval'] });
  globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };
  const asked = [];
  globalThis.fetch = (address, { signal }) => new Promise((answer, fail) => {
    signal.addEventListener('abort', () => fail(signal.reason));
    const paths = new URL(address, 'http://x').searchParams.get('devices').split(',');
    asked.push({ paths, tell: (value) => answer(new Response(JSON.stringify({ items: paths.map((path) => ({ region: 'n', project: 'h', class: 'meter', device: path.slice(10), connection: 'online', values: [{ metric: 'x', value }] })) }))), refuse: () => answer(new Response('{}', { status: 503 })) });
  });
  const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
  const names = (n) => Array.from({ length: n }, (_, i) => `n/h/meter/m${i}`);
  const list = shallowRef(names(120));
  const scope = effectScope();
  const shown = scope.run(() => useLatest(() => list.value));
  const valueOf = (n) => shown.value.get(`n/h/meter/m${n}`)?.values.get('x').value;
  /** Answers one question after another; what was asked for are the numbers of the first and the last. */
  const tell = async (value, questions) => {
    for (const question of questions) {
      const { paths, tell: answer } = asked.shift();
      assert.deepEqual([paths[0], paths.at(-1)], question.map((n) => `n/h/meter/m${n}`));
      answer(value);
      await settle();
    }
  };
  await tell(1, [[0, 49], [50, 99], [100, 119]]);
  assert.deepEqual([valueOf(0), valueOf(119), asked.length], [1, 1, 0]);

  t.mock.timers.tick(30_000);
  t.mock.timers.tick(30_000);
  assert.equal(asked.length, 1, 'no other round while one is under way');
  list.value = names(140);
  await nextTick();
  const [fresh] = asked.splice(1);
  await tell(2, [[0, 49], [50, 99], [100, 119]]);
  assert.equal(asked.length, 0, 'those that are asked for just now are not asked for twice');
  assert.deepEqual([valueOf(0), valueOf(119), valueOf(139)], [2, 2, undefined]);
  fresh.refuse();
  await settle();

  t.mock.timers.tick(30_000);
  await tell(3, [[0, 49], [50, 99], [100, 139]]);
  assert.deepEqual([valueOf(0), valueOf(139)], [3, 3], 'the next round has those that were not told');
  t.mock.timers.tick(30_000);
  asked.shift().refuse();
  await settle();
  assert.equal(asked.length, 0, 'a server that is away is not asked for the rest');
  t.mock.timers.tick(30_000);
  assert.equal(asked.length, 1);
  scope.stop();
});

test('what waits is renewed in its place', () => {
  const list = (text, more = {}) => [...text].map((id) => ({ region: 'n', project: 'h', class: 'meter', id, ...more }));
  const f = (known, page) => renewed(list(known), page).map(({ id }) => id).join('');
  assert.equal(f('abc', { items: list('xcab') }), 'abcx', 'nothing moves, what is new comes behind');
  assert.equal(f('abc', { items: list('ca') }), 'ac', 'what was decided goes');
  assert.equal(f('', { items: list('a') }), 'a');
  assert.equal(f('abcd', { items: list('xa'), next: 'more' }), 'abcdx', 'what is not on the page may be behind it');
  assert.equal(renewed(list('a'), { items: list('a', { name: 'A' }) })[0].name, 'A');
});

test('a line breaks off where nothing was measured', () => {
  const raw = [0, 1, 2, 3, 30, 31].map((minute) => ({ metric: 'power_kw', ts: at(minute), value: minute }));
  const points = pointsOf([...raw, { metric: 'current_a', ts: at(0), value: 7 }], 'power_kw', 'raw');
  assert.deepEqual(points.map(([, value]) => value), [0, 1, 2, 3, null, 30, 31]);
  assert.equal(points[4][0], ms(3) + 1);
});

test('of periods it is the mean with its span, of counters the last value', () => {
  const bucket = { ts: at(0), mean: 2, min: 1, max: 3, last: 2.5 };
  assert.deepEqual(pointsOf([{ ...bucket, metric: 'power_kw' }], 'power_kw', '5m'), [[ms(0), 2, 1, 3]]);
  assert.deepEqual(pointsOf([{ ...bucket, metric: 'energy_kwh' }], 'energy_kwh', '5m'), [[ms(0), 2.5]]);
});

test('a window stays in the past and is never shorter than a minute', () => {
  assert.deepEqual(windowOf(100_000, 300_000, 200_000), [0, 200_000]);
  assert.deepEqual(windowOf(100_000, 110_000, 1e9), [50_000, 110_000]);
});

test('faults last from their message to the one that ends them', () => {
  const event = (minute, kind, code) => ({ ts: at(minute), kind, attrs: code ? { code } : {} });
  const found = spells([
    event(9, 'fault_cleared', 'E2'), event(0, 'fault', 'E1'), event(1, 'fault', 'E2'), event(2, 'fault', 'E1'), event(20, 'entrapment'), event(25, 'released'), event(30, 'fault', 'E3'), event(31, 'granted'),
  ]);
  assert.deepEqual(found.map(({ kind, code, begin, end }) => [kind, code, begin, Number.isNaN(end) ? null : end]), [
    ['fault', 'E3', ms(30), null], ['entrapment', '', ms(20), ms(25)], ['fault', 'E2', ms(1), ms(9)], ['fault', 'E1', ms(0), null],
  ]);
});

test('a form sends what is different, and says what is no number', () => {
  const before = draftOf({ name: '总表', multiplier: 60, location: 'B1', externals: { dl645: '1', modbus: '3' }, fed_by: ['meter/main'], expected_life_years: 0 });
  assert.equal(before.expected_life_years, '');
  const draft = { ...before, location: '', multiplier: '1,200', externals: 'dl645=2', fed_by: 'meter/main， elevator/e1' };
  assert.deepEqual(changesOf('meter', before, draft), {
    values: { location: null, multiplier: 1200, externals: { modbus: null, dl645: '2' }, fed_by: ['meter/main', 'elevator/e1'] }, mistakes: {},
  });
  assert.deepEqual(changesOf('meter', before, { ...before, multiplier: 'many', externals: 'nothing' }).mistakes, { multiplier: 'number', externals: 'pairs' });
  assert.deepEqual(changesOf('elevator', before, { ...before, multiplier: '5' }).values, {}, 'a lift has no multiplier');
  assert.deepEqual(changesOf('meter', undefined, draftOf({ name: 'x' })).values, { name: 'x' });
});

test('after the change of somebody else one keeps one’s own and takes over the rest', () => {
  const before = draftOf({ name: 'a', location: 'x' });
  const now = rebased({ ...before, name: 'mine' }, before, draftOf({ name: 'theirs', location: 'theirs' }));
  assert.deepEqual([now.name, now.location], ['mine', 'theirs']);
});

test('a mean goes by the hours that are known', () => {
  const row = (value, known, quality = 'measured') => ({ at: '', name: '', value, hours: 24, known, quality, peak: null });
  assert.deepEqual(totals([row(48, 24), row(12, 6, 'partial'), row(null, 0, 'missing')], 24), { sum: 60, mean: 48, gaps: 2, suspect: 0 });
  assert.deepEqual(totals([row(null, 0, 'missing')], 24), { sum: null, mean: null, gaps: 1, suspect: 0 });
});

test('times of a form are those of the project’s zone', () => {
  const morning = Date.parse('2026-11-20T00:30:00Z');
  assert.equal(localInput(morning, 'Asia/Shanghai'), '2026-11-20T08:30');
  assert.equal(fromLocal('2026-11-20T08:30', 'Asia/Shanghai'), morning);
  assert.equal(fromLocal('2026-07-01', 'Europe/Berlin'), Date.parse('2026-06-30T22:00:00Z'));
  assert.equal(dayIn(Date.parse('2026-11-20T17:00:00Z'), 'Asia/Shanghai'), '2026-11-21');
  assert.equal(addDays('2026-12-31', 1), '2027-01-01');
  assert.ok(Number.isNaN(fromLocal('', 'Asia/Shanghai')));
});

test('what one wants to see first comes first', () => {
  assert.deepEqual(sortMetrics('meter', ['zeta', 'voltage_v', 'energy_kwh', 'power_kw']), ['power_kw', 'energy_kwh', 'voltage_v', 'zeta']);
  assert.equal(daysUntil('2026-11-25', Date.parse('2026-11-20T00:00:00Z')), 5);
  assert.equal(daysUntil('', 0), undefined);
});

test('thirty days without today are thirty days, wherever they are summed', () => {
  const [from, to] = daysWithToday('2026-03-02', 30);
  const all = [];
  for (let day = from; day < to; day = addDays(day, 1)) all.push(day);
  assert.deepEqual([from, all.at(-1), all.filter((day) => day !== '2026-03-02').length], ['2026-01-31', '2026-03-02', 30]);
});

test('an id is what may stand in a topic', () => {
  assert.deepEqual(['b01-meter_2', '7', 'a'.repeat(64)].map(isId), [true, true, true]);
  assert.deepEqual(['B01', 'B01 新表', '-a', '', 'a b', 'a/b', 'a'.repeat(65)].map(isId), Array(7).fill(false));
});

test('a refused change is said with the labels of the form', async (t) => {
  await loadProblems();
  t.after(() => (i18n.global.locale.value = 'en'));
  i18n.global.mergeLocaleMessage('zh', { devices: zhDevices });
  i18n.global.locale.value = 'zh';
  const of = (field, problem) => saidOf(new Problem(422, 'invalid', '', 0, [{ field, problem }]));
  assert.match(of('body.expected_life_years', 'not a number from 0 to 200'), / 预期寿命（年）：不是 0 至 200 之间的数$/);
  assert.match(of('by.serial', 'not UTF-8'), / 出厂编号：/);
  assert.doesNotMatch(of('file', 'it is empty: the first row must be the header'), /file/, 'what has no label says itself');
});
