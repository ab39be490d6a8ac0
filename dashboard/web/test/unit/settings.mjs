// What the settings work out without a page: which roles may be given, what the audit
// log says, on what a credential publishes, how complete the readings are.
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
    banner: { js: "const noFiles = () => ({}); globalThis.window ??= globalThis; globalThis.matchMedia ??= () => ({ matches: false, addEventListener() {} }); Object.defineProperty(globalThis, 'navigator', { value: { languages: ['en'], userAgent: 'Node.js' }, configurable: true });" },
  });
  return import('data:text/javascript;base64,' + Buffer.from(result.outputFiles[0].text).toString('base64'));
}

const { mayGive, mayChange, repeated, keyOfPlace, placeOfKey, loadSession, actionText, changesOf, line, childrenOf, publishes, isDevice, isOwnName, endOfDay, onceEach, rebased, useDraft, copy, Problem, groupsOf, worstFirst, chapters, bytes, agentName, withNewest, chunks, together, countsOf, byDay, textAfter, useEdited, useTrial, effectScope, nextTick, ref, shallowRef } = await load(`
  export { mayGive, mayChange, repeated, keyOfPlace, placeOfKey } from './views/settings/parts/grants';
  export { loadSession } from './session/session';
  export { actionText, changesOf, line } from './views/settings/audit/entry';
  export { childrenOf, isDevice, isOwnName, publishes } from './views/settings/mqtt/publishes';
  export { endOfDay } from './views/settings/tokens/until';
  export { onceEach } from './views/settings/parts/deed';
  export { useDraft } from './views/settings/parts/draft';
  export { rebased } from './use/form';
  export { copy } from './views/settings/parts/copy';
  export { Problem } from './api/call';
  export { groupsOf, worstFirst } from './views/settings/health/coverage';
  export { bytes } from './views/settings/health/bytes';
  export { chapters } from './views/settings/roles/matrix';
  export { agentName } from './views/settings/account/agent';
  export { withNewest } from './views/settings/health/runs';
  export { chunks, together, countsOf } from './views/settings/letters/letters';
  export { byDay } from './views/settings/rules/days';
  export { textAfter, useEdited } from './views/settings/rules/useRule';
  export { useTrial } from './views/settings/payload/trial';
  export { effectScope, nextTick, ref, shallowRef } from 'vue';
`);

const at = (region, project) => ({ ...(region ? { region } : {}), ...(project ? { project } : {}) });
const grant = (role, region, project) => ({ role, place: at(region, project) });

test('nobody is offered to give more than his own role, where he manages', async () => {
  globalThis.fetch = async () => new Response(JSON.stringify({ person: { login: 'me', name: 'me', grants: [grant('manager', 'north'), grant('engineer', 'south', 'garden')] }, csrf: 'x', must_change_password: false }));
  await loadSession();
  const f = (role, region, project, want) => assert.equal(mayGive(grant(role, region, project)), want, `${role} at ${region}/${project}`);
  f('manager', 'north', undefined, true);
  f('manager', 'north', 'harbour', true);
  f('administrator', 'north', 'harbour', false);
  f('viewer', undefined, undefined, false);
  f('viewer', 'south', 'garden', false);
  f('king', 'north', undefined, false);
  assert.equal(mayChange({ grants: [grant('viewer', 'north')] }), true);
  assert.equal(mayChange({ grants: [grant('viewer', 'north')], elsewhere: true }), false);
  assert.equal(mayChange({ grants: [grant('viewer', 'north'), grant('administrator', 'north')] }), false);
});

test('places as keys, and a grant that is said twice', () => {
  for (const key of ['hq', 'north', 'north/harbour']) assert.equal(keyOfPlace(placeOfKey(key)), key);
  const f = (grants, want) => assert.deepEqual([...repeated(grants)], want);
  f([], []);
  f([grant('viewer', 'a'), grant('operator', 'a'), grant('viewer', 'a', 'b'), grant('viewer')], []);
  f([grant('viewer'), grant('viewer', 'a'), grant('viewer'), grant('viewer')], [2, 3]);
});

test('a line of the log in words, and in a file', () => {
  const say = { kinds: { device: 'Device' }, verbs: { update: 'changed' }, whole: { person_sign_in: 'Signed in' }, order: (object, verb) => `${object}: ${verb}` };
  assert.equal(actionText('device.update', say), 'Device: changed');
  assert.equal(actionText('person.sign_in', say), 'Signed in');
  assert.equal(actionText('rocket.launch', say), 'rocket.launch');
  assert.deepEqual(changesOf({ before: { a: 1, b: 'x' }, after: { b: 'y', c: null, at: '0001-01-01T00:00:00Z' } }), [
    { field: 'a', before: '1', after: '' }, { field: 'b', before: 'x', after: 'y' },
  ]);
  const text = line({ seq: 1, at: '2026-11-20T08:00:00Z', actor: { kind: 'person', id: 'p_1', name: '=1+1' }, action: 'a.b', kind: 'a', key: 'k', after: { note: 'a "b", c' }, hash: 'h' });
  assert.ok(text.includes(",'=1+1,"), 'a name is no formula');
  assert.ok(text.includes('"{""note"":""a \\""b\\"", c""}"'), text);
});

