// What all views stand on: questions and lists, the place, what is typed, parts that do
// not come, and the live state's listeners.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const src = fileURLToPath(new URL('../../src', import.meta.url));

/** The route and the live connection are the test's. */
const staged = {
  name: 'staged',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^vue-router$/ }, () => ({ path: 'router', namespace: 'staged' }));
    onResolve({ filter: /^\.\.\/live\/live$/ }, () => ({ path: 'live', namespace: 'staged' }));
    onLoad({ filter: /.*/, namespace: 'staged' }, ({ path }) => ({
      resolveDir: src,
      contents: path === 'router'
        ? "import { reactive } from 'vue'; export const route = reactive({ query: {} }); export const useRoute = () => route; export const useRouter = () => ({ currentRoute: { value: route } }); export const guards = {}; export const onBeforeRouteLeave = (guard) => { guards.leave = guard; }; export const onBeforeRouteUpdate = (guard) => { guards.update = guard; };"
        : "import { shallowRef } from 'vue'; export const status = shallowRef({ state: 'live' }); export const useLive = () => ({ status });",
    }));
  },
};

async function load(contents, plugins = []) {
  const result = await build({
    stdin: { contents, resolveDir: src, loader: 'ts' },
    bundle: true, write: false, format: 'esm', platform: 'browser', logLevel: 'error', plugins,
    define: { 'import.meta.glob': 'noFiles', __VUE_OPTIONS_API__: 'true', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' },
    banner: { js: "const noFiles = () => ({}); globalThis.window ??= globalThis; globalThis.addEventListener ??= () => {}; globalThis.document ??= { addEventListener() {}, hidden: false }; Object.defineProperty(globalThis, 'navigator', { value: { languages: ['en'], userAgent: 'Node.js' }, configurable: true });" },
  });
  return import('data:text/javascript;base64,' + Buffer.from(result.outputFiles[0].text).toString('base64'));
}

const { effectScope, nextTick, shallowRef, useLoad, usePages, useAt, useTyped, mayEscape, useWritten, useDownload, useAgain, guards, route, status, Problem, ask, onSignedOut, problemOf, whyMissing, buildOf, breaksView } = await load(`
  export { effectScope, nextTick, shallowRef } from 'vue';
  export { useLoad, usePages } from './use/load';
  export { useAt } from './use/at';
  export { useTyped } from './use/typed';
  export { mayEscape, useWritten } from './use/escape';
  export { useDownload } from './use/download';
  export { useAgain } from './live/again';
  export { guards, route } from 'vue-router';
  export { status } from '../live/live';
  export { Problem, ask, onSignedOut, problemOf } from './api/call';
  export { whyMissing, buildOf } from './shell/parts';
  export { breaksView } from './shell/broken';
`, [staged]);

/** Lets watchers and answers come. */
const settle = async () => {
  await nextTick();
  await new Promise((resolve) => setTimeout(resolve, 0));
};

/** Questions that the test answers, in the order in which they were asked. */
function questions() {
  const asked = [];
  return { asked, ask: (...about) => new Promise((answer, fail) => asked.push({ about, answer, fail })) };
}

function inScope(f) {
  const scope = effectScope();
  return { ...scope.run(f), stop: () => scope.stop() };
}

const away = () => new Problem(0, 'unreachable', '', 0);

test('a question is asked again when what it depends on is another value, not another object', async () => {
  const on = shallowRef({ region: 'north' });
  const { asked, ask: question } = questions();
  const loaded = inScope(() => useLoad(() => [on.value], question));
  asked[0].answer('A');
  await settle();
  assert.deepEqual([loaded.value.value, loaded.latest.value], ['A', 'A']);
  on.value = { region: 'north' };
  await settle();
  assert.equal(asked.length, 1);
  on.value = { region: 'south' };
  assert.deepEqual([loaded.value.value, loaded.latest.value], [undefined, 'A'], 'the answer is of north');
  await settle();
  assert.equal(asked.length, 2);
  asked[1].answer('B');
  await settle();
  assert.deepEqual([loaded.value.value, loaded.latest.value, loaded.loading.value], ['B', 'B', false]);
  loaded.stop();
});

test('the answer of a former filter does not stay when the next question fails; of a reload it does', async () => {
  const on = shallowRef('a');
  const { asked, ask: question } = questions();
  const loaded = inScope(() => useLoad(on, question));
  asked[0].answer('A');
  await settle();
  void loaded.reload();
  asked[1].fail(new Problem(503, 'unavailable', '', 0));
  await settle();
  assert.deepEqual([loaded.value.value, loaded.problem.value.status], ['A', 503]);
  on.value = 'b';
  await settle();
  assert.equal(loaded.problem.value, undefined, 'the problem was that of another question');
  asked[2].fail(away());
  await settle();
  assert.deepEqual([loaded.value.value, loaded.problem.value.status], [undefined, 0]);
  loaded.stop();
});

test('the place stays the same object while it is the same place', () => {
  route.query = {};
  const { at, filter, stop } = inScope(() => useAt());
  const [first, query] = [at.value, filter.value];
  route.query = { open: '1' };
  assert.equal(at.value, first);
  assert.equal(filter.value, query);
  stop();
});

test('a page of a list that fails is asked for again by retry only, or when the server is back', async () => {
  const { asked, ask: question } = questions();
  const pages = inScope(() => usePages(() => 0, question));
  asked[0].answer({ items: [1], next: 'c' });
  await settle();
  void pages.next();
  asked[1].fail(new Problem(429, 'too_many', '', 1));
  await settle();
  await pages.next();
  assert.equal(asked.length, 2, 'not asked without end');
  assert.deepEqual([pages.items.value, pages.ready.value], [[1], true]);
  void pages.retry();
  assert.equal(asked[2].about[0], 'c', 'the page that is missing');
  asked[2].fail(away());
  await settle();
  status.value = { state: 'waiting' };
  await settle();
  status.value = { state: 'live' };
  await settle();
  assert.equal(asked[3].about[0], 'c');
  asked[3].answer({ items: [2] });
  await settle();
  assert.deepEqual([pages.items.value, pages.more.value, pages.problem.value], [[1, 2], false, undefined]);
  pages.stop();
});

test('a list of a former filter does not stay when the next one fails', async () => {
  const on = shallowRef({ show: 'open' });
  const { asked, ask: question } = questions();
  const pages = inScope(() => usePages(() => [on.value], question));
  asked[0].answer({ items: [1], next: 'c', total: 7 });
  await settle();
  on.value = { show: 'open' };
  await settle();
  assert.deepEqual([asked.length, pages.ready.value], [1, true]);
  on.value = { show: 'all' };
  await settle();
  asked[1].fail(away());
  await settle();
  assert.deepEqual([pages.items.value, pages.total.value, pages.more.value, pages.ready.value], [[], undefined, false, false]);
  pages.stop();
});

test('what is typed is written after a pause, and not when one has left by then', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const value = shallowRef('');
  const { typed, type, stop } = inScope(() => useTyped(value, 250));
  typed.value = ' lift ';
  type();
  t.mock.timers.tick(250);
  assert.equal(value.value, 'lift');
  typed.value = 'lifts';
  type();
  stop();
  t.mock.timers.tick(1000);
  assert.equal(value.value, 'lift');
});

