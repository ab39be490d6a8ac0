// What the area of incidents counts and decides without a page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const { instantOf, localOf, addDays, hides, covers, phaseOf, windowAt, partsOf, onCallAt, nextOf, stagesNow, noticesOf, stateOfNotice, linesOf, telling, spanOf } = await load(`
  export { instantOf, localOf, addDays } from './views/incidents/zone';
  export { hides, covers, phaseOf, windowAt } from './views/incidents/silence';
  export { partsOf, onCallAt, nextOf } from './views/incidents/rota';
  export { stagesNow } from './live/incidents';
  export { noticesOf, stateOfNotice } from './views/incidents/entries';
  export { linesOf, telling, spanOf } from './views/incidents/around';
`);

/** Its guards are the test's. */
const router = {
  name: 'router',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^vue-router$/ }, () => ({ path: 'router', namespace: 'router' }));
    onLoad({ filter: /.*/, namespace: 'router' }, () => ({
      contents: 'export const guards = {}; export const onBeforeRouteLeave = (guard) => { guards.leave = guard; }; export const onBeforeRouteUpdate = (guard) => { guards.update = guard; };',
    }));
  },
};
const { useForm, guards, effectScope, ref } = await load("export { useForm } from './use/form'; export { guards } from 'vue-router'; export { effectScope, ref } from 'vue';", [router]);

async function load(contents, plugins = []) {
  const result = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('../../src', import.meta.url)), loader: 'ts' },
    bundle: true, write: false, format: 'esm', platform: 'browser', logLevel: 'error', plugins,
    define: { 'import.meta.glob': 'noFiles', __VUE_OPTIONS_API__: 'true', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' },
    banner: { js: "const noFiles = () => ({}); globalThis.window ??= globalThis; globalThis.matchMedia ??= () => ({ matches: false, addEventListener() {} }); Object.defineProperty(globalThis, 'navigator', { value: { languages: ['en'], userAgent: 'Node.js' }, configurable: true });" },
  });
  return import('data:text/javascript;base64,' + Buffer.from(result.outputFiles[0].text).toString('base64'));
}

const at = (text) => Date.parse(text);

test('local times and instants, also where clocks change', () => {
  assert.equal(instantOf('2026-11-20T09:30', 'Asia/Shanghai'), at('2026-11-20T01:30:00Z'));
  assert.equal(instantOf('2026-11-20', 'Asia/Shanghai'), at('2026-11-19T16:00:00Z'));
  assert.equal(localOf(at('2026-11-19T16:00:00Z'), 'Asia/Shanghai'), '2026-11-20T00:00');
  assert.equal(instantOf('2026-03-29T12:00', 'Europe/Berlin'), at('2026-03-29T10:00:00Z'));
  assert.equal(instantOf('2026-10-25T12:00', 'Europe/Berlin'), at('2026-10-25T11:00:00Z'));
  assert.ok(Number.isNaN(instantOf('', 'Asia/Shanghai')));
  assert.equal(addDays('2026-02-28', 1), '2026-03-01');
});

test('a silence hides what is its own, and danger to life only when it says so', () => {
  const lift = { region: 'north', project: 'harbour', building: 'b1', class: 'elevator', device: 'e1', rule: 'x', severity: 'warning' };
  assert.ok(hides({}, lift));
  assert.ok(hides({ region: 'north', project: 'harbour', class: 'elevator', device: 'e1' }, lift));
  assert.ok(!hides({ region: 'north', project: 'hill' }, lift));
  assert.ok(!hides({ rule: 'y' }, lift));
  const stuck = { ...lift, severity: 'life_safety' };
  assert.ok(covers({}, stuck) && !hides({}, stuck) && hides({ life_safety: true }, stuck));
});

test('a weekly window holds when its days and times do, past midnight too', () => {
  const weekly = { from: '2026-11-01T00:00:00Z', until: '2026-12-01T00:00:00Z', days: [2], start: '22:00', end: '02:00', time_zone: 'Asia/Shanghai' };
  assert.equal(phaseOf(weekly, at('2026-11-17T15:00:00Z')), 'now'); // Tuesday 23:00
  assert.equal(phaseOf(weekly, at('2026-11-17T17:30:00Z')), 'now'); // Wednesday 01:30
  assert.equal(phaseOf(weekly, at('2026-11-17T18:00:00Z')), 'between'); // Wednesday 02:00
  assert.equal(windowAt(weekly, at('2026-11-17T18:00:00Z')).from, at('2026-11-24T14:00:00Z'));
  assert.equal(phaseOf(weekly, at('2026-10-01T00:00:00Z')), 'later');
  assert.equal(phaseOf(weekly, at('2026-12-01T00:00:00Z')), 'over');
  assert.equal(phaseOf({ from: weekly.from, until: weekly.until }, at('2026-11-10T00:00:00Z')), 'now');
});

test('shifts are cut at midnight of the place', () => {
  const shifts = [
    { contact: 'li', from: at('2026-11-19T01:00:00Z'), to: at('2026-11-20T01:00:00Z'), standIn: false },
    { contact: 'wang', from: at('2026-11-20T01:00:00Z'), to: at('2026-11-22T01:00:00Z'), standIn: true },
  ];
  const parts = (day) => partsOf(shifts, day, 'Asia/Shanghai', at('2026-11-20T02:00:00Z')).map(({ contact, from, to, whole, now }) => [contact, from, to, whole, now]);
  assert.deepEqual(parts('2026-11-20'), [['li', '00:00', '09:00', false, false], ['wang', '09:00', '24:00', false, true]]);
  assert.deepEqual(parts('2026-11-21'), [['wang', '00:00', '24:00', true, false]]);
  assert.deepEqual(parts('2026-11-25'), []);
});

test('at the change of shifts another is on call', () => {
  const shift = (contact, from, to) => ({ contact, from: at(from), to: at(to), standIn: false });
  const schedule = { name: 'lifts', region: 'north', project: '', contacts: [], shifts: [
    shift('li', '2026-11-20T00:00:00Z', '2026-11-20T12:00:00Z'), shift('zhang', '2026-11-19T12:00:00Z', '2026-11-20T00:00:00Z'),
    shift('wang', '2026-11-20T00:00:00Z', '2026-11-20T12:00:00Z'), shift('zhang', '2026-11-20T13:00:00Z', '2026-11-21T00:00:00Z'),
  ] };
  assert.deepEqual(onCallAt(schedule, at('2026-11-19T23:59:59Z')), ['zhang']);
  assert.equal(nextOf(schedule, at('2026-11-19T23:59:59Z')).contact, 'li');
  assert.deepEqual(onCallAt(schedule, at('2026-11-20T00:00:00Z')), ['li', 'wang']);
  assert.equal(nextOf(schedule, at('2026-11-20T00:00:00Z')).contact, 'zhang');
  assert.deepEqual(onCallAt(schedule, at('2026-11-20T12:30:00Z')), [], 'nobody');
});

test('an incident that began anew has no steps of its former round', () => {
  const stage = (state, minute) => ({ state, at: `2026-11-20T00:0${minute}:00Z`, received_at: `2026-11-20T00:0${minute}:00Z`, by: { kind: 'person', id: 'p', name: state + minute } });
  const first = [stage('acknowledged', 1), stage('dispatched', 2), stage('resolved', 3)];
  const names = (state, stages, timeline) => stagesNow({ state, stages }, timeline).map(({ by }) => by.name);
  assert.deepEqual(names('resolved', first), ['acknowledged1', 'dispatched2', 'resolved3']);
  assert.deepEqual(names('firing', first), [], 'reopened, and nobody has answered');
  assert.deepEqual(names('dispatched', [...first, stage('dispatched', 6)]), ['dispatched6']);
  assert.deepEqual(names('acknowledged', [stage('acknowledged', 1), stage('acknowledged', 6)]), ['acknowledged6'], 'reported again');
  // What the ranks do not show the timeline does.
  const again = [stage('acknowledged', 1), stage('dispatched', 6)];
  assert.deepEqual(names('dispatched', again, [{ kind: 'reopened', received_at: '2026-11-20T00:05:00Z' }]), ['dispatched6']);
  assert.deepEqual(names('dispatched', again, [{ kind: 'repeated', received_at: '2026-11-20T00:05:00Z' }]), ['acknowledged1', 'dispatched6']);
  assert.deepEqual(names('acknowledged', undefined), []);
});

test('notices are told with what became of them', () => {
  const entry = (n, kind, note, data) => ({ n, kind, note, data, at: `2026-11-20T00:00:0${n}Z` });
  const { notices, withheld } = noticesOf([
    entry(4, 'delivered', '', { notice: 'k', channel: 'mail', ok: true }), entry(3, 'delivered', '', { notice: 'k', channel: 'sms', ok: false, error: 'refused' }),
    entry(2, 'notice', 'opened', { key: 'k', receiver: 'desk', channels: ['sms', 'mail'] }), entry(5, 'withheld', 'warned: silenced'),
    entry(6, 'notice', 'breached', { key: 'l', receiver: 'hq', channels: ['mail'], not_before: '2026-11-20T08:00:00Z' }),
  ]);
  assert.deepEqual(notices.map(({ key, receiver, attempts }) => [key, receiver, attempts.length]), [['l', 'hq', 0], ['k', 'desk', 2]]);
  assert.equal(stateOfNotice(notices[1], 0), 'sent');
  assert.equal(stateOfNotice({ ...notices[1], attempts: notices[1].attempts.slice(0, 1) }, 0), 'failed');
  assert.equal(stateOfNotice(notices[0], at('2026-11-20T00:00:10Z')), 'held');
  assert.equal(stateOfNotice(notices[0], at('2026-11-20T09:00:00Z')), 'waiting');
  assert.deepEqual(withheld.map(({ what, why }) => [what, why]), [['warned', 'silenced']]);
});

test('the time around an incident has its beginning in it, and the telling metric comes first', () => {
  const incident = { started_at: '2026-11-20T06:00:00Z', cleared_at: '2026-11-20T06:10:00Z' };
  const { from, to } = spanOf(incident, '1h', at('2026-11-20T12:00:00Z'));
  assert.equal(from, at('2026-11-20T05:00:00Z'));
  assert.equal(to, at('2026-11-20T06:40:00Z'));
  const lines = linesOf([
    { metric: 'voltage_v', ts: '2026-11-20T06:00:00Z', value: 230 }, { metric: 'power_kw', ts: '2026-11-20T06:05:00Z', mean: 2, min: 1, max: 3 },
    { metric: 'power_kw', ts: '2026-11-20T06:00:00Z', mean: 4, min: 4, max: 5 },
  ], (name) => name);
  assert.deepEqual([...lines.keys()], ['power_kw', 'voltage_v']);
  assert.deepEqual(lines.get('power_kw').points.map(([, value, low, high]) => [value, low, high]), [[4, 4, 5], [2, 1, 3]]);
  const unit = (metric) => ({ power_kw: 'kW', voltage_v: 'V' })[metric];
  assert.equal(telling([...lines.keys()], 'V', unit), 'voltage_v');
  assert.equal(telling([...lines.keys()], 'MPa', unit), 'power_kw');
});

test('a form that was filled in is left when that was asked, and asked once', (t) => {
  const before = [globalThis.confirm, globalThis.addEventListener, globalThis.removeEventListener];
  t.after(() => ([globalThis.confirm, globalThis.addEventListener, globalThis.removeEventListener] = before));
  globalThis.addEventListener = globalThis.removeEventListener = () => {};
  let answer = false;
  let asked = 0;
  globalThis.confirm = () => {
    asked++;
    return answer;
  };
  const title = ref('');
  const scope = effectScope();
  const { leave, kept } = scope.run(() => useForm(() => [title.value], () => 'sure?', (to, was) => to.query.new === was.query.new));
  const go = (to, was) => guards.update({ query: { new: to } }, { query: { new: was } });
  assert.deepEqual([guards.leave(), go(undefined, '1'), leave(), asked], [true, true, true, 0], 'nothing was filled in');
  title.value = 'No light';
  assert.deepEqual([go('1', '1'), asked], [true, 0], 'the form stays where it is');
  assert.deepEqual([guards.leave(), go(undefined, '1'), leave(), asked], [false, false, false, 3]);
  answer = true;
  assert.deepEqual([leave(), go(undefined, '1'), guards.leave(), asked], [true, true, true, 4], 'the address that closes it asks no second time');
  title.value = 'No water';
  answer = false;
  kept(); // it was sent
  assert.deepEqual([guards.leave(), asked], [true, 4]);
  scope.stop();
});