test('the children of a gateway, and topics', () => {
  assert.deepEqual(childrenOf(' meter/m-1\nmeter/m-1, elevator/e2；oven/x '), { children: ['meter/m-1', 'elevator/e2'], wrong: ['oven/x'] });
  assert.deepEqual(publishes({ kind: 'device', region: 'n', project: 'h', class: 'meter', device: 'm' }), ['property/n/h/meter/m/+']);
  assert.deepEqual(publishes({ kind: 'gateway', region: 'n', project: 'h', children: ['meter/m'] }), ['property/n/h/meter/m/+']);
  assert.equal(publishes({ kind: 'project', region: 'n', project: 'h' }).length, 2);
  for (const [text, good] of [['m-1', true], ['M 1/#', false], ['-m', false], ['a'.repeat(65), false]]) assert.equal(isDevice(text), good, text);
  for (const [text, good] of [['gateway-1', true], ['.a_b', true], ['gw 1', false], ['GW', false]]) assert.equal(isOwnName(text), good, text);
});

test('a token ends with a day, once that is one', () => {
  assert.equal(new Date(endOfDay('2026-11-20', 'Asia/Shanghai')).toISOString(), '2026-11-20T15:59:59.000Z');
  for (const day of ['', '0002-11-20', '20261-11-20', '275760-09-13']) assert.ok(Number.isNaN(endOfDay(day, 'Asia/Shanghai')), day);
});

test('the same request has the same key until it was answered, another one another', async () => {
  const once = onceEach();
  const keys = [];
  const ask = (what, code) => once(what, async (key) => {
    keys.push(key);
    if (code) throw new Problem(code === 'unreachable' ? 0 : 409, code, '', 0);
    return 'told';
  });
  await assert.rejects(ask({ login: 'a' }, 'unreachable'));
  await assert.rejects(ask({ login: 'a' }, 'in_progress'));
  assert.equal(keys[1], keys[0], 'it may have been carried out');
  await assert.rejects(ask({ login: 'b' }, 'unreachable'));
  assert.notEqual(keys[2], keys[1], 'it is somebody else');
  await assert.rejects(ask({ login: 'b' }, 'already_done'));
  assert.equal(keys[3], keys[2]);
  assert.equal(await ask({ login: 'b' }), 'told');
  assert.notEqual(keys[4], keys[3], 'that it was done was said: whoever asks again wants another');
  await ask({ login: 'b' });
  assert.notEqual(keys[5], keys[4]);
});

test('what was typed stays under the version that somebody else has made', async () => {
  assert.deepEqual(rebased({ name: 'mine', email: 'old', grants: [1] }, { name: 'old', email: 'old', grants: [1] }, { name: 'theirs', email: 'theirs', grants: [1, 2] }), { name: 'mine', email: 'theirs', grants: [1, 2] });
  const stored = shallowRef();
  const scope = effectScope();
  const form = scope.run(() => useDraft({ note: '', children: '' }, () => stored.value));
  stored.value = { note: 'a', children: 'x' };
  await nextTick();
  assert.deepEqual([form.draft.note, form.changed.value], ['a', false]);
  form.draft.note = 'mine';
  stored.value = { note: 'a', children: 'x' }; // as after another password
  await nextTick();
  assert.deepEqual([form.draft.note, form.changed.value], ['mine', true]);
  let forgotten = 0;
  await form.again(async () => {}, () => forgotten++);
  assert.deepEqual([form.renewed.value, forgotten], [false, 0], 'it could not be read');
  await form.again(async () => {
    stored.value = { note: 'theirs', children: 'y' };
  }, () => forgotten++);
  assert.deepEqual([form.draft.note, form.draft.children, form.changed.value, form.renewed.value, forgotten], ['mine', 'y', true, true, 1]);
  form.settle({ ...form.draft });
  stored.value = { note: 'mine', children: 'y' };
  await nextTick();
  assert.deepEqual([form.draft.note, form.changed.value, form.renewed.value], ['mine', false, false]);
  scope.stop();
});

