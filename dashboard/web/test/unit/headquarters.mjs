// Fair ranks and differences, who may do what to a notice, reasons, and months by the company's clocks.
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

const {
  actorName, ownerName, useBring, send, effectScope, fairRanks, difference, ranksGiven, notRanked, rankedFirst, deedsOf, reason, secondsAxis, i18n, monthOf, periodOf, monthsBefore, followedIn, lateOf, loadSession, zoneOf,
} = await load(`
  export { actorName, ownerName } from './views/headquarters/people';
  export { useBring } from './use/bring';
  export { send } from './api/client';
  export { effectScope } from 'vue';
  export { fairRanks, difference, ranksGiven, notRanked, rankedFirst } from './views/headquarters/ranks';
  export { deedsOf } from './views/headquarters/deeds';
  export { reason } from './views/response/reasons';
  export { secondsAxis } from './chart/options';
  export { i18n } from './i18n';
  export { monthOf, periodOf, monthsBefore, followedIn } from './views/response/months';
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

test('scores have the ranks that the analysis gave, and those that it left out say why', () => {
  const n = (kind, project, value, more = {}) => ({ kind, region: 'north', project, value, n: 1, ...more });
  const ranks = ranksGiven([n('score', 'high', 94.1), n('score', 'a', 90), n('rank', 'a', 1, { low: 1, high: 2 }), n('rank', 'b', 2, { low: 1, high: 2 }), { kind: 'rank', region: 'north', value: 1, low: 1, high: 1, n: 3 }]);
  assert.deepEqual([...ranks], [['north/a', { rank: 1, from: 1, to: 2 }], ['north/b', { rank: 2, from: 1, to: 2 }], ['north', { rank: 1, from: 1, to: 1 }]]);
  const why = 'not known, and left out of the score: availability; not ranked: components with 60 % of the weights are known, and 70 % are needed';
  assert.equal(notRanked(why), 'not ranked: components with 60 % of the weights are known, and 70 % are needed');
  assert.equal(notRanked('not to be told apart from 1 others: the intervals of their scores overlap'), '');
  const order = rankedFirst([{ project: 'high', score: 94.1 }, { project: 'none', score: null }, { project: 'b', score: 88, rank: 2 }, { project: 'low', score: 70 }, { project: 'a', score: 90, rank: 1 }]);
  assert.deepEqual(order.map(({ project }) => project), ['a', 'b', 'high', 'low', 'none'], 'the best score without a rank is not the first');
});

test('what somebody may do to a notice is what the server lets him do', () => {
  const grants = { operator: { act: ['north/harbour'] }, project: { act: ['north/harbour'], manage: ['north/harbour'] }, region: { act: ['north'], manage: ['north'] }, viewer: {} };
  const may = (role) => (permission, { region, project }) => (grants[role][permission] ?? []).some((at) => at === region || (project && at === `${region}/${project}`));
  const f = (role, id, notice, deeds, waits) => assert.deepEqual(
    deedsOf({ region: 'north', project: 'harbour', history: [], ...notice }, { id, login: id, may: may(role) }), { deeds, waits }, `${role} ${id} ${JSON.stringify(notice)}`);
  const submitted = { state: 'submitted', history: [{ actor: 'x', state: 'issued' }, { actor: 'li', state: 'submitted' }] };
  f('region', 'li', submitted, ['withdraw'], 'other'); // his own work
  f('region', 'wang', submitted, ['close', 'reject', 'withdraw'], undefined);
  f('region', 'wang', { ...submitted, owner: 'wang' }, ['withdraw'], 'other');
  f('project', 'wang', submitted, [], 'inspector');
  f('operator', 'wang', submitted, [], 'inspector');
  f('operator', 'wang', { state: 'issued' }, ['accept', 'submit'], undefined);
  f('operator', 'wang', { state: 'accepted', owner: 'li' }, [], 'owner');
  f('operator', 'li', { state: 'accepted', owner: 'li' }, ['submit'], undefined);
  f('project', 'wang', { state: 'accepted', owner: 'li' }, ['submit'], undefined); // who manages takes over
  f('region', 'li', { state: 'rejected', history: [{ actor: 'li', state: 'submitted' }, { actor: 'wang', state: 'rejected' }] }, ['submit', 'withdraw'], undefined);
  f('region', 'li', { state: 'closed' }, [], undefined);
  f('viewer', 'li', submitted, [], undefined);
});

test('warnings and reasons of response and scorecards are in Chinese', () => {
  i18n.global.locale.value = 'zh';
  for (const said of [
    'calls that are open and within their limit so far, which the share does not count: 3', 'breaches that are not listed, those least over their limit: 12', 'clocks that do not count, for their incident ended before they were stopped: 2',
    'p90: open calls have run for less than it; the estimate takes them to be like the others, the interval does not',
    'insufficient data: there are no calls', 'insufficient data: there are no calls with a limit', 'insufficient data: all calls are open and within their limit so far', 'insufficient data: 3 of 10 calls are still open',
    'insufficient data: no repair of a named device was watched for 30 days', 'none on record: no clock with a limit is decided', 'insufficient data: 3 cases, and 10 are needed; open and within the limit so far, and not counted: 1',
    'not ranked: components with 60 % of the weights are known, and 70 % are needed', 'not ranked: coverage 0.40, and 0.80 is needed', 'insufficient data: coverage 0.40, and 0.80 is needed; known of 3 of 5 projects',
    'insufficient data: none was planned', 'insufficient data: no fee was due in 12 months', 'insufficient data: no urgent repair order of the month is decided', 'insufficient data: neither urgent repair orders nor clocks on_site in the month',
    'insufficient data: no complaint was entered for a year: nobody says that there were none', 'insufficient data: too few buildings of other projects are comparable, for all of 4', 'answered before they were made, and not counted: 3',
    'no interval: one score does not tell how scores differ', 'orders that are open, and cost more in the months to come if they stay so: 3', 'capped: 500.00 without the cap', 'insufficient data',
  ]) assert.doesNotMatch(reason(said).replace(/p90|on_site/, ''), /[a-z]/, said);
  assert.equal(reason('insufficient data: no fee was due in 12 months'), '数据不足：12 个月内没有应收费用');
  assert.equal(reason('nobody foresaw this'), 'nobody foresaw this');
  i18n.global.locale.value = 'en';
  assert.equal(reason('insufficient data: none was planned'), 'insufficient data: none was planned');
});

test('an axis of time stands at whole minutes, hours and days, from nothing', () => {
  const f = (most, interval, max) => assert.deepEqual(secondsAxis([null, most / 2, undefined, most]), { min: 0, max, interval }, `${most} s`);
  f(16_500, 3600, 18_000); // not every 10,000 s, which is 2 h 46 min
  f(1000, 300, 1200);
  f(40, 10, 40);
  f(3600, 600, 3600);
  f(3601, 900, 4500);
  f(200_000, 43_200, 216_000);
  f(30 * 86_400, 5 * 86_400, 30 * 86_400);
  f(0, 1, 1);
  const { max, interval } = secondsAxis([1e10]);
  assert.ok(max >= 1e10 && max / interval <= 6 && interval % 86_400 === 0);
});

test('repairs that can be followed are mostly of the month before', () => {
  const october = { from: '2026-09-30T16:00:00Z', to: '2026-10-31T16:00:00Z' };
  assert.deepEqual(followedIn(october, 30, 'Asia/Shanghai'), { from: '2026-09-01', until: '2026-10-01' });
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
