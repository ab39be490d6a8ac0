// What views of devices and incidents do while the world goes on: the live connection
// tells, answers come late, people press twice.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const {
  startLive, useDeviceNow, useDeeds, doneAt, beganAt, draftOf, dropDraft, keepDraft, isTyping, useIncident, useIncidents, withFirst, useEdited, newExchange, Problem, problemText, loadProblems, lineOf, i18n,
  effectScope, createApp, createRouter, createMemoryHistory, ref,
} = await load(`
  export { startLive } from './live/live';
  export { useDeviceNow } from './views/devices/now';
  export { useEdited } from './views/devices/editing';
  export { newExchange } from './views/devices/exchange';
  export { problemText, loadProblems } from './format/problems';
  export { useDeeds, beganAt } from './views/incidents/deeds';
  export { doneAt } from './views/incidents/zone';
  export { draftOf, dropDraft, keepDraft } from './views/incidents/drafts';
  export { isTyping } from './use/escape';
  export { useIncident } from './views/incidents/useIncident';
  export { useIncidents, withFirst } from './views/incidents/useIncidents';
  export { lineOf } from './views/incidents/entries';
  export { Problem } from './api/call';
  export { i18n } from './i18n';
  export { createRouter, createMemoryHistory } from 'vue-router';
  export { effectScope, createApp, ref } from 'vue';
`);

async function load(contents) {
  const result = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('../../src', import.meta.url)), loader: 'ts' },
    bundle: true, write: false, format: 'esm', platform: 'browser', logLevel: 'error',
    define: { 'import.meta.glob': 'noFiles', __VUE_OPTIONS_API__: 'true', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' },
    banner: { js: "const noFiles = () => ({}); globalThis.window ??= globalThis; globalThis.matchMedia ??= () => ({ matches: false, addEventListener() {} }); Object.defineProperty(globalThis, 'navigator', { value: { languages: ['en'], userAgent: 'Node.js' }, configurable: true });" },
  });
  return import('data:text/javascript;base64,' + Buffer.from(result.outputFiles[0].text).toString('base64'));
}

// Of a browser there is what the live connection touches.
let socket;
globalThis.WebSocket = class {
  static OPEN = 1;
  readyState = 1;
  constructor() {
    socket = this;
  }
  send() {}
  close() {}
};
globalThis.addEventListener ??= () => {};
globalThis.document = { addEventListener() {}, visibilityState: 'visible', hidden: false, documentElement: {} };
globalThis.location ??= new URL('http://localhost/');
globalThis.requestAnimationFrame ??= (then) => setTimeout(then, 0);
globalThis.cancelAnimationFrame ??= clearTimeout;
const timers = [];
const own = globalThis.setInterval;
globalThis.setInterval = (...args) => {
  const timer = own(...args);
  timer.unref();
  timers.push(timer);
  return timer;
};

const place = { region: 'north', project: 'harbour' };
startLive({ region: '', project: '', class: '', device: '' }, { over() {}, doubted() {} });
let seq = 1;
const tell = async (message) => {
  socket.onmessage({ data: JSON.stringify({ now: Date.now(), ...message }) });
  await wait(5);
};
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const snapshot = (devices) => tell({ type: 'snapshot', seq: (seq = 1), scope: {}, omitted: false, limits: { events: 10, rejected: 10 }, devices });
const incident = (id, version, more = {}) => ({
  id, version, state: 'firing', severity: 'warning', kind: 'leak', title: { zh: '', en: '' }, count: 1, started_at: '2026-11-20T00:00:00Z', ...place, ...more,
});
const incidents = (list, more = {}) => tell({ type: 'incidents', cursor: 1, view: 'v', reset: false, partial: false, incidents: list, ...more });

/** Answers the questions that come: answer(method, path, request) gives a value, or [status, problem]. */
function serve(answer) {
  const asked = [];
  globalThis.fetch = async (address, request) => {
    const path = decodeURIComponent(String(address).replace('/api/v1', ''));
    asked.push({ method: request.method, path, key: request.headers['Idempotency-Key'], etag: request.headers['If-Match'], body: request.body });
    const value = await answer(request.method, path, request);
    if (request.signal?.aborted) throw request.signal.reason;
    const [status, body] = Array.isArray(value) ? value : [200, value];
    return { ok: status < 300, status, headers: new Headers({ ETag: body?.etag ?? '' }), text: async () => JSON.stringify(body) };
  };
  return asked;
}

