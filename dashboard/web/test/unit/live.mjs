// What the live page works out without a page: the tree of places, boards, the wall's pages.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const src = fileURLToPath(new URL('../../src', import.meta.url));
const result = await build({
  stdin: {
    contents: `
      export { treeOf, visible, gravest, openAt, countHouses } from './views/live/scope/tree';
      export { isOf } from './views/live/listing';
      export { learnFound, nameOf } from './views/live/directory';
      export { Incidents, isOver } from './live/incidents';
      export { rowsOf, between } from './views/live/boards/groups';
      export { shaftOf } from './views/live/boards/shaft';
      export { startOfDay } from './views/live/boards/day';
      export { changeOf } from './views/live/boards/today';
      export { byNeed, pageOf, pageOfNew, pinned } from './views/live/wall/pages';
      export { tilesOf, tilesToShow } from './views/live/wall/tiles';
      export { usedOf } from './views/live/wall/used';
      export { standing } from './views/live/wall/signedIn';
      export { makeSoon } from './live/soon';
      export { Store, placeOf } from './live/store';
      export { newestReport } from './views/live/boards/reading';
      export { setChildren } from './views/live/parts/dom';
      export { act } from './views/live/parts/deeds';
      export { endsDanger } from './live/incidents';
      export { formatTime, formatFull } from './format/words';
      export { time } from './format/format';
      export { today } from './live/today';
      export { zoneOf } from './live/names';
      export { Watch, tagOf } from './views/live/alarm/news';
      export { unanswered } from './views/live/alarm/unanswered';
      export { parseQuery, formatQuery } from './views/live/parts/route';
    `,
    resolveDir: src, loader: 'ts',
  },
  bundle: true, write: false, format: 'esm', platform: 'browser', logLevel: 'error',
  define: { 'import.meta.glob': 'noFiles', __VUE_OPTIONS_API__: 'true', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' },
  banner: { js: "const noFiles = () => ({}); globalThis.window ??= globalThis; globalThis.matchMedia ??= () => ({ matches: false, addEventListener() {} }); Object.defineProperty(globalThis, 'navigator', { value: { languages: ['en'], userAgent: 'Node.js' }, configurable: true });" },
});
const live = await import('data:text/javascript;base64,' + Buffer.from(result.outputFiles[0].text).toString('base64'));

const incident = (more) => ({ id: Math.random().toString(), severity: 'warning', state: 'firing', version: 1, count: 1, started_at: '', received_at: '', ...more });
const danger = (device, more) => ({ event: { device, kind: 'entrapment', ts: 1, attrs: {} }, latest: 1, reports: 1, arrived: 0, ...more });

function known(more = {}) {
  return {
    groups: [
      { region: 'north', project: 'harbour', class: 'meter', devices: 10, online: 7, offline: 2, rate: 1 },
      { region: 'north', project: 'harbour', class: 'elevator', devices: 2, online: 2, offline: 0, rate: 1 },
      { region: 'south', project: 'garden', class: 'fire', devices: 5, online: 4, offline: 1, rate: 1 },
    ],
    incidents: new live.Incidents(), dangers: [], places: [{ id: 'south', name: '南部', projects: [{ id: 'garden', name: '花园' }] }],
    regionName: (id) => id, projectName: (_, id) => id, houses: (_, project) => (project === 'harbour' ? [{ id: 'b1', name: '1号楼', count: { devices: 3, offline: 1 } }, { id: 'b2', name: '2号楼' }] : []),
    ...more,
  };
}

test('the tree counts devices and what is open at each place', () => {
  const of = known();
  of.incidents.put(incident({ region: 'north', project: 'harbour', building: 'b1', severity: 'critical' }));
  of.incidents.put(incident({ region: 'north', project: 'harbour', severity: 'warning', silenced: true }));
  of.incidents.put(incident({ severity: 'info' })); // of the company
  of.dangers = [danger('south/garden/fire/p'), danger('north/harbour/elevator/l')];
  of.houseOf = (path) => (path.endsWith('/l') ? 'b1' : undefined);
  const nodes = live.treeOf(of, 'HQ');
  assert.deepEqual([nodes.get('').devices, nodes.get('').offline], [17, 3]);
  assert.equal(nodes.get('south/garden').name, '花园');
  assert.deepEqual(nodes.get('').open, { life_safety: 2, critical: 1, warning: 0, info: 1 });
  assert.deepEqual(nodes.get('north/harbour/b1').open, { life_safety: 1, critical: 1, warning: 0, info: 0 }, 'a danger is counted in its building');
  assert.deepEqual([nodes.get('north/harbour/b1').offline, nodes.get('north/harbour/b1').counted], [1, true]);
  assert.deepEqual([live.gravest(nodes.get('north/harbour/b2')), nodes.get('north/harbour/b2').counted], [undefined, false], 'not counted is not calm');
  assert.equal(live.gravest(nodes.get('south')), 'life_safety');
  assert.equal(live.openAt(nodes.get('north')), 2);
  assert.deepEqual(live.visible(nodes, new Set(['', 'north'])).map((node) => node.key), ['', 'south', 'north', 'north/harbour']);
  assert.deepEqual(live.visible(nodes, new Set(['north', 'north/harbour'])).map((node) => node.key), [''], 'what is in a folded place is not seen');
});

test('the devices of buildings are counted where they are known', () => {
  const device = (path, connection) => ({ ...live.placeOf(path), connection });
  const devices = [device('n/h/meter/a', 'offline'), device('n/h/meter/b', 'online'), device('n/h/meter/c', 'offline'), device('n/g/meter/a', 'offline')];
  const counts = live.countHouses(devices, ({ path }) => ({ 'n/h/meter/a': 'b1', 'n/h/meter/b': 'b1', 'n/g/meter/a': 'b1' })[path]);
  assert.deepEqual([...counts], [['n/h/b1', { devices: 2, offline: 1 }], ['n/g/b1', { devices: 1, offline: 1 }]]);
});

test('what was told of one place is not taken for another', () => {
  const store = new live.Store();
  const at = (region, project = '', kind = '') => ({ region, project, class: kind });
  assert.equal(store.tells(at('')), false, 'nothing was told yet');
  const snapshot = (scope, omitted = false) => store.apply({ type: 'snapshot', seq: 1, now: 1, scope: { device: '', ...scope }, omitted, limits: { events: 1, rejected: 1 } });
  snapshot(at('north', 'harbour'));
  assert.deepEqual([at('north', 'harbour'), at('north', 'harbour', 'meter'), at('north'), at('south', 'garden'), at('')].map((of) => store.tells(of)), [true, true, false, false, false]);
  snapshot(at(''));
  assert.ok(store.tells(at('south', 'garden')), 'every device of everything is known');
  snapshot(at(''), true);
  assert.deepEqual([at(''), at('south')].map((of) => store.tells(of)), [true, false], 'too many to be told singly');
  const of = live.placeOf('north/harbour/meter/m');
  assert.deepEqual([live.isOf(of, '', '', ''), live.isOf(of, 'north', 'harbour', 'meter'), live.isOf(of, 'south', '', ''), live.isOf(of, 'north', 'lake', ''), live.isOf(of, '', '', 'fire')], [true, true, false, false, false]);
});

test('what is out of service is taken out, and its group with the last of it', () => {
  const store = new live.Store();
  const group = (devices) => ({ region: 'n', project: 'h', class: 'meter', devices, online: 0, offline: 0, rate: 0 });
  const device = (id) => ({ device: `n/h/meter/${id}`, connection: 'online', since: 1, seen: 1, values: {} });
  store.apply({ type: 'snapshot', seq: 1, now: 1, scope: { region: '', project: '', class: '', device: '' }, omitted: false, limits: { events: 1, rejected: 1 }, devices: [device('a'), device('b')], groups: [group(2)] });
  store.takeChanges();
  store.apply({ type: 'delta', seq: 2, now: 2, devices: [device('a')], gone: ['n/h/meter/a'], groups: [group(1)] });
  assert.deepEqual([[...store.devices.keys()], store.takeChanges().list], [['n/h/meter/b'], true]);
  store.apply({ type: 'delta', seq: 3, now: 3, gone: ['n/h/meter/b'], groups: [group(0)] });
  assert.deepEqual([store.devices.size, store.groups.size], [0, 0]);
});

test('names are asked for by each word that is searched for, and once', async () => {
  const asked = [];
  const fetch = globalThis.fetch;
  globalThis.fetch = async (address) => {
    const url = new URL(address, 'http://x');
    asked.push(`${url.searchParams.get('search')} ${url.searchParams.get('region') ?? ''}`);
    return new Response(JSON.stringify({ items: [{ region: 'n', project: 'h', class: 'elevator', id: 'l1', name: '1号梯' }] }), { status: 200 });
  };
  try {
    const lift = live.placeOf('n/h/elevator/l1');
    assert.equal(live.nameOf(lift), 'l1');
    live.learnFound('', '1号梯 H a');
    live.learnFound('', '1号梯');
    await new Promise((done) => setTimeout(done, 10));
    assert.deepEqual(asked, ['1号梯 '], 'a letter is in every name');
    assert.equal(live.nameOf(lift), '1号梯');
  } finally {
    globalThis.fetch = fetch;
  }
});

test('a board finds the rows in view', () => {
  const cards = (n) => Array.from({ length: n }, (_, i) => ({ device: { path: String(i) } }));
  const rows = live.rowsOf([{ key: 'a', cards: cards(5) }, { key: 'b', cards: cards(1) }], 2, 100, 40);
  assert.deepEqual(rows.map((row) => row.top), [0, 40, 140, 240, 340, 380]);
  assert.deepEqual(rows.map((row) => row.cards?.length), [undefined, 2, 2, 1, undefined, 1]);
  assert.deepEqual(live.between(rows, 45, 150), [1, 3]);
  assert.deepEqual(live.between(rows, -500, 0), [0, 0]);
  assert.deepEqual(live.between(rows, 0, 1e9), [0, 6]);
  assert.deepEqual(live.between([], 0, 100), [0, 0]);
});

test('a shaft is as high as its car was seen to go', () => {
  assert.deepEqual(live.shaftOf('x', 3, 10), { lowest: 1, highest: 10, floors: 10, at: 2 / 9 });
  assert.equal(live.shaftOf('x', -2, 10).lowest, -2);
  assert.equal(live.shaftOf('x', 12, 10).at, 1);
  assert.equal(live.shaftOf('x', undefined, 10).at, 0);
  assert.equal(live.shaftOf('x', 1, 10).highest, 12, 'it does not shrink again');
  assert.equal(live.shaftOf('y', 2, 0).highest, 6, 'nothing is known of its building');
  assert.equal(live.shaftOf('y', 2, 4).highest, 4, 'now it is');
});

test('the day begins where the project is', () => {
  const at = Date.parse('2026-11-27T01:30:15.250Z');
  assert.equal(new Date(live.startOfDay(at, 'Asia/Shanghai')).toISOString(), '2026-11-26T16:00:00.000Z');
  assert.equal(new Date(live.startOfDay(at, 'UTC')).toISOString(), '2026-11-27T00:00:00.000Z');
  assert.equal(new Date(live.startOfDay(at, 'no/where')).toISOString(), '2026-11-26T16:00:00.000Z');
  // The clocks of Berlin were set back at three on this day.
  assert.equal(new Date(live.startOfDay(Date.parse('2026-10-25T12:00:00Z'), 'Europe/Berlin')).toISOString(), '2026-10-24T22:00:00.000Z');
});

test('weeks are compared only when both are known', () => {
  assert.ok(Math.abs(live.changeOf({ used: 11, hours: 4, used_then: 10, hours_then: 4 }) - 0.1) < 1e-9);
  assert.equal(live.changeOf({ used: 11, hours: 4, used_then: 10, hours_then: 3 }), undefined);
  assert.equal(live.changeOf({ used: 11, hours: 4, used_then: null, hours_then: 0 }), undefined);
  assert.equal(live.changeOf({ used: 11, hours: 4, used_then: 0, hours_then: 4 }), undefined);
  assert.equal(live.changeOf(undefined), undefined);
});

test('the wall turns its pages, and keeps in sight what endangers people', () => {
  assert.deepEqual(live.pageOf([1, 2, 3, 4, 5], 2, 5), { items: [5], page: 2, pages: 3 });
  assert.deepEqual(live.pageOf([], 2, 5), { items: [], page: 0, pages: 1 });
  assert.deepEqual(live.pinned(['!'], [1, 2, 3], 3, 1), { items: ['!', 3], page: 1, pages: 2 });
  assert.deepEqual(live.pinned(['!', '!!', '!!!'], [1], 2, 1), { items: ['!!!', 1], page: 1, pages: 2 });
});

test('the wall has what moves, burns and opens at its place, what is in trouble first, and does not say where a silent one is', () => {
  const store = new live.Store();
  const lift = (path, connection, numbers, mode = 'normal') => ({
    device: path, connection, since: 1, seen: 1, values: Object.fromEntries([...Object.entries(numbers), ['mode', mode]].map(([name, value]) => [name, [value, 1, 1]])),
  });
  store.apply({
    type: 'snapshot', seq: 1, now: 1, scope: { region: '', project: '', class: '', device: '' }, omitted: false, limits: { events: 1, rejected: 1 },
    devices: [
      lift('north/harbour/elevator/a', 'online', { floor: 7, direction: 1, passenger: 1, door_open: 0 }), lift('north/harbour/elevator/b', 'online', { floor: 2, direction: 0 }, 'maintenance'),
      lift('north/harbour/elevator/c', 'offline', { floor: 5, direction: 2 }), lift('north/harbour/meter/m', 'online', {}), lift('north/harbour/access/g', 'online', {}), lift('north/harbour/fire/f', 'online', {}), lift('south/garden/elevator/d', 'online', { floor: 1 }),
    ],
  });
  const found = live.tilesOf(store, (region) => region === 'north');
  assert.deepEqual(found.map(({ device, condition, lift: of }) => [device.id, condition, of?.floor, of?.way, of?.passenger]), [
    ['b', 'maintenance', 2, 'still', undefined], ['c', 'offline', undefined, 'still', undefined], ['a', 'well', 7, 'up', 1],
    ['f', 'well', undefined, undefined, undefined], ['g', 'well', undefined, undefined, undefined],
  ]);
  assert.equal(live.tilesToShow(found, 5).length, 5);
  assert.deepEqual(live.tilesToShow(found, 4).map(({ device }) => device.id), ['b', 'c'], 'of too many only those in trouble');
  assert.deepEqual(live.tilesToShow(found, 1).map(({ device }) => device.id), ['b']);
});

test('the wall holds today against the same hours a week before', () => {
  const step = (day, hour, use, known = 12) => ({ at: `${day}T${String(hour).padStart(2, '0')}`, use, cost: null, coverage: known / 12, estimated: 0, hours: known, expected_hours: 12 });
  const item = (day, uses) => ({ meters: 12, area_m2: null, total: {}, steps: uses.map((use, hour) => step(day, hour, use)) });
  const today = item('2026-11-28', [10, 12, null]);
  const { use, until, against } = live.usedOf(today, item('2026-11-21', [10, 10, 500, 500]));
  assert.equal(use, 22);
  assert.equal(until, 2, 'the hour that is not counted yet is not of it');
  assert.ok(Math.abs(against.change - 0.1) < 1e-9);
  const holes = { ...item('2026-11-21', []), steps: [step('2026-11-21', 0, 5, 6), step('2026-11-21', 1, 5, 6)] };
  assert.equal(live.usedOf(today, holes).against.why, 'coverage');
  assert.equal(live.usedOf(today, undefined).against.why, 'nothing');
  assert.equal(live.usedOf(item('2026-11-28', [null]), today), undefined);
  assert.equal(live.usedOf(undefined, today), undefined);
});

test('on the wall the newest danger that nobody has answered is first, and turned to', () => {
  const grave = (id, minute, state = 'firing') => incident({ id, severity: 'life_safety', state, started_at: `2026-11-27T10:0${minute}:00Z` });
  const old = [grave('a', 1), grave('b', 2, 'dispatched'), grave('c', 3)];
  assert.deepEqual(live.byNeed(old).map((one) => one.id), ['c', 'a', 'b']);
  const seen = new Set(['a', 'c']);
  const now = live.byNeed([...old, grave('d', 4)]).filter((one) => one.state === 'firing');
  assert.equal(live.pageOfNew(now, seen, 2), 0);
  // What happened earlier and is heard of only now stands behind, and its page is turned to.
  const late = live.byNeed([...old, grave('d', 0)]).filter((one) => one.state === 'firing');
  assert.equal(live.pageOfNew(late, seen, 2), 1);
  assert.equal(live.pageOfNew(late, new Set(['a', 'c', 'd']), 2), undefined, 'nothing is new');
  assert.equal(live.pageOfNew(late, seen, 5), 0, 'all are in sight on every page');
});

test('the wall says before its sign-in ends that it does, and after that it has', () => {
  const now = Date.parse('2026-11-27T10:00:00Z');
  const hours = (n) => now + n * 3600_000;
  assert.deepEqual([20, 11, 0.5, -1].map((n) => live.standing(false, hours(n), now)), ['well', 'soon', 'last', 'last']);
  assert.equal(live.standing(true, hours(20), now), 'over', 'somebody ended it');
  assert.equal(live.standing(false, NaN, now), 'well');
});

test('a page that is hidden is told at once, and what waits for a frame when it is hidden', async (t) => {
  const frames = [];
  const listeners = [];
  globalThis.document = { hidden: true, addEventListener: (_, listener) => listeners.push(listener) };
  globalThis.requestAnimationFrame = (then) => frames.push(then);
  globalThis.cancelAnimationFrame = (n) => delete frames[n - 1];
  t.mock.timers.enable({ apis: ['setTimeout'] });
  try {
    let told = 0;
    const soon = live.makeSoon(() => told++);
    soon();
    soon();
    assert.equal(told, 0, 'not before the message is taken as a whole');
    await Promise.resolve();
    assert.deepEqual([told, frames.length], [1, 0]);
    document.hidden = false;
    soon();
    document.hidden = true;
    for (const listener of listeners) listener();
    assert.equal(told, 2, 'no frame comes any more');
    document.hidden = false;
    soon();
    frames.at(-1)();
    assert.equal(told, 3);
    soon();
    t.mock.timers.tick(500);
    assert.equal(told, 4, 'a window under others has no frames');
    t.mock.timers.tick(5000);
    assert.equal(told, 4);
  } finally {
    for (const name of ['document', 'requestAnimationFrame', 'cancelAnimationFrame']) delete globalThis[name];
  }
});

test('what is new is told: incidents, dangers without one, and what is reported again', () => {
  const incidents = new live.Incidents();
  const store = { ready: true, scope: { region: '' }, incidents, dangers: new Map() };
  const watch = new live.Watch();
  const look = (within) => {
    const { incidents: fresh, dangers, repeated } = watch.look(store, within);
    return [fresh.map((one) => one.id), dangers.map((one) => one.event.device), repeated.map((one) => one.id ?? one.event.device)];
  };
  incidents.cursor = 0;
  const fire = incident({ id: 'fire', severity: 'life_safety', region: 'n', project: 'h', class: 'fire', device: 'p' });
  incidents.put(fire);
  assert.deepEqual(look(), [[], [], []], 'what was there is not new');
  store.dangers.set('n/h/elevator/l', danger('n/h/elevator/l'));
  assert.deepEqual(look(), [[], ['n/h/elevator/l'], []]);
  assert.deepEqual(look(), [[], [], []], 'it is told once');
  const stuck = incident({ id: 'stuck', kind: 'entrapment', severity: 'life_safety', region: 'n', project: 'h', class: 'elevator', device: 'l' });
  assert.equal(live.tagOf(stuck), live.tagOf(danger('n/h/elevator/l')), 'the incident takes the place of the report');
  incidents.put(stuck);
  assert.deepEqual(look(), [['stuck'], [], []]);
  // Another zone of the panel, after somebody went there because of the first.
  incidents.put({ ...fire, state: 'dispatched', version: 2 });
  look();
  incidents.put({ ...fire, state: 'dispatched', version: 3, count: 2 });
  assert.deepEqual(look(), [[], [], ['fire']]);
  // The wall of one project is silent for the others.
  incidents.put({ ...fire, state: 'dispatched', version: 4, count: 3 });
  store.dangers.set('s/g/fire/x', danger('s/g/fire/x'));
  incidents.put(incident({ id: 'other', severity: 'life_safety', region: 's', project: 'g' }));
  assert.deepEqual(look((region) => region === 'w'), [[], [], []]);
  assert.equal(live.unanswered(store, (region) => region === 'w'), 0);
  assert.ok(live.unanswered(store) > 0);
  // Of another place dangers are heard of, and not new.
  store.scope = { region: 's' };
  store.dangers.set('s/g/fire/y', danger('s/g/fire/y'));
  assert.deepEqual(look(), [[], [], []]);
});

test('a storm of incidents is counted and sorted without blocking the page', () => {
  const incidents = new live.Incidents();
  let parsed = 0;
  const parse = Date.parse;
  Date.parse = (text) => (parsed++, parse(text));
  try {
    for (let i = 0; i < 5000; i++) {
      incidents.put(incident({
        id: `i${i}`, severity: i % 2 ? 'warning' : 'critical', started_at: '2026-11-27T10:00:00Z',
        clocks: [{ state: 'running', started_at: '2026-11-27T10:00:00Z', deadline: `2026-11-27T1${i % 10}:30:00Z` }],
      }));
    }
    const now = parse('2026-11-27T12:00:00Z');
    assert.equal(incidents.over(now), 1000);
    parsed = 0;
    for (let i = 0; i < 10; i++) incidents.over(now);
    assert.deepEqual([incidents.others()[0].severity, incidents.others().at(-1).severity], ['critical', 'warning']);
    assert.equal(parsed, 0, 'what an incident is sorted by is worked out once');
  } finally {
    Date.parse = parse;
  }
  const late = incident({ clocks: [{ state: 'paused', started_at: 'x', deadline: '2026-11-27T10:00:00Z' }, { state: 'running', started_at: 'x', deadline: '2026-11-27T11:00:00Z' }] });
  assert.deepEqual(['10:30', '11:30'].map((time) => live.isOver(late, Date.parse(`2026-11-27T${time}:00Z`))), [false, true]);
});

test('the alarm is for danger that nobody has answered', () => {
  const incidents = new live.Incidents();
  const store = { incidents, dangers: new Map() };
  const stuck = incident({ id: 'a', severity: 'life_safety', region: 'n', project: 'h', class: 'elevator', device: 'l' });
  incidents.put(stuck);
  incidents.put(incident({ severity: 'critical' }));
  assert.equal(live.unanswered(store), 1);
  store.dangers.set('n/h/elevator/l', danger('n/h/elevator/l'));
  assert.equal(live.unanswered(store), 1, 'its incident stands for it');
  store.dangers.set('n/h/fire/f', danger('n/h/fire/f'));
  assert.equal(live.unanswered(store), 2);
  store.dangers.set('n/h/fire/f', danger('n/h/fire/f', { arrived: 5 }));
  incidents.put({ ...stuck, state: 'acknowledged', version: 2 });
  assert.equal(live.unanswered(store), 0);
});

test('what is wanted of an incident is done once, however often it is pressed', async () => {
  const sent = [];
  let works = false;
  const fetch = globalThis.fetch;
  globalThis.fetch = async (_, { headers, body }) => {
    sent.push([headers['Idempotency-Key'], JSON.parse(body)]);
    if (!works) throw new TypeError('no network');
    return new Response(JSON.stringify({ id: 'i' }), { status: 200 });
  };
  try {
    const page = { store: { putIncident() {} }, schedule() {} };
    const of = incident({ id: 'i', version: 7 });
    assert.notEqual(await live.act(page, of, 'note', 'on my way'), '');
    works = true;
    assert.equal(await live.act(page, of, 'note', 'on my way'), '');
    assert.equal(await live.act(page, of, 'note', 'on my way'), '');
    await live.act(page, of, 'resolve', '');
    const [first, second, third, last] = sent;
    assert.match(first[0], /^[0-9a-f]{32}$/);
    assert.equal(second[0], first[0], 'pressed again after a failure');
    assert.notEqual(third[0], first[0], 'the same words once more are another note');
    assert.deepEqual(last[1], { deed: 'resolve', version: 7 });
  } finally {
    globalThis.fetch = fetch;
  }
  const stuck = incident({ severity: 'life_safety' });
  assert.ok(live.endsDanger(stuck, 'resolve'));
  assert.ok(!live.endsDanger({ ...stuck, cleared_at: 'x' }, 'resolve'));
  assert.ok(!live.endsDanger(stuck, 'note'));
});

test('a fire tile tells of the zone that was reported last', () => {
  const store = new live.Store();
  const report = (zone, ts, more) => ({ device: 'n/h/fire/p', kind: 'fire_alarm', id: `${zone}`, severity: 'life_safety', ts, received: ts, attrs: { zone }, ...more });
  store.events.set('life_safety', [report(9, 5), report(1, 10), report(2, 20), report(3, 30, { device: 'n/h/fire/q' }), report(4, 40, { kind: 'cleared' })]);
  const of = (event) => live.newestReport(store, { event, latest: 1, reports: 1, arrived: 0 }).attrs.zone;
  assert.equal(of(report(1, 10)), 2);
  assert.equal(of(report(7, 50)), 7, 'what is not among the events any more stands for itself');
});

test('children that stay are not moved when others go or come', () => {
  const moved = [];
  const list = [];
  const parent = { get firstChild() { return list[0] ?? null; }, insertBefore(child, before) {
    moved.push(child.name);
    if (list.includes(child)) child.remove();
    list.splice(before ? list.indexOf(before) : list.length, 0, child);
  } };
  const make = (name) => ({ name, get nextSibling() { return list[list.indexOf(this) + 1] ?? null; }, remove() { list.splice(list.indexOf(this), 1); } });
  const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map(make);
  const set = (...children) => {
    moved.length = 0;
    live.setChildren(parent, children);
    assert.deepEqual(list, children);
    return moved.join('');
  };
  assert.equal(set(a, b, c), 'abc');
  assert.equal(set(b, c), '', 'the keyboard stays in b');
  assert.equal(set(d, b, e), 'de');
  assert.equal(set(b, d), 'b');
  assert.equal(set(), '');
});

test('a reset says that timelines may lack something', () => {
  const store = new live.Store();
  const message = { type: 'incidents', cursor: 1, view: '', now: 1, reset: false, partial: false, incidents: [] };
  store.applyIncidents(message);
  assert.equal(store.takeChanges().gap, false);
  store.applyIncidents({ ...message, reset: true });
  store.applyIncidents(message);
  assert.equal(store.takeChanges().gap, true);
  assert.equal(store.takeChanges().gap, false);
});

test('times are those of the project, and yesterday has a date', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.parse('2026-11-27T15:59:00Z') }); // a minute before midnight in Shanghai
  const at = Date.parse('2026-11-27T15:58:30Z');
  const zone = live.zoneOf('north', 'harbour');
  assert.equal(live.formatTime(at, zone), '23:58:30');
  assert.equal(live.formatTime(at, 'UTC'), '15:58:30');
  assert.match(live.formatFull(at, zone), /23:58:30\.000 .*GMT\+8/);
  t.mock.timers.setTime(Date.parse('2026-11-27T16:01:00Z'));
  assert.match(live.formatTime(at, zone), /27.*23:58:30/);
  assert.equal(live.formatTime(at, 'UTC'), '15:58:30', 'it is still the day there');
  assert.match(live.time(at, zone), /27.*23:58$/);
  assert.doesNotMatch(live.time(at, zone), /2026/);
  t.mock.timers.setTime(Date.parse('2026-12-31T16:01:00Z')); // a minute of the new year there
  assert.match(live.time(at, zone), /2026.*23:58$/);
  assert.match(live.formatTime(at, zone), /2026.*23:58:30$/);
  assert.doesNotMatch(live.time(at, 'UTC'), /2026/, 'it is still the year there');
});

test('a building goes with its project', () => {
  const route = live.parseQuery({ at: 'north/harbour', building: 'north/harbour/b1', only: 'trouble', as: 'list', q: 'x' });
  assert.equal(route.building, 'north/harbour/b1');
  assert.deepEqual(live.formatQuery({ ...route, region: 'south', project: 'garden' }), { at: 'south/garden', q: 'x', only: 'trouble', as: 'list' });
  assert.equal(live.parseQuery({ at: 'north/lake', building: 'north/harbour/b1' }).building, '');
  assert.equal(live.parseQuery({ only: 'all', as: 'x' }).only, '');
});
