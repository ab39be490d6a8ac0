// The parts of the application that need no page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const src = fileURLToPath(new URL('../src', import.meta.url));

const {
  en, zh, Store, parseQuery, formatQuery, elapsed, clockState, merged, fromHash, address, contains, Problem, interval, share, duration, quantity, money, day,
  choice, choices, flag, whole, text,
} = await load(`
  export { en } from './messages/en/words';
  export { zh } from './messages/zh/words';
  export { Store } from './live/store';
  export { clockState, merged } from './live/incidents';
  export { parseQuery, formatQuery } from './views/live/parts/route';
  export { elapsed } from './live/clock';
  export { fromHash } from './oldLinks';
  export { address } from './api/client';
  export { Problem } from './api/call';
  export { contains } from './session/session';
  export { interval, share, duration, quantity, money, day } from './format/format';
  export { choice, choices, flag, whole, text } from './use/query';
`);

/** Bundles sources of the application and imports what they export. */
async function load(contents) {
  const result = await build({
    stdin: { contents, resolveDir: src, loader: 'ts' },
    bundle: true, write: false, format: 'esm', platform: 'browser', logLevel: 'error',
    define: { 'import.meta.glob': 'noFiles', __VUE_OPTIONS_API__: 'true', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' },
    banner: { js: "const noFiles = () => ({}); globalThis.window ??= globalThis; globalThis.matchMedia ??= () => ({ matches: false, addEventListener() {} }); Object.defineProperty(globalThis, 'navigator', { value: { languages: ['en'], userAgent: 'Node.js' }, configurable: true });" },
  });
  return import('data:text/javascript;base64,' + Buffer.from(result.outputFiles[0].text).toString('base64'));
}

/** Every key with the type of its value, nested ones by path. */
function shape(value, path = '') {
  if (typeof value !== 'object') return [`${path}: ${typeof value}`];
  return Object.entries(value).flatMap(([key, inner]) => shape(inner, path ? `${path}.${key}` : key)).sort();
}

test('both languages have the same keys, and no text is empty', () => {
  assert.deepEqual(shape(zh), shape(en));
  const check = (value, path) => {
    if (typeof value === 'object') for (const [key, inner] of Object.entries(value)) check(inner, `${path}.${key}`);
    else {
      const text = typeof value === 'function' ? value(1, 2, 3) : value;
      assert.equal(typeof text, 'string', path);
      assert.notEqual(text.trim(), '', path);
      assert.doesNotMatch(text, /undefined|NaN/, path);
    }
  };
  check(en, 'en');
  check(zh, 'zh');
});

test('the languages say different things', () => {
  const same = shape(en).map((line) => line.split(':')[0]).filter((path) => {
    const of = (root) => path.split('.').reduce((value, key) => value[key], root);
    return typeof of(en) === 'string' && of(en) === of(zh);
  });
  assert.deepEqual(same, ['directionState.0']); // a dash is a dash
});

/** The messages of views, by file. */
async function messages(language) {
  const all = {};
  for (const file of await readdir(join(src, 'messages', language))) {
    if (!file.endsWith('.ts') || file === 'words.ts') continue; // tested above, and problems.json by the server
    all[file.replace('.ts', '')] = (await load(`export { default } from './messages/${language}/${file}';`)).default;
  }
  return all;
}
const views = { en: await messages('en'), zh: await messages('zh') };
const flat = (value, path = '') => (typeof value === 'string' ? [[path, value]] : Object.entries(value).flatMap(([key, inner]) => flat(inner, path ? `${path}.${key}` : key)));

test('views have the same messages in both languages, with the same blanks', () => {
  const blanks = (root) => Object.fromEntries(flat(root).map(([path, text]) => [path, (text.match(/\{\w+\}/g) ?? []).sort().join()]));
  assert.deepEqual(blanks(views.zh), blanks(views.en));
  for (const language of ['en', 'zh']) for (const [path, text] of flat(views[language])) assert.notEqual(text.trim(), '', `${language} ${path}`);
  for (const [path, text] of flat(views.zh)) assert.ok(/[\u4e00-\u9fff]/.test(text) || /^\W*\{|English|^(?:Base64|QoS|\W)$/.test(text), `zh ${path} is not in Chinese: ${text}`);
});

test('every message that is named in the sources exists', async () => {
  const known = flat(views.en).map(([path]) => path);
  const missing = [];
  let seen = 0;
  for (const file of await readdir(src, { recursive: true })) {
    if (!/\.(vue|ts)$/.test(file) || file.startsWith('messages') || file.endsWith('schema.ts')) continue;
    const source = await readFile(join(src, file), 'utf8');
    for (const [, name] of source.matchAll(/(?<![\w.])t\('([\w.-]+)'/g)) {
      seen++;
      if (!known.includes(name)) missing.push(`${file}: ${name}`);
    }
    for (const [, name] of source.matchAll(/(?<![\w.])t\(`([\w.-]+)\.\$\{/g)) {
      seen++;
      if (!known.some((path) => path.startsWith(`${name}.`))) missing.push(`${file}: ${name}.…`);
    }
  }
  assert.deepEqual(missing, []);
  assert.ok(seen > 40, `only ${seen} were found`);
});

const path = 'north/harbour/meter/m-1';
const snapshot = (more) => ({
  type: 'snapshot', seq: 5, now: 1, scope: { region: '', project: '', class: '', device: '' }, omitted: false,
  limits: { events: 3, rejected: 2 }, devices: [], dangers: [], events: [], rejected: [], groups: [],
  totals: { devices: 0, online: 0, offline: 0, rate: 0, lag_ms: 0, rejected: 0, refused: 0 }, ...more,
});
const event = (id, ts, severity = 'info') => ({ device: path, kind: 'granted', id, severity, ts, received: ts, attrs: {} });
const rejected = (id) => ({ id, received: 1, topic: 't', preview: '', size: 0, codec: 'json', reason: 'empty', error: '' });
const device = (values) => ({ device: path, connection: 'online', since: 1, seen: 2, values });

test('deltas change what a snapshot said', () => {
  const store = new Store();
  store.apply(snapshot({ devices: [device({ power_kw: [1, 10, 11], mode: ['auto', 10, 11] })] }));
  store.takeChanges();
  store.apply({ type: 'delta', seq: 6, now: 2, devices: [device({ power_kw: [2, 20, 21] })] });
  assert.deepEqual([...store.devices.get(path).values].map(([name, v]) => [name, v.value]), [['power_kw', 2], ['mode', 'auto']]);
  const changes = store.takeChanges();
  assert.deepEqual([...changes.devices], [path]);
  assert.equal(changes.list, false, 'a value is no reason to build the list again');
});

test('a delta that does not follow is refused', () => {
  const store = new Store();
  store.apply(snapshot());
  assert.throws(() => store.apply({ type: 'delta', seq: 7, now: 1 }), /does not follow/);
  assert.throws(() => store.apply({ type: 'delta', seq: 5, now: 1 }), /does not follow/);
});

test('a new snapshot forgets what was', () => {
  const store = new Store();
  store.apply(snapshot({ devices: [device({})], events: [event('a', 1)], rejected: [rejected('r')], dangers: [{ event: event('d', 1), latest: 1, reports: 1, arrived: 0 }] }));
  store.apply(snapshot({ seq: 2 }));
  assert.equal(store.devices.size + store.dangers.size + store.rejected.length + store.newestEvents(['info'], 9).length, 0);
});

test('late events go where they belong, and the oldest make room', () => {
  const store = new Store();
  store.apply(snapshot({ events: [event('b', 20), event('d', 40)] }));
  store.apply({ type: 'delta', seq: 6, now: 1, events: [event('c', 30), event('grave', 5, 'life_safety')] });
  const ids = () => store.newestEvents(['life_safety', 'critical', 'warning', 'info'], 9).map((e) => e.id).join(' ');
  assert.equal(ids(), 'd c b grave');
  store.apply({ type: 'delta', seq: 7, now: 1, events: [event('e', 50)] });
  assert.equal(ids(), 'e d c grave', 'three of each severity are kept');
  store.apply({ type: 'delta', seq: 8, now: 1, rejected: [rejected(1), rejected(2), rejected(3)] });
  assert.deepEqual(store.rejected.map((r) => r.id), [2, 3]);
});

test('dangers begin and end', () => {
  const store = new Store();
  store.apply(snapshot());
  store.apply({ type: 'delta', seq: 6, now: 1, dangers: [{ event: event('x', 1), latest: 1, reports: 1, arrived: 0 }] });
  assert.equal(store.dangers.size, 1);
  store.apply({ type: 'delta', seq: 7, now: 1, ended: [path] });
  assert.equal(store.dangers.size, 0);
});

const incident = (id, more = {}) => ({
  id, title: { zh: '', en: id }, severity: 'warning', region: 'north', project: 'harbour', class: 'meter', device: 'm-1', state: 'firing', count: 1,
  started_at: '2026-11-20T08:00:00Z', received_at: '2026-11-20T08:00:00Z', version: 1, ...more,
});
const incidents = (cursor, list, more = {}) => ({ type: 'incidents', cursor, now: 1, reset: false, partial: false, incidents: list, ...more });

test('incidents begin, change and end; an older state never replaces a newer one', () => {
  const store = new Store();
  store.applyIncidents(incidents(3, [incident('a'), incident('b')], { reset: true }));
  store.apply(snapshot());
  assert.equal(store.incidents.open.size, 2, 'a snapshot is not about them');
  store.applyIncidents(incidents(4, [incident('a', { state: 'acknowledged', version: 3 })], { entries: [{ incident: 'a', n: 2, kind: 'acknowledged' }] }));
  store.applyIncidents(incidents(5, [incident('a', { version: 2 })]));
  assert.equal(store.incidents.find('a').state, 'acknowledged');
  assert.equal(store.incidents.cursor, 5);
  assert.equal(store.takeChanges().entries.length, 1);
  store.applyIncidents(incidents(6, [incident('a', { state: 'resolved', version: 4 })]));
  assert.deepEqual([...store.incidents.open.keys()], ['b']);
  assert.equal(store.incidents.find('a').state, 'resolved', 'who looks at it still can');
  store.applyIncidents(incidents(7, [], { reset: true }));
  assert.equal(store.incidents.open.size, 0);
});

test('what is over is forgotten in the end', () => {
  const store = new Store();
  for (let i = 0; i < 500; i++) store.applyIncidents(incidents(i, [incident(`i${i}`, { state: 'resolved' })]));
  assert.equal(store.incidents.find('i0'), undefined);
  assert.equal(store.incidents.find('i499').id, 'i499');
});

test('an incident stands for the danger of its device as long as it is true', () => {
  const store = new Store();
  const danger = { event: event('x', 1000), latest: Date.parse('2026-11-20T08:05:00Z'), reports: 1, arrived: 0 };
  const grave = (more) => incident('a', { severity: 'life_safety', ...more });
  const covers = (...list) => {
    store.applyIncidents(incidents(1, list, { reset: true }));
    return store.incidents.covers(danger);
  };
  assert.equal(covers(), false);
  assert.equal(covers(grave()), true);
  assert.equal(covers(grave({ device: 'm-2' })), false, 'of another device');
  assert.equal(covers(incident('c')), false, 'no danger to life');
  assert.equal(covers(grave({ version: 2, cleared_at: '2026-11-20T08:04:00Z' })), false, 'it was over before the newest report');
  assert.equal(covers(grave({ version: 3, state: 'resolved', resolved_at: '2026-11-20T08:04:00Z' })), false, 'resolved before the newest report');
  assert.equal(covers(grave({ version: 4, state: 'resolved', resolved_at: '2026-11-20T08:06:00Z' })), true, 'people said that it is over');
});

test('a clock is right at its bounds', () => {
  const at = (seconds) => Date.UTC(2026, 10, 20, 8, 0, seconds);
  const clock = (more) => ({ state: 'running', limit_seconds: 60, started_at: '2026-11-20T08:00:00Z', deadline: '2026-11-20T08:01:00Z', ...more });
  const f = (more, seconds, state, left) => assert.deepEqual(clockState(clock(more), at(seconds)), { state, left: left * 1000 });
  f({}, 0, 'good', 60);
  f({}, 60, 'good', 0);
  f({}, 61, 'over', -1);
  f({ state: 'breached' }, 60, 'over', 0);
  f({ warn_at: '2026-11-20T08:00:30Z' }, 29, 'good', 31);
  f({ warn_at: '2026-11-20T08:00:30Z' }, 30, 'warn', 30);
  f({ state: 'paused', paused_at: '2026-11-20T08:00:20Z' }, 500, 'paused', 40);
});

test('a timeline has each entry once, those with data first', () => {
  const entry = (n, more) => ({ n, kind: 'note', ...more });
  const list = merged([entry(1), entry(2, { data: { a: 1 } })], [entry(3), entry(2), entry(1, { data: {} })]);
  assert.deepEqual(list.map((e) => [e.n, e.data]), [[3, undefined], [2, { a: 1 }], [1, {}]]);
});

test('addresses are read and written, and nonsense is not followed', () => {
  const query = { at: 'north/harbour', class: 'meter', device: 'north/harbour/meter/m-1', tab: 'events' };
  assert.deepEqual(formatQuery(parseQuery(query)), query);
  assert.deepEqual(formatQuery(parseQuery({ at: 'north' })), { at: 'north' });
  const nothing = { region: '', project: '', class: '', device: '', incident: '', tab: 'devices', building: '', q: '', only: '', as: 'board' };
  assert.deepEqual(parseQuery({ at: '<b>/../x', class: 'oven', device: 'a/b', tab: 'nowhere', incident: '../../session' }), nothing);
  assert.deepEqual(parseQuery({ at: 'north/harbour/b1', class: ['oven', 'meter'], device: null }), nothing);
  assert.equal(parseQuery({ incident: '20261120-abcdefghijklmnop' }).incident, '20261120-abcdefghijklmnop');
});

test('links of before lead to the same', () => {
  assert.deepEqual(fromHash('#incident=20261120-abcdefghijklmnop'), { name: 'incidents', params: { incident: '20261120-abcdefghijklmnop' }, query: {}, hash: '' });
  assert.deepEqual(fromHash('#region=north&project=harbour&class=meter'), { name: 'live', query: { at: 'north/harbour', class: 'meter' }, hash: '' });
  for (const hash of ['', '#', '#devices', '#incident=../../session']) assert.equal(fromHash(hash), undefined, hash);
});

test('the query of a view: nonsense is the default, and the default is not written', () => {
  const f = (kind, written, value) => {
    assert.deepEqual(kind.read(written), value);
    assert.deepEqual(kind.read(kind.write(value)), value);
  };
  f(choice(['open', 'all'], 'open'), 'all', 'all');
  f(choice(['open', 'all'], 'open'), 'some', 'open');
  f(choices(['a', 'b', 'c']), 'a,x,c', ['a', 'c']);
  f(flag(), '1', true);
  f(whole(1, 1), '0', 1);
  f(whole(1, 1), '7', 7);
  f(whole(1, 1), '7.5', 1);
  f(text('', /^[a-z]+$/), 'A', '');
  assert.equal(choices(['a', 'b', 'c']).write(['c', 'a']), 'a,c', 'one order, so that links are the same');
  for (const [kind, value] of [[choice(['open'], 'open'), 'open'], [choices(['a']), []], [flag(), false], [whole(1), 1], [text('x'), 'x']]) assert.equal(kind.write(value), undefined);
});

test('addresses of the API', () => {
  assert.equal(address('/regions/{region}', { region: 'a/b?c' }), '/regions/a%2Fb%3Fc');
  assert.equal(address('/incidents', {}, { severity: ['life_safety', 'critical'], state: [], kind: '', open: true, cursor: undefined, limit: 0 }), '/incidents?severity=life_safety%2Ccritical&open=true&limit=0');
});

test('what is wrong with a field is found by its name', () => {
  const problem = new Problem(422, 'invalid', '1 field is not right', 0, [{ field: 'body.installed_on', problem: 'is not a date' }]);
  assert.equal(problem.of('installed_on'), 'is not a date');
  assert.equal(problem.of('name'), '');
});

test('a place that is granted has what is in it, and nothing else', () => {
  const f = (granted, region, project, want) => assert.equal(contains(granted, { region, project }), want, `${granted} has ${region}/${project}`);
  f('hq', undefined, undefined, true);
  f('hq', 'north', 'harbour', true);
  f('north', 'north', undefined, true);
  f('north', 'north', 'harbour', true);
  f('north', 'south', undefined, false);
  f('north', undefined, undefined, false);
  f('north/harbour', 'north', 'harbour', true);
  f('north/harbour', 'north', 'har', false);
  f('north/harbour', 'north', undefined, false);
});

test('numbers as people read them', () => {
  const plain = (text) => text.replaceAll('\u00a0', ' ');
  assert.equal(plain(interval({ value: 92.31, low: 88.1, high: 95.24 }, '%')), '92.3 % (88.1–95.2)');
  assert.equal(plain(interval({ value: 4, low: 1 }, 'h')), '4.0 h (1.0–∞)');
  assert.equal(plain(interval({ value: -2, low: -3, high: -1 }, 'h')), '-2.0 h (-3.0 – -1.0)');
  assert.equal(interval({ value: null }), 'insufficient data');
  assert.equal(plain(share(0.5)), '50.0 %');
  assert.equal(share(undefined), 'insufficient data');
  assert.equal(plain(quantity(1234.5, 'kWh')), '1,234.5 kWh');
  assert.equal(plain(quantity(0.00026, 'kWh')), '0.00026 kWh', 'and not 0');
  assert.equal(quantity(0), '0');
  assert.equal(money(1234.4), '¥1,234');
  assert.equal(money(1_234_567), '¥1.235m');
  assert.equal(plain(duration(7505)), '2 h 5 min');
  assert.equal(plain(duration(59.6)), '1 min');
  assert.equal(plain(duration(0.25)), '0.25 s');
  assert.equal(plain(duration(-90)), '-1 min 30 s');
  assert.equal(day('2026-11'), 'November 2026');
  assert.equal(day('2026-11-05'), '05/11/2026');
});

test('elapsed time', () => {
  assert.equal(elapsed(0, 59_999), '00:59');
  assert.equal(elapsed(0, 600_000), '10:00');
  assert.equal(elapsed(0, 3_661_000), '1:01:01');
  assert.equal(elapsed(5000, 0), '00:00');
});

test('charts draw what they are given: whiskers, bands, gaps, cells', async () => {
  const { init, barsWithWhiskers, linesWithBand, heatMap } = await load(`
    import { use } from 'echarts/core';
    import { SVGRenderer } from 'echarts/renderers';
    use([SVGRenderer]);
    export { init } from './chart/engine';
    export * from './chart/options';
  `);
  const colours = {
    text: '#111111', dim: '#222222', line: '#333333', panel: '#ffffff', accent: '#0b6672', good: '#17693a', warn: '#8a5300', bad: '#b3261e',
    series: ['#0b6672', '#b4561f'], heat: ['#eef4f5', '#074750'],
  };
  const say = { number: (value) => `${value} kWh`, axis: (value) => `day ${value}` };
  const draw = (options) => {
    const chart = init(null, undefined, { renderer: 'svg', ssr: true, width: 600, height: 300 });
    chart.setOption({ ...options, animation: false });
    const svg = chart.renderToSVGString();
    chart.dispose();
    assert.doesNotMatch(svg, /NaN|undefined/);
    return svg;
  };
  const bars = draw(barsWithWhiskers([{ name: 'Lift A', value: 3, low: 1, high: 6 }, { name: 'Lift B', value: null }, { name: 'Lift C', value: 2 }], colours, say, { value: 4, name: 'limit' }));
  for (const word of ['Lift A', 'Lift B', 'limit', 'kWh']) assert.ok(bars.includes(word), `bars: ${word}`);
  assert.equal(bars.match(/stroke="#111111"/g)?.length, 3, 'one whisker: a line and its two ends');
  const lines = draw(linesWithBand([
    { name: 'Used', points: [[1, 10, 8, 12], [2, null], [3, 14, 9, 20]] }, { name: 'Before', dashed: true, points: [[1, 9], [3, 11]] },
  ], colours, say, { numeric: true, zoom: true }));
  for (const word of ['Used', 'Before', 'day ']) assert.ok(lines.includes(word), `lines: ${word}`);
  assert.ok(lines.includes('fill-opacity="0.16"'), 'the band');
  const heat = draw(heatMap(['0', '1'], ['Mon', 'Tue'], [[0, 0, 1], [1, 0, 5], [0, 1, null]], colours, say));
  assert.match(heat, /Tue[\s\S]*(#074750|rgba?\(7,71,80)|(#074750|rgba?\(7,71,80)[\s\S]*Tue/);
});