const app = createApp({});
app.use(createRouter({ history: createMemoryHistory(), routes: [{ path: '/', component: {} }] }));
function within(make) {
  const scope = effectScope();
  return { ...scope.run(() => app.runWithContext(make)), end: () => scope.stop() };
}

test('the page of a device follows the device: also that it went offline, and that it reports', async () => {
  const wire = (connection, seen, value) => ({ device: 'north/harbour/meter/m1', connection, since: seen, seen, values: { power_kw: [value, seen, seen] } });
  await snapshot([wire('online', 1000, 1)]);
  const { now, end } = within(() => useDeviceNow(() => ({ ...place, class: 'meter', id: 'm1' })));
  assert.deepEqual([now.value.connection, now.value.values[0].value], ['online', 1]);
  await tell({ type: 'delta', seq: ++seq, devices: [wire('offline', 2000, 2)] });
  assert.deepEqual([now.value.connection, now.value.seen, now.value.values[0].value, now.value.values[0].ts], ['offline', 2000, 2, 2000]);
  end();
});

test('two incidents that are acknowledged at once are both acknowledged', async () => {
  const waiting = [];
  const asked = serve(() => new Promise((answer) => waiting.push(answer)));
  const { act, busy, wrong } = within(() => useDeeds());
  const [a, b] = [incident('a', 1), incident('b', 1)];
  const [first, twice, second] = [act(a, 'acknowledge'), act(a, 'acknowledge'), act(b, 'acknowledge')];
  await wait(5);
  assert.deepEqual(asked.map(({ path }) => path), ['/incidents/a/actions', '/incidents/b/actions']);
  assert.equal(busy.value, true);
  waiting[0]([409, { code: 'changed_meanwhile' }]);
  waiting[1]({ ...b, version: 2, state: 'acknowledged' });
  assert.deepEqual(await Promise.all([first, twice, second]), [false, false, true]);
  assert.notEqual(wrong.value, '', 'that the one failed is not hidden by the other');
  assert.equal(busy.value, false);
  // Of one incident they are done in their order, and the same again is the same request.
  asked.length = waiting.length = 0;
  const both = [act(a, 'acknowledge'), act(a, 'dispatch')];
  await wait(5);
  assert.equal(asked.length, 1);
  waiting[0]([503, { code: 'unavailable' }]);
  await wait(5);
  waiting[1]({ ...a, version: 3, state: 'dispatched' });
  assert.deepEqual(await Promise.all(both), [false, true]);
});

test('a first page that is read again does not take away what was read after it', () => {
  const list = (text) => [...text].map((id) => ({ id }));
  assert.deepEqual(withFirst(list('abcdef'), { items: list('xab'), next: 'more' }), list('xabcdef'));
  assert.deepEqual(withFirst(list('abc'), { items: list('xa') }), list('xa'), 'the whole list is as it is');
});

const filtersOf = (show) => ({
  show: ref(show), severity: ref([]), class: ref(''), state: ref([]), rule: ref(''), kind: ref(''), device: ref(''), period: ref(''), from: ref(''), to: ref(''), overdue: ref(false), q: ref(''), all: ref(show),
});

test('new incidents come into the list, and the rest of it stays', async () => {
  await incidents([incident('a', 1), incident('b', 1), incident('c', 1)], { reset: true });
  const pages = { first: [incident('a', 1), incident('b', 1)], second: [incident('c', 1)] };
  serve((_, path) => (path.includes('cursor=') ? { items: pages.second } : { items: pages.first, next: 'n', total: pages.first.length + 1 }));
  const { list, rows, end } = within(() => useIncidents(filtersOf('all')));
  await wait(20);
  await list.next();
  assert.deepEqual(rows.value.map(({ id }) => id), ['a', 'b', 'c']);
  pages.first = [incident('x', 1), incident('a', 1)];
  await incidents([incident('x', 1)]);
  await wait(1000);
  assert.deepEqual(rows.value.map(({ id }) => id), ['x', 'a', 'b', 'c']);
  end();
});