test('the page is given up only for another build of a server that answers, once', async () => {
  const kept = new Map();
  const outside = (fetch, more = {}) => ({
    fetch, build: () => '/assets/app-old.js', store: () => ({ getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value) }), ...more,
  });
  const page = (build) => async () => new Response(`<head><script type="module" crossorigin src="${build}"></script></head>`);
  assert.equal(buildOf('<script type="module" crossorigin src="/assets/app-1.js"></script>'), '/assets/app-1.js');
  assert.equal(await whyMissing(outside(async () => { throw new TypeError('failed to fetch'); })), 'away');
  assert.equal(await whyMissing(outside(async () => new Response('', { status: 502 }))), 'away');
  assert.equal(await whyMissing(outside(page('/assets/app-old.js'))), 'neither', 'a part that always fails');
  assert.equal(await whyMissing(outside(async () => new Response('<h1>Portal</h1>'))), 'neither');
  assert.equal(await whyMissing(outside(page('/assets/app-new.js'), { store: () => { throw new Error('forbidden'); } })), 'neither');
  assert.equal(await whyMissing(outside(page('/assets/app-new.js'))), 'new');
  assert.equal(await whyMissing(outside(page('/assets/app-new.js'))), 'neither', 'it was loaded already, and that did not help');
  assert.equal(await whyMissing(outside(page('/assets/app-newer.js'))), 'new');
});

test('an error of a handler or a watcher leaves the view', () => {
  for (const info of ['setup function', 'render function', 'https://vuejs.org/error-reference/#runtime-0', 'https://vuejs.org/error-reference/#runtime-1']) assert.ok(breaksView(info), info);
  for (const info of ['native event handler', 'watcher callback', 'https://vuejs.org/error-reference/#runtime-5', 'https://vuejs.org/error-reference/#runtime-3', 'https://vuejs.org/error-reference/#runtime-11', 'm']) assert.ok(!breaksView(info), info);
});

