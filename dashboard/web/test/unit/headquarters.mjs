// Fair ranks and differences, and months by the company's clocks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const src = fileURLToPath(new URL('../../src', import.meta.url));

/** Bundles sources of the application and imports what they export. */
async function load(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: src, loader: 'ts' },
    bundle: true, write: false, format: 'esm', platform: 'browser', logLevel: 'error',
    define: { 'import.meta.glob': 'noFiles', __VUE_OPTIONS_API__: 'true', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' },
    banner: { js: "const noFiles = () => ({}); globalThis.window ??= globalThis; globalThis.matchMedia ??= () => ({ matches: false, addEventListener() {} }); Object.defineProperty(globalThis, 'navigator', { value: { languages: ['en'], userAgent: 'Node.js' }, configurable: true });" },
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString('base64')}`);
}

const { fairRanks, difference, monthOf, periodOf, monthsBefore, lateOf, loadSession, zoneOf } = await load(`
  export { fairRanks, difference } from './views/headquarters/ranks';
  export { monthOf, periodOf, monthsBefore } from './views/response/months';
  export { lateOf } from './views/response/late';
  export { loadSession } from './session/session';
  export { zoneOf } from './live/names';
`);

const place = (key, value, low, high) => ({ key, value, low, high });

test('places whose intervals overlap share their ranks', () => {
  const ranks = fairRanks([place('a', 90, 80, 95), place('b', 85, 78, 92), place('c', 40, 30, 50), place('d', null, null, null)], true);
  assert.deepEqual(ranks.get('a'), { rank: 1, from: 1, to: 2 });
  assert.deepEqual(ranks.get('b'), { rank: 2, from: 1, to: 2 });
  assert.deepEqual(ranks.get('c'), { rank: 3, from: 3, to: 3 });
  assert.equal(ranks.has('d'), false);
  assert.deepEqual(fairRanks([place('a', 1, 0.5, 1.5), place('b', 3, 2, 4)], false).get('a'), { rank: 1, from: 1, to: 1 });
  assert.deepEqual(fairRanks([place('a', 0.9, null, null), place('b', 0.8, null, null)], true).get('b'), { rank: 2, from: 2, to: 2 });
});

test('a difference is one when intervals have nothing in common', () => {
  assert.equal(difference(place('a', 90, 80, 95), place('b', 70, 60, 79), true), 'better');
  assert.equal(difference(place('a', 90, 80, 95), place('b', 70, 60, 79), false), 'worse');
  assert.equal(difference(place('a', 90, 80, 95), place('b', 79, 70, 80), true), 'same');
  assert.equal(difference(place('a', null, null, null), place('b', 79, 70, 80), true), 'unknown');
});

test('a month is one by the clocks of its zone', () => {
  assert.equal(monthOf('2026-09-30T16:00:00Z', '2026-10-31T16:00:00Z', 'Asia/Shanghai'), '2026-10');
  assert.equal(monthOf('2026-11-30T16:00:00Z', '2026-12-31T16:00:00Z', 'Asia/Shanghai'), '2026-12');
  assert.equal(monthOf('2026-10-01T00:00:00Z', '2026-11-01T00:00:00Z', 'Asia/Shanghai'), '');
  assert.equal(monthOf('2026-09-30T16:00:00Z', '2026-11-30T16:00:00Z', 'Asia/Shanghai'), '');
  assert.deepEqual(periodOf('2026-12', 'Asia/Shanghai'), { from: '2026-11-30T16:00:00.000Z', to: '2026-12-31T16:00:00.000Z' });
  assert.deepEqual(periodOf('2026-07', 'Europe/Berlin'), { from: '2026-06-30T22:00:00.000Z', to: '2026-07-31T22:00:00.000Z' });
  assert.deepEqual(monthsBefore('2026-02', 3), ['2026-01', '2025-12', '2025-11']);
});

test('the company\'s months are those of the zone that the server is configured with', async () => {
  const answer = (zone) => (globalThis.fetch = async () => new Response(JSON.stringify({ permissions: {}, oidc: false, time_zone: zone })));
  assert.equal(monthOf('2026-09-30T22:00:00Z', '2026-10-31T23:00:00Z'), '', 'those of Berlin are none of Shanghai');
  answer('Europe/Berlin');
  await loadSession();
  assert.equal(zoneOf('', ''), 'Europe/Berlin');
  assert.equal(monthOf('2026-09-30T22:00:00Z', '2026-10-31T23:00:00Z'), '2026-10');
  assert.deepEqual(periodOf('2026-07'), { from: '2026-06-30T22:00:00.000Z', to: '2026-07-31T22:00:00.000Z' });
  answer('Mars/Olympus_Mons');
  await loadSession();
  assert.equal(zoneOf('', ''), 'Europe/Berlin', 'one that the browser does not know is not taken');
  answer('Asia/Shanghai');
  await loadSession();
});

test('late orders: what is listed, and what is left out', () => {
  const order = (n, yuan, contractor = 'a', project = 'harbour') => ({ contractor, region: 'north', project, order: `o-${n}`, urgent: false, created: '', due: '', over_seconds: 1, yuan });
  const report = { month: '2026-10', orders: [order(1, 10), order(2, 30, 'b'), order(3, 20, 'a', 'hill')], omitted: 7 };
  const everything = { contractor: '', place: { region: '', project: '' } };
  const all = lateOf(report, everything, 2);
  assert.deepEqual(all.shown.map(({ order: id }) => id), ['o-2', 'o-3']);
  assert.deepEqual([all.n, all.left, all.orMore], [10, 8, false], 'all there are, also those that the analysis did not keep');
  const some = lateOf(report, { ...everything, contractor: 'a' }, 200);
  assert.deepEqual([some.n, some.left, some.orMore, some.omitted], [2, 0, true, 7], 'whose the others are is not known');
  const here = lateOf({ ...report, omitted: 0 }, { contractor: '', place: { region: 'north', project: 'hill' } }, 200);
  assert.deepEqual([here.n, here.left, here.orMore], [1, 0, false]);
  assert.deepEqual(lateOf(undefined, everything, 200), { shown: [], n: 0, orMore: false, left: 0, omitted: 0 });
});