test('what is listed as open and is not known to be is read again from the beginning, once', async () => {
  await incidents([incident('a', 1), incident('b', 1), incident('c', 1)], { reset: true });
  const pages = { first: [incident('a', 1), incident('b', 1)], second: [incident('c', 1)] };
  const asked = serve((_, path) => (path.includes('cursor=') ? { items: pages.second } : { items: pages.first, next: 'n' }));
  const { list, rows, end } = within(() => useIncidents(filtersOf('open')));
  await wait(20);
  await list.next();
  assert.deepEqual([rows.value.map(({ id }) => id), asked.length], [['a', 'b', 'c'], 2]);
  // The machine slept: a and c ended meanwhile, of which the connection says nothing.
  pages.first = [incident('b', 1)];
  await incidents([incident('b', 1)], { reset: true });
  await wait(1000);
  assert.deepEqual([rows.value.map(({ id }) => id), asked.length], [['b'], 3]);
  // What the server still lists is listed, and not asked for without end.
  pages.first = [incident('b', 1), incident('z', 1)];
  await list.reload();
  await incidents([incident('b', 2)]);
  await wait(1000);
  await incidents([incident('b', 3)]);
  await wait(1000);
  assert.deepEqual([rows.value.map(({ id }) => id), asked.length], [['b', 'z'], 5]);
  // Told of a part only, what it lacks is no sign.
  await incidents([incident('b', 4)], { partial: true });
  await list.next();
  const before = asked.length;
  await incidents([incident('b', 5)], { partial: true });
  await wait(1000);
  assert.equal(asked.length, before);
  end();
});

test('what is written and not sent is there again', () => {
  keepDraft('a', ' on my way ');
  assert.equal(draftOf('a'), ' on my way ');
  dropDraft('a', 'something else');
  assert.equal(draftOf('a'), ' on my way ', 'one has gone on writing');
  dropDraft('a', 'on my way');
  assert.equal(draftOf('a'), '');
  keepDraft('b', 'x');
  keepDraft('b', ' ');
  assert.equal(draftOf('b'), '');
});

test('Escape closes nothing while one types', () => {
  const key = (value, more) => isTyping({ isComposing: false, target: { value, matches: (selector) => selector.includes('textarea') }, ...more });
  assert.ok(key('half a note'));
  assert.ok(!key(' '));
  assert.ok(key('', { isComposing: true }), 'the characters are being chosen');
  assert.ok(!isTyping({ isComposing: false, target: { matches: () => false } }));
});

test('what was done earlier has a time, and none that is refused', () => {
  const zone = 'Asia/Shanghai';
  const now = Date.parse('2026-11-20T02:07:30Z');
  const of = { started_at: '2026-11-20T02:00:40.5Z', received_at: '2026-11-20T02:00:41Z' };
  const at = (entered, one = of) => doneAt(entered, zone, now, beganAt(one));
  assert.equal(at(''), undefined);
  assert.equal(at('2026-11-20T'), undefined, 'half of a time is none, and not now');
  assert.equal(at('2026-11-20T10:05'), '2026-11-20T02:05:00.000Z');
  assert.equal(at('2026-11-20T10:07'), '', 'this minute is now');
  assert.equal(at('2026-11-20T10:00'), '2026-11-20T02:00:40.501Z', 'not before the beginning within its minute');
  assert.equal(doneAt('2026-11-19T21:00', 'America/New_York', now), '2026-11-20T02:00:00.000Z', 'by the clocks of the place, where nothing began');
  assert.equal(at('2026-11-20T09:59'), '2026-11-20T01:59:00.000Z', 'what is wrong the server says');
  // The clock of the device runs ahead.
  assert.equal(at('2026-11-20T10:00', { started_at: '2026-11-20T02:03:00Z', received_at: '2026-11-20T02:00:20Z' }), '2026-11-20T02:00:20.001Z');
});