test('a file that is asked for without a session tells the page', () => {
  let told = 0;
  onSignedOut(() => told++);
  const answer = new Response('', { status: 401 });
  assert.equal(problemOf(answer, JSON.stringify({ code: 'not_signed_in', detail: 'sign in' })).code, 'not_signed_in');
  assert.equal(told, 1);
  problemOf(new Response('', { status: 403 }), '{"code":"not_allowed"}');
  assert.equal(problemOf(new Response('', { status: 502 }), '<html>').status, 502);
  assert.equal(told, 1);
  onSignedOut(() => {});
});

test('a listener that fails does not keep what changed from the others', async (t) => {
  const frames = [];
  globalThis.requestAnimationFrame = (frame) => frames.push(frame);
  globalThis.cancelAnimationFrame = () => {};
  globalThis.location ??= { href: 'http://localhost/', protocol: 'http:' };
  globalThis.WebSocket = class {
    static OPEN = 1;
    close() {}
  };
  const { startLive } = await load("export { startLive } from './live/live';");
  const live = startLive({ region: '', project: '', class: '', device: '' }, { over() {}, doubted() {} });
  const said = t.mock.method(console, 'error', () => {});
  let heard = 0;
  live.listen(() => {
    throw new Error('a part that is wrong');
  });
  live.listen(() => heard++);
  try {
    live.schedule();
    for (const frame of frames.splice(0)) frame();
    assert.equal(heard, 1);
    assert.equal(said.mock.callCount(), 1);
  } finally {
    live.connection.stop();
  }
});

test('Escape does not throw away what was written unasked, nor what is being composed', (t) => {
  const asked = [];
  globalThis.confirm = (question) => asked.push(question) > 1;
  t.after(() => delete globalThis.confirm);
  const key = (isComposing = false) => ({ isComposing });
  assert.equal(mayEscape(key(), false, 'sure?'), true);
  assert.equal(mayEscape(key(true), false, 'sure?'), false);
  assert.equal(mayEscape(key(true), true, 'sure?'), false);
  assert.equal(asked.length, 0);
  assert.deepEqual([mayEscape(key(), true, 'sure?'), mayEscape(key(), true, 'sure?'), asked], [false, true, ['sure?', 'sure?']]);
});

test('a file that the server cannot make says why', async (t) => {
  const before = globalThis.fetch;
  t.after(() => (globalThis.fetch = before));
  const download = inScope(useDownload);
  globalThis.fetch = async () => new Response(JSON.stringify({ code: 'invalid', detail: 'no Chromium to print with' }), { status: 422 });
  await download.fetch('PDF', '/api/v1/reports/replacement');
  assert.deepEqual([download.name.value, download.problem.value.status, download.problem.value.message], ['', 422, 'no Chromium to print with']);
  globalThis.fetch = (_address, { signal }) => new Promise((_answer, fail) => signal.addEventListener('abort', () => fail(signal.reason)));
  const asked = download.fetch('PDF', '/api/v1/reports/replacement');
  assert.deepEqual([download.name.value, download.problem.value], ['PDF', undefined]);
  download.cancel();
  await asked;
  assert.deepEqual([download.name.value, download.problem.value], ['', undefined], 'who calls it off needs no reason');
  download.stop();
});

test('while a file is being made another press does not call it off', async (t) => {
  const before = globalThis.fetch;
  t.after(() => (globalThis.fetch = before));
  const asked = [];
  globalThis.fetch = (address, { signal }) => new Promise((answer) => asked.push({ address, signal, answer }));
  const download = inScope(useDownload);
  const first = download.fetch('PDF', '/a.pdf');
  await download.fetch('Excel', '/a.xlsx');
  assert.deepEqual([asked.map(({ address }) => address), asked[0].signal.aborted, download.name.value], [['/a.pdf'], false, 'PDF']);
  asked[0].answer(new Response('{}', { status: 422 }));
  await first;
  const second = download.fetch('Excel', '/a.xlsx');
  assert.deepEqual([asked.length, download.name.value], [2, 'Excel']);
  asked[1].answer(new Response('{}', { status: 422 }));
  await second;
  download.stop();
});