test('without a clipboard what is shown is selected, and copied by the browser or by hand', async (t) => {
  const before = { document: globalThis.document, getSelection: globalThis.getSelection };
  t.after(() => Object.assign(globalThis, before));
  const selected = [];
  globalThis.getSelection = () => ({ selectAllChildren: (node) => selected.push(node) });
  globalThis.document = { execCommand: () => true };
  assert.equal(await copy('secret', 'its node'), 'copied');
  globalThis.document = { execCommand: () => false };
  assert.equal(await copy('secret', 'its node'), 'selected');
  assert.deepEqual(selected, ['its node', 'its node']);
});

test('completeness by group, the worst first', () => {
  const items = [{ device: 'a', project: 'x', covered: 10 }, { device: 'b', project: 'x', covered: 0, longest_gap_seconds: 9 }, { device: 'c', project: 'y', covered: 10 }, { device: 'd', project: 'y', covered: 0, longest_gap_seconds: 99 }, { device: 'e', project: 'y', covered: 10 }];
  assert.deepEqual(groupsOf(items, 10, (item) => item.project), [{ key: 'x', devices: 2, silent: 1, share: 0.5 }, { key: 'y', devices: 3, silent: 1, share: 2 / 3 }]);
  assert.deepEqual(worstFirst(items).map((item) => item.device), ['d', 'b', 'a', 'c', 'e']);
  assert.deepEqual(groupsOf([], 0, () => ''), []);
});

test('operations that need the same are one row', () => {
  const [devices, people] = chapters([
    { id: 'put', tag: 'Devices', changes: true, permission: 'configure' }, { id: 'list', tag: 'Devices', permission: 'read' }, { id: 'get', tag: 'Devices', permission: 'read' },
    { id: 'who', tag: 'People', permission: 'manage', everywhere: true },
  ]);
  assert.deepEqual(devices.rows.map((row) => [row.permission, row.changes, row.operations.length]), [['read', false, 2], ['configure', true, 1]]);
  assert.equal(people.rows[0].everywhere, true);
});

test('sizes and browsers', () => {
  const plain = (value) => bytes(value).replace('\u00a0', ' ');
  assert.equal(plain(0), '0 B');
  assert.equal(plain(1023), '1,023 B');
  assert.equal(plain(1536), '1.5 KiB');
  assert.equal(plain(3 * 2 ** 30), '3 GiB');
  assert.equal(agentName('Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36'), 'Chrome · Windows');
  assert.equal(agentName('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18 Mobile/15E148 Safari/604.1'), 'Safari · iPhone');
  assert.equal(agentName('my-tool/1'), 'my-tool/1');
});

test('a back-test is of the text that was sent, whatever is typed while it runs', () => {
  globalThis.fetch = async () => new Response('{}');
  const scope = effectScope();
  scope.run(() => {
    const edited = useEdited('when: value > 1');
    const result = { fired: 3 };
    edited.text.value = 'when: value > 0';
    edited.tested(result, 'when: value > 1');
    assert.equal(edited.test.value, undefined, 'the text that stands there was not tested');
    edited.text.value = 'when: value > 1';
    assert.equal(edited.test.value, result);
  });
  scope.stop();
});

test('the newest runs come up to date, and the older ones that were read stay', () => {
  const run = (id, state = 'done') => ({ id, state });
  assert.deepEqual(withNewest([run('c', 'running'), run('b'), run('a')], [run('d', 'queued'), run('c'), run('b')]), [run('d', 'queued'), run('c'), run('b'), run('a')]);
});

test('what a back-test found is counted by the days of its place', () => {
  const [from, to] = [Date.parse('2026-11-18T17:00:00Z'), Date.parse('2026-11-20T10:00:00Z')];
  const begun = [Date.parse('2026-11-18T16:00:00Z'), Date.parse('2026-11-19T15:59:00Z'), Date.parse('2026-11-19T16:00:00Z')];
  assert.deepEqual(byDay(begun, from, to, 'Asia/Shanghai'), [{ day: '2026-11-19', fired: 2 }, { day: '2026-11-20', fired: 1 }]);
  assert.deepEqual(byDay(begun, from, to, 'UTC'), [{ day: '2026-11-18', fired: 1 }, { day: '2026-11-19', fired: 2 }, { day: '2026-11-20', fired: 0 }]);
  assert.deepEqual(byDay([], Date.parse('2026-03-28T12:00:00Z'), Date.parse('2026-03-30T12:00:00Z'), 'Europe/Berlin').map(({ day }) => day), ['2026-03-28', '2026-03-29', '2026-03-30'], 'a day of 23 hours is one');
});