test('the list of what is over is read when something has ended, and for nothing else', async () => {
  await incidents([incident('a', 1), incident('b', 1)], { reset: true });
  const asked = serve(() => ({ items: [] }));
  const { end } = within(() => useIncidents(filtersOf('resolved')));
  await wait(20);
  await incidents([incident('a', 2, { state: 'acknowledged' })]);
  await wait(1000);
  assert.equal(asked.length, 1);
  await incidents([incident('a', 3, { state: 'resolved' })]);
  await wait(1000);
  assert.equal(asked.length, 2);
  end();
});

test('after a break the timeline is read again when the incident is another', async () => {
  await incidents([incident('a', 4)], { reset: true });
  const served = { version: 4, entries: [{ incident: 'a', n: 1 }] };
  const asked = serve((_, path) => (path.endsWith('/a') ? incident('a', served.version) : { items: served.entries }));
  const { entries, end } = within(() => useIncident('a'));
  await wait(20);
  assert.equal(entries.value.length, 1);
  const before = asked.length;
  await incidents([incident('a', 4)], { reset: true });
  await wait(600);
  assert.equal(asked.length, before, 'nothing is new');
  Object.assign(served, { version: 6, entries: [...served.entries, { incident: 'a', n: 2 }] });
  await incidents([incident('a', 6)], { reset: true });
  await wait(600);
  assert.equal(entries.value.length, 2);
  end();
});

test('a form that is turned to another device does not show, nor save, the one before', async () => {
  const waiting = new Map();
  serve((_, path) => new Promise((answer) => waiting.set(path.split('/').at(-1), answer)));
  const of = ref({ ...place, class: 'meter', id: 'a' });
  const { before, draft, etag, failed, end } = within(() => useEdited(() => of.value, () => {}));
  await wait(5);
  waiting.get('a')({ ...of.value, name: 'A', etag: '"a1"' });
  await wait(5);
  assert.deepEqual([draft.value.name, etag.value], ['A', '"a1"']);
  of.value = { ...of.value, id: 'b' };
  assert.deepEqual([before.value, draft.value.name, etag.value], [undefined, '', '']);
  await wait(5);
  of.value = { ...of.value, id: 'c' };
  await wait(5);
  waiting.get('c')({ ...of.value, name: 'C', etag: '"c1"' });
  await wait(5);
  waiting.get('b')({ ...of.value, id: 'b', name: 'B', etag: '"b1"' }); // late
  await wait(5);
  assert.deepEqual([draft.value.name, etag.value, failed.value], ['C', '"c1"', undefined]);
  end();
});

test('an exchange goes on where it was refused: nothing is done twice, and what has become another thing is taken back', async () => {
  const log = [];
  let refused = new Problem(412, 'precondition_failed', '', 0);
  const steps = (patch, register) => [
    { name: 'correction', wanted: register, perform: async (key) => (log.push(['correct', register, key]), register), undo: async (done) => log.push(['undo', done]) },
    { name: 'patch', wanted: patch, perform: async (key) => {
      log.push(['patch', patch, key]);
      if (refused) throw refused;
    } },
  ];
  const said = () => log.splice(0).map(([what, value]) => `${what} ${value}`);
  const exchange = newExchange();
  await assert.rejects(exchange.run(steps('p', 100)));
  assert.deepEqual(said(), ['correct 100', 'patch p']);
  await assert.rejects(exchange.run(steps('p', 100)));
  const [[, , first]] = log;
  assert.deepEqual(said(), ['patch p']);
  // Unreachable, it may have been done: the same request has the same key, another one its own.
  refused = new Problem(0, 'unreachable', '', 0);
  await assert.rejects(exchange.run(steps('p', 100)));
  await assert.rejects(exchange.run(steps('p', 100)));
  await assert.rejects(exchange.run(steps('q', 100)));
  const keys = log.splice(0).map(([, , key]) => key);
  assert.notEqual(keys[0], first);
  assert.equal(keys[1], keys[0]);
  assert.notEqual(keys[2], keys[1]);
  refused = undefined;
  await exchange.run(steps('q', 101));
  assert.deepEqual(said(), ['undo 100', 'correct 101', 'patch q']);
  assert.ok(exchange.done('patch'));
  exchange.clear();
  assert.ok(!exchange.done('patch'));
});

