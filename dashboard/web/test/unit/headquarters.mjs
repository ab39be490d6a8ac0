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

const { actorName, ownerName, useBring, send, effectScope, fairRanks, difference, monthOf, periodOf, monthsBefore, lateOf, loadSession, zoneOf } = await load(`
  export { actorName, ownerName } from './views/headquarters/people';
  export { useBring } from './use/bring';
  export { send } from './api/client';
  export { effectScope } from 'vue';
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
});

test('a value without an interval is told apart from no other', () => {
  const bare = fairRanks([place('a', 0.913, null, null), place('b', 0.912, null, null)], true);
  assert.deepEqual(bare.get('a'), { rank: 1, from: 1, to: 2 });
  assert.deepEqual(bare.get('b'), { rank: 2, from: 1, to: 2 });
  for (const more of [true, false]) {
    const ranks = fairRanks([place('a', 90, 80, 95), place('b', 40, 30, 50), place('c', 99, null, null)], more);
    assert.deepEqual([ranks.get('c').from, ranks.get('c').to], [1, 3], 'it may have any rank');
    assert.deepEqual([ranks.get('a').from, ranks.get('a').to], more ? [1, 2] : [2, 3], 'and may be before or behind any other');
  }
  assert.equal(difference(place('a', 0.912, null, null), place('b', 0.913, null, null), true), 'unknown');
  assert.equal(difference(place('a', 0.9, null, null), place('b', 0.99, 0.98, 1), true), 'unknown');
  assert.equal(difference(place('a', 0.9, 0.8, null), place('b', 0.5, 0.4, 0.6), true), 'better', 'of an interval without an upper end the lower one counts');
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

test('what is stored is the file that was checked', async (t) => {
  const before = globalThis.fetch;
  t.after(() => (globalThis.fetch = before));
  const asked = [];
  globalThis.fetch = (address, { body, signal }) => new Promise((answer, fail) => {
    signal.addEventListener('abort', () => fail(signal.reason));
    asked.push({ dry: address.endsWith('dry_run=true'), size: body.size, signal, answer: (report) => answer(new Response(JSON.stringify(report))) });
  });
  const scope = effectScope();
  const bring = scope.run(() => useBring(async (body, { dry, ...how }) => (await send('post', '/import/complaints', { query: { dry_run: dry }, body, ...how })).value));
  const first = bring.choose(new File(['a'], 'a.csv'));
  const second = bring.choose(new File(['bb'], 'b.csv'));
  assert.equal(asked.length, 2, 'the other file is checked at once');
  assert.ok(asked[0].signal.aborted && !asked[1].signal.aborted);
  await first;
  assert.deepEqual([bring.file.value.name, bring.report.value, bring.busy.value], ['b.csv', undefined, true], 'that of the former is nothing to go by');
  assert.equal(await bring.store(), false, 'it was not checked');
  asked[1].answer({ dry_run: true, rows: 2, problems: [] });
  await second;
  assert.equal(bring.report.value.rows, 2);
  const storing = bring.store();
  void bring.choose(new File(['c'], 'c.csv'));
  assert.deepEqual([bring.file.value.name, asked.length, asked[2].dry, asked[2].size], ['b.csv', 3, false, 2], 'it is too late for another');
  asked[2].answer({ dry_run: false, stored: 2, problems: [] });
  assert.equal(await storing, true);
  await bring.choose(new File(['c'], 'c.txt'));
  assert.deepEqual([bring.wrong.value, bring.report.value, bring.busy.value, asked.length], ['wrongType', undefined, false, 3]);
  scope.stop();
});

test('who answers for a notice has a name, and is oneself by the id alone', async (t) => {
  const before = globalThis.fetch;
  t.after(() => (globalThis.fetch = before));
  globalThis.fetch = async () => new Response(JSON.stringify({ person: { id: 'p_1', login: 'li.wei', name: '李伟', grants: [] }, csrf: 'x', must_change_password: false }));
  await loadSession();
  assert.equal(ownerName({ owner: 'p_1', owner_name: 'li.wei' }), '李伟');
  assert.equal(ownerName({ owner: 'p_2', owner_name: '王强' }), '王强');
  assert.equal(ownerName({ owner: 't_1' }), 't_1', 'a machine');
  assert.equal(ownerName({ owner: 'li.wei' }), 'li.wei', 'a login is no id');
  assert.equal(ownerName({}), '');
  assert.deepEqual([actorName('li.wei'), actorName('wang')], ['李伟', 'wang']);
  globalThis.fetch = async () => new Response(JSON.stringify({ permissions: {}, oidc: false, time_zone: 'Asia/Shanghai' }));
  await loadSession();
});