test('messages in quarantine are counted by the days of a place, in questions that the server takes', () => {
  const until = Date.parse('2026-11-20T10:30:00Z');
  const since = until - 90 * 86_400_000;
  const parts = chunks(since, until);
  assert.equal(parts[0].from, new Date(since).toISOString());
  assert.equal(parts.at(-1).to, new Date(until).toISOString());
  for (const [i, one] of parts.entries()) {
    assert.ok((Date.parse(one.to) - Date.parse(one.from)) / 3_600_000 <= 1000, 'at most a thousand hours');
    if (i > 0) assert.equal(one.from, parts[i - 1].to);
  }
  const step = (at, letters) => ({ at, letters });
  const value = together([
    { letters: 3, reasons: [{ reason: 'bad_value', letters: 3, steps: [step('2026-11-18T15:00:00Z', 1), step('2026-11-18T16:00:00Z', 2)] }] },
    { letters: 5, reasons: [{ reason: 'bad_syntax', letters: 4, steps: [step('2026-11-19T16:00:00Z', 4)] }, { reason: 'bad_value', letters: 1, steps: [step('2026-11-20T10:00:00Z', 1)] }] },
  ]);
  assert.equal(value.letters, 8);
  assert.deepEqual(value.reasons.map((one) => [one.reason, one.letters]), [['bad_value', 4], ['bad_syntax', 4]]);
  const { names, values } = countsOf({ value, since: Date.parse('2026-11-18T12:00:00Z'), until, hours: false }, 'Asia/Shanghai');
  assert.equal(names.length, 3);
  assert.deepEqual(values.get('bad_value'), [1, 2, 1]);
  assert.deepEqual(values.get('bad_syntax'), [0, 0, 4]);
  const hours = countsOf({ value, since: Date.parse('2026-11-18T15:20:00Z'), until: Date.parse('2026-11-18T17:10:00Z'), hours: true }, 'Asia/Shanghai');
  assert.deepEqual(hours.names, ['23:00', '00:00', '01:00']);
  assert.deepEqual(hours.values.get('bad_value'), [1, 2, 0]);
});

/** Questions that the test answers, one after the other; one that is called off fails as in a browser. */
function asked(t) {
  const before = globalThis.fetch;
  t.after(() => (globalThis.fetch = before));
  const all = [];
  globalThis.fetch = (_address, { body, signal }) => new Promise((answer, fail) => {
    signal.addEventListener('abort', () => fail(signal.reason));
    all.push({ body: JSON.parse(body), signal, answer: (value) => answer(new Response(JSON.stringify(value))) });
  });
  return all;
}
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

test('a message that is tried is the one that stands there', async (t) => {
  const questions = asked(t);
  const scope = effectScope();
  const [topic, payload, form, trial] = [ref('a/b'), ref('{"v":1}'), ref('text'), shallowRef()];
  const tried = scope.run(() => useTrial({ topic, payload, form, trial }));
  const first = tried.tryIt();
  payload.value = '{"v":2}';
  await nextTick();
  assert.ok(questions[0].signal.aborted);
  questions[0].answer({ accepted: true });
  await first;
  assert.deepEqual([trial.value, tried.busy.value, tried.problem.value], [undefined, false, undefined], 'the answer is of what stood there before');
  const second = tried.tryIt();
  questions[1].answer({ accepted: true, readings: [] });
  await second;
  assert.deepEqual([questions[1].body.payload, trial.value.accepted], ['{"v":2}', true]);
  form.value = 'hex';
  await nextTick();
  assert.equal(trial.value, undefined);
  await tried.tryIt();
  assert.deepEqual([tried.unreadable.value, questions.length], [true, 2]);
  scope.stop();
});

test('a rule that is typed on is not understood by the check of what stood there before', async (t) => {
  const questions = asked(t);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const scope = effectScope();
  const edited = scope.run(() => useEdited('name: a'));
  t.mock.timers.tick(350);
  t.mock.timers.reset();
  assert.equal(questions.length, 1);
  edited.text.value = 'name: a\nkind: nothing';
  await nextTick();
  questions[0].answer({ rule: { name: 'a' }, problems: [] });
  await settle();
  assert.deepEqual([edited.understood.value, edited.valid.value, edited.checking.value], [undefined, false, true]);
  scope.stop();
});

test('what was written of a rule stays when somebody else has changed it', () => {
  assert.equal(textAfter({ of: 'a?', text: 'mine', kept: 'old' }, 'a?', 'new'), 'mine');
  assert.equal(textAfter({ of: 'a?', text: 'old', kept: 'old' }, 'a?', 'new'), 'new', 'nothing was written');
  assert.equal(textAfter({ of: 'a?', text: 'mine', kept: 'old' }, 'b?', 'other'), 'other', 'it is another rule');
});