test('what is wrong is said in the language of the page, in the form that says it best', async () => {
  await loadProblems();
  assert.equal(problemText('is in row 7 too'), 'is in row 7 too');
  i18n.global.locale.value = 'zh';
  const said = {
    'is in row 7 too': '与第 7 行重复',
    'has 80 characters, more than 64': '有 80 个字符，最多 64 个',
    'there is no rule "fire-alarm"': '没有规则“fire-alarm”',
    'column 1: sum is no function': '第 1 列：sum 不是函数',
    'line 2, column 7: event.attrs is nothing by itself; ask for num(event.attrs.NAME) or text(event.attrs.NAME)': '第 2 行第 7 列：event.attrs 不能单独使用：请写 num(event.attrs.名称) 或 text(event.attrs.名称)',
    'unknown key "project" (did you mean "place"?); the keys here are for, place': '没有键“project”（是否想写“place”？）；这里可用的键：for, place',
    '"5" is not a duration, such as 30s, 5m, 1h30m or 30d': '“5”不是时长：请写成 30s、5m、1h30m 或 30d 的形式',
    'metric "power_kw": a text of 70 bytes, more than 64': '指标“power_kw”：文字有 70 字节，最多 64 字节',
    'an attribute may be anything or missing: write num(event.attrs.code) or text(event.attrs.code)': '属性可能缺失或是任意类型：请写 num(event.attrs.code) 或 text(event.attrs.code)',
    'a list stands only after in, as in event.kind in ["fault", "alarm"]': '列表只能放在 in 之后，如 event.kind in ["fault", "alarm"]',
    '3 of its projects are still in service: retire them first': '其下还有 3 个在用的项目：请先停用',
    // one within another
    'it does not go together with the rules of the files: rule tank: combine.of: there is no rule "fire-alarm"': '与文件中的规则冲突：规则 tank：combine.of：没有规则“fire-alarm”',
    'something new': 'something new',
  };
  for (const [english, chinese] of Object.entries(said)) assert.equal(problemText(english), chinese);
  const refused = new Problem(422, 'invalid', '', 0, [{ field: 'body.multiplier', problem: 'must be greater than 0; it is 1 without transformers' }]);
  assert.equal(refused.of('multiplier'), '必须大于 0；没有互感器时为 1');
  i18n.global.locale.value = 'en';
  assert.equal(refused.of('multiplier'), 'must be greater than 0; it is 1 without transformers');
});

test('times in what is wrong are those of the clocks by which people enter them', async (t) => {
  await loadProblems();
  t.after(() => (i18n.global.locale.value = 'en'));
  const refused = new Problem(422, 'invalid', '', 0, [
    { field: 'body.at', problem: 'is before the incident began, at 2026-11-28T02:46:42Z' }, { field: 'body.until', problem: 'not after from, 2026-11-28T02:35:00Z' },
  ]);
  assert.equal(refused.of('at'), 'is before the incident began, at 28/11/2026, 10:46:42');
  assert.equal(refused.of('until', 'America/New_York'), 'not after from, 27/11/2026, 21:35:00');
  // What somebody wrote stays as it is, and an example stays one.
  const theirs = '"ts": "2026-11-28T02:35:00Z" is not RFC 3339 with a zone, such as 2026-11-22T08:30:00+08:00';
  assert.equal(problemText(theirs), theirs);
  i18n.global.locale.value = 'zh';
  assert.equal(refused.of('at'), '早于告警发生的时间 2026/11/28 10:46:42');
  assert.equal(refused.of('until'), '须晚于开始时间 2026/11/28 10:35:00');
  assert.equal(problemText('line 5: the quote " that a cell begins with is not closed, or text follows the one that closes it'), '第 5 行：单元格开头的引号 " 没有闭合，或闭合后还有文字');
});

test('numbers of a timeline are as people read them', () => {
  assert.equal(lineOf({ kind: 'fired', data: { value: 12345.678901234, unit: 'kWh' } }), '12,346\u00a0kWh');
});