test('what is asked again and again is not asked while nobody sees it, and at once when it is seen', (t) => {
  const before = globalThis.document;
  t.after(() => (globalThis.document = before));
  t.mock.timers.enable({ apis: ['setInterval'] });
  const listeners = new Set();
  globalThis.document = { hidden: false, addEventListener: (_, listener) => listeners.add(listener), removeEventListener: (_, listener) => listeners.delete(listener) };
  let asked = 0;
  const { stop } = inScope(() => useAgain(1000, () => asked++));
  t.mock.timers.tick(2000);
  assert.equal(asked, 2);
  document.hidden = true;
  for (const listener of listeners) listener();
  t.mock.timers.tick(5000);
  assert.equal(asked, 2);
  document.hidden = false;
  for (const listener of listeners) listener();
  assert.equal(asked, 3);
  stop();
  t.mock.timers.tick(5000);
  assert.deepEqual([asked, listeners.size], [3, 0]);
});

test('paper is light whatever the theme, and is drawn before a script prints it', async () => {
  const handlers = {};
  const root = { attributes: {}, dark: true };
  const before = { document: globalThis.document, addEventListener: globalThis.addEventListener, matchMedia: globalThis.matchMedia, localStorage: globalThis.localStorage };
  const set = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  set('addEventListener', (name, handler) => (handlers[name] = handler));
  set('matchMedia', () => ({ matches: true, addEventListener() {} }));
  set('localStorage', { getItem: () => 'dark', setItem() {} });
  set('document', {
    documentElement: {
      setAttribute: (name, value) => (root.attributes[name] = value), removeAttribute: (name) => delete root.attributes[name],
      classList: { toggle: (_name, dark) => (root.dark = dark) },
    },
  });
  try {
    const { applyTheme, chosenTheme, onPaper, printPage, printedPart, themeVersion } = await load(`
      export { applyTheme, chosenTheme } from './shell/theme';
      export { onPaper, printPage, printedPart } from './use/paper';
      export { themeVersion } from './chart/theme';
    `);
    chosenTheme.value = 'dark';
    applyTheme();
    const version = themeVersion.value;
    handlers.beforeprint();
    assert.deepEqual([root.attributes['data-theme'], root.dark, onPaper.value], ['light', false, true]);
    assert.ok(themeVersion.value > version, 'charts are drawn again');
    handlers.afterprint();
    assert.deepEqual([root.attributes['data-theme'], root.dark, onPaper.value], ['dark', true, false]);
    let seen;
    set('print', () => (seen = root.attributes['data-theme']));
    await printPage();
    assert.deepEqual([seen, onPaper.value], ['light', false], 'a browser that cannot print says nothing after it');
    assert.equal(printedPart(1500, false, 1500), undefined, 'all of it');
    assert.deepEqual(printedPart(1501, false, 1500), { n: 1500, all: 1501 });
    assert.deepEqual(printedPart(200, true, 1500), { n: 200, all: undefined }, 'what was not read is not printed, and that is said');
  } finally {
    for (const [name, value] of Object.entries(before)) set(name, value);
  }
});

test('what is being written is asked about before it goes, and only then', (t) => {
  const before = { confirm: globalThis.confirm, addEventListener: globalThis.addEventListener, removeEventListener: globalThis.removeEventListener };
  t.after(() => Object.assign(globalThis, before));
  const asked = [];
  const page = new EventTarget();
  globalThis.confirm = (question) => asked.push(question) > 1;
  globalThis.addEventListener = page.addEventListener.bind(page);
  globalThis.removeEventListener = page.removeEventListener.bind(page);
  /** Whether the browser would ask before the page goes. */
  const unloads = () => !page.dispatchEvent(Object.defineProperty(new Event('beforeunload', { cancelable: true }), 'returnValue', { writable: true }));
  let written = false;
  const { mayLeave, mayClose, stop } = inScope(() => useWritten(() => written, () => 'sure?', (to, was) => to.id === was.id));
  assert.equal(unloads(), false);
  assert.deepEqual([mayLeave(), mayClose({ isComposing: false }), guards.leave(), guards.update({ id: 2 }, { id: 1 }), asked.length], [true, true, true, true, 0]);
  written = true;
  assert.equal(guards.update({ id: 1 }, { id: 1 }), true, 'it stays where it is');
  assert.equal(mayClose({ isComposing: true }), false, 'the characters are being chosen');
  assert.equal(asked.length, 0);
  assert.deepEqual([guards.update({ id: 2 }, { id: 1 }), guards.leave(), mayClose({ isComposing: false }), asked.length], [false, true, true, 3]);
  assert.equal(unloads(), true);
  stop();
  assert.equal(unloads(), false, 'it is closed');
  inScope(() => useWritten(() => true, () => 'sure?')).stop();
  assert.deepEqual([guards.update({ id: 1 }, { id: 1 }), asked.length], [true, 4], 'what is told once stays at no address unasked');
});
