// Devices, in a real browser against a whole Steward with history: found by filters that
// are in the address, read down to raw readings, entered, changed, approved and brought
// in by a table.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { close, launch, open, quit, url } from '../driver.mjs';
import { administrator, newcomer } from '../people.mjs';

before(launch);
after(quit);

const person = process.env.STEWARD_PERSON ?? 'admin';
const unique = `t${Date.now().toString(36)}`;
const rows = (page) => page.locator('.table-row');
const view = (page, name) => page.locator(`[data-test=${name}]`);

/** Opens a page, runs the scene, and fails when the page logged an error that was not expected. */
async function scene(options, act, expected = /^$/) {
  const page = await open({ person, ...options });
  page.setDefaultTimeout(30_000);
  try {
    await act(page);
    assert.deepEqual(page.errors.filter((text) => !expected.test(text)), []);
  } finally {
    await close(page);
  }
}

/** Asks the API as the page's person would. */
const ask = (page, path) => page.evaluate(async (to) => (await fetch(`/api/v1${to}`)).json(), path);
/** Changes something by the API, to leave things as they were. */
const tell = (page, method, path, body, type = 'application/json') => page.evaluate(async ([m, p, b, contentType]) => {
  const { csrf } = await (await fetch('/api/v1/session')).json();
  const seen = m === 'GET' ? undefined : await fetch(`/api/v1${p.replace(/\/(retire|approve|refuse)$/, '')}`);
  const headers = { 'Content-Type': contentType, 'X-Steward-CSRF': csrf, ...(seen?.headers.get('ETag') ? { 'If-Match': seen.headers.get('ETag') } : {}) };
  return (await fetch(`/api/v1${p}`, { method: m, headers, body: typeof b === 'string' ? b : JSON.stringify(b) })).status;
}, [method, path, body, type]);

/** A meter in service that measures power. */
async function someMeter(page) {
  const { items } = await ask(page, '/devices?class=meter&medium=electricity&state=active&limit=1');
  assert.ok(items.length > 0, 'no meter is in service');
  return items[0];
}
const pathOf = (device) => `${device.region}/${device.project}/${device.class}/${device.id}`;

test('devices are narrowed by filters that stay in the address, and Back takes one away', () =>
  scene({ path: '/devices' }, async (page) => {
    await rows(page).first().waitFor();
    await page.locator('[data-class=meter]').click();
    await page.waitForFunction(() => location.search.includes('class=meter'));
    const meters = (await ask(page, '/devices?class=meter&state=active&limit=1&total=true')).total;
    await page.waitForFunction((n) => document.querySelector('[data-test=count]')?.textContent.replace(/\D/g, '') === String(n), meters);
    const meter = await someMeter(page);
    await view(page, 'search').fill(meter.id);
    await page.locator(`[data-device="${pathOf(meter)}"]`).waitFor();
    await page.waitForFunction((id) => new URLSearchParams(location.search).get('search') === id, meter.id);
    await page.reload();
    await page.locator(`[data-device="${pathOf(meter)}"]`).waitFor();
    assert.equal(await view(page, 'search').inputValue(), meter.id);
    assert.equal(await page.locator('[data-class=meter]').getAttribute('aria-checked'), 'true');
    const file = await page.locator('[data-test=export-csv]').getAttribute('href');
    const text = await page.evaluate(async (href) => (await fetch(href)).text(), file);
    assert.match(text.split('\n')[0], /region,project,class,id/);
    const { total } = await ask(page, `/devices?class=meter&state=active&search=${meter.id}&limit=1&total=true`);
    assert.equal(text.trim().split('\n').length, total + 1, 'the file has just what the list has');
    await page.goBack();
    await page.waitForFunction(() => !location.search.includes('class=meter'));
  }));

test('whether devices are online narrows the list, too', () =>
  scene({ path: '/devices?connection=online' }, async (page) => {
    await rows(page).first().waitFor();
    const states = await page.locator('.table-row .devices-connection').evaluateAll((marks) => [...new Set(marks.map((mark) => mark.dataset.state))]);
    assert.deepEqual(states, ['online']);
  }));

test('the list goes on as one scrolls, by keyboard, and Enter opens a device', () =>
  scene({ path: '/devices' }, async (page) => {
    await rows(page).first().focus();
    await page.keyboard.press('End');
    await page.waitForFunction(() => Number(document.activeElement?.dataset.index) > 20);
    assert.ok((await rows(page).count()) < 80, 'only the rows in view exist');
    await page.keyboard.press('Enter');
    await view(page, 'device-view').waitFor();
    assert.match(page.url(), /\/devices\/[^/]+\/[^/]+\/(meter|elevator|fire|access)\/[^/?]+/);
  }));

test('a device shows its values, and a chart goes down to raw readings', () =>
  scene({ path: '/devices' }, async (page) => {
    const meter = await someMeter(page);
    await page.goto(`${url}/devices/${pathOf(meter)}`);
    await page.locator('[data-test=values] [data-metric=power_kw]').click();
    await page.locator('[data-test=resolution][data-resolution]').waitFor();
    assert.match(page.url(), /\/readings\?.*metric=power_kw/);
    const chart = page.locator('[data-metric=power_kw]');
    await chart.locator('canvas').first().waitFor();
    await page.locator('[data-span="30d"]').click();
    await page.locator('[data-test=resolution]:not([data-resolution=raw])').waitFor();
    for (let i = 0; i < 14 && !(await page.locator('[data-test=resolution][data-resolution=raw]').count()); i++) {
      const before = page.url();
      const answered = page.waitForResponse((answer) => answer.url().includes('/api/v1/readings?') && answer.ok());
      await view(page, 'zoom-in').click();
      await page.waitForFunction((old) => location.href !== old, before);
      await answered; // what is shown is of this zoom, and not of the one before
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    }
    await page.locator('[data-test=resolution][data-resolution=raw]').waitFor();
    const { from, to } = Object.fromEntries(new URL(page.url()).searchParams);
    assert.ok(Date.parse(from) < Date.parse(to), 'the zoom is in the address');
    await page.reload();
    await page.locator('[data-test=resolution][data-resolution=raw]').waitFor();
    await page.goBack();
    await page.waitForFunction((old) => new URLSearchParams(location.search).get('from') !== old, from);
  }));

test('what a meter used is what the API says, by day and by hour of a day', () =>
  scene({ path: '/devices' }, async (page) => {
    const meter = await someMeter(page);
    await page.goto(`${url}/devices/${pathOf(meter)}/consumption`);
    const sum = view(page, 'sum');
    await sum.or(page.locator('.state-note[data-state=empty]')).first().waitFor();
    const zone = (await ask(page, `/projects/${meter.region}/${meter.project}`)).time_zone || 'Asia/Shanghai';
    const today = new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(Date.now());
    const from = new Date(Date.parse(today) - 30 * 86_400_000).toISOString().slice(0, 10);
    const { items } = await ask(page, `/consumption?region=${meter.region}&project=${meter.project}&class=meter&device=${meter.id}&metric=energy_kwh&by=day&from=${from}T00:00:00Z&to=${today}T00:00:00Z`);
    if (items.length === 0) return; // the analysis has not run: the page says so
    const want = items.reduce((all, row) => all + (row.value ?? 0), 0);
    assert.ok(Math.abs(Number(await sum.getAttribute('data-sum')) - want) < 1e-6 * Math.max(1, want));
    const shownSum = await sum.innerText();
    const day = items.find((row) => row.value !== null).day;
    await page.locator('input[type=date]').fill(day);
    await page.waitForFunction((one) => location.search.includes(`day=${one}`), day);
    await view(page, 'day').waitFor();
    await page.getByRole('button', { name: 'Show as a table' }).or(page.locator('.chart-head .link')).first().click();
    await page.locator('.chart-table tbody tr').nth(20).waitFor();
    await page.goto(`${url}/devices/${pathOf(meter)}`);
    assert.equal(await view(page, 'used').locator('dd').nth(2).innerText(), shownSum, 'thirty days are the same thirty days');
  }));

test('what is filled in is not lost with a click', () =>
  scene({ path: '/devices/new' }, async (page) => {
    const answer = (yes) => new Promise((done) => page.once('dialog', (dialog) => done(yes ? dialog.accept() : dialog.dismiss())));
    await page.locator('[data-field=name]').fill('Half a meter');
    const kept = answer(false);
    await page.locator('.devices-submit a').click();
    await kept;
    assert.equal(await page.locator('[data-field=name]').inputValue(), 'Half a meter');
    const left = answer(true);
    await page.locator('.devices-submit a').click();
    await left;
    await view(page, 'devices-view').waitFor();
  }));

test('a device is entered, changed with what is wrong beside its field, and retired', () =>
  scene({ path: '/devices/new' }, async (page) => {
    const meter = await someMeter(page);
    const path = `${meter.region}/${meter.project}/meter/${unique}`;
    await page.locator('[data-field=project]').selectOption(`${meter.region}/${meter.project}`);
    await page.locator('[data-field=id]').fill(unique);
    await page.locator('[data-field=name]').fill('Meter of a test');
    await page.locator('[data-field=parent_meter]').fill('nothing-of-the-kind');
    await view(page, 'save').click();
    await page.locator('.devices-field[data-wrong]', { has: page.locator('[data-field=parent_meter]') }).waitFor();
    await page.locator('[data-field=parent_meter]').fill('');
    await view(page, 'save').click();
    await view(page, 'device-view').waitFor();
    assert.equal((await ask(page, `/devices/${path}`)).name, 'Meter of a test');

    await view(page, 'edit').click();
    await page.locator('[data-field=multiplier]').fill('40');
    // Somebody else is faster.
    assert.equal(await tell(page, 'PATCH', `/devices/${path}`, JSON.stringify({ location: 'B2' }), 'application/merge-patch+json'), 200);
    await view(page, 'save').click();
    await view(page, 'problem').getByRole('button').click();
    await page.waitForFunction(() => document.querySelector('[data-field=location]').value === 'B2');
    assert.equal(await page.locator('[data-field=multiplier]').inputValue(), '40');
    await view(page, 'save').click();
    await view(page, 'device-view').waitFor();
    const changed = await ask(page, `/devices/${path}`);
    assert.deepEqual([changed.multiplier, changed.location], [40, 'B2']);

    await page.locator('.devices-tabs [data-tab=history]').click();
    await page.locator('[data-test=history] li').nth(2).waitFor();
    await page.locator('[data-test=history]').getByText('B2').first().waitFor();

    await page.locator('.devices-tabs [data-tab=corrections]').click();
    await view(page, 'add-correction').click();
    await page.locator('[data-field=old]').fill('48211.7');
    await page.locator('[data-field=new]').fill('0.4');
    await page.locator('[data-field=note]').fill('exchanged');
    await view(page, 'save-correction').click();
    await page.locator('[data-test=corrections] [data-correction]').waitFor();
    page.once('dialog', (dialog) => void dialog.accept());
    await view(page, 'withdraw').click();
    await page.waitForFunction(() => !document.querySelector('[data-test=corrections]'));

    await page.locator('.devices-tabs [data-tab=overview]').click();
    await view(page, 'replace').click();
    await page.locator('[data-field=id]').fill('B01 新表');
    await view(page, 'replace-now').click();
    await page.locator('.devices-field[data-wrong]', { has: page.locator('[data-field=id]') }).getByText('Small letters').waitFor();
    await page.locator('[data-field=id]').fill(`${unique}-b`);
    await page.locator('[data-field=final]').fill('100');
    await page.locator('[data-field=serial]').fill('S-1');
    await view(page, 'replace-now').click();
    await page.waitForFunction((id) => location.pathname.endsWith(`/${id}`), `${unique}-b`);
    const fresh = await ask(page, `/devices/${path}-b`);
    assert.deepEqual([fresh.replaces, fresh.multiplier, fresh.location, fresh.serial], [`meter/${unique}`, 40, 'B2', 'S-1']);
    // What the old one counted after its last reading is counted.
    const { items: [removed] } = await ask(page, `/devices/${path}/corrections`);
    assert.deepEqual([removed.kind, removed.metric, removed.old], ['removed', 'energy_kwh', 100]);
    await view(page, 'retire').click();
    await view(page, 'retire-now').click();
    await page.locator('[data-test=state][data-state=retired]').waitFor();
  }, /status of (412|422)/));

test('a table is checked row by row before it is brought in', () =>
  scene({ path: '/devices/import' }, async (page) => {
    const meter = await someMeter(page);
    const at = `${meter.region},${meter.project}`;
    const put = (text) => view(page, 'file').setInputFiles({ name: 'devices.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
    await view(page, 'file').setInputFiles({ name: 'devices.xlsx', mimeType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', buffer: Buffer.from('not a workbook') });
    await page.locator('.devices-problem', { hasText: 'not an Excel file' }).waitFor();
    assert.equal(await view(page, 'report').count(), 0);
    await put(`region,project,class,id,name\n${at},fire,${unique}-f,Detector\n${at},boiler,${unique}-x,Boiler\n`);
    await view(page, 'problems').getByText('3', { exact: true }).waitFor();
    assert.equal(await view(page, 'import-now').count(), 0, 'what is wrong is not brought in');
    await put(`region,project,class,id,name\n${at},fire,${unique}-f,Detector\n`);
    await page.locator('[data-test=changes] tbody tr').waitFor();
    assert.match(await view(page, 'changes').innerText(), new RegExp(`${unique}-f`));
    assert.equal((await ask(page, `/devices/${meter.region}/${meter.project}/fire/${unique}-f`)).status, 404, 'a check writes nothing');
    await view(page, 'import-now').click();
    await page.locator('[data-test=report][data-dry=false]').waitFor();
    assert.equal((await ask(page, `/devices/${meter.region}/${meter.project}/fire/${unique}-f`)).name, 'Detector');
    assert.equal(await tell(page, 'POST', `/devices/${meter.region}/${meter.project}/fire/${unique}-f/retire`, {}), 200);
  }, /status of (404|422)/));

test('devices wait for approval; rules let others in', () =>
  scene({ path: '/devices/pending' }, async (page) => {
    const { items, total } = await ask(page, '/devices?state=pending&limit=1&total=true&sort=-updated_at');
    if (total > 0) {
      const first = pathOf(items[0]);
      await page.locator(`[data-mark="${first}"]`).check();
      await view(page, 'refuse-marked').click();
      await view(page, 'said').waitFor();
      assert.equal((await ask(page, `/devices/${first}`)).state, 'refused');
      await page.locator('[data-show=refused]').click();
      await page.locator(`[data-approve="${first}"]`).click();
      await view(page, 'said').waitFor();
      assert.equal((await ask(page, `/devices/${first}`)).state, 'active');
    }
    await page.locator('[data-show=rules]').click();
    await view(page, 'add-rule').click();
    await page.locator('[data-field=pattern]').fill(`${unique}-no*`);
    await page.locator('[data-field=class]').selectOption('meter');
    await view(page, 'save-rule').click();
    const rule = page.locator('[data-rule]', { hasText: `${unique}-no*` });
    await rule.waitFor();
    page.once('dialog', (dialog) => void dialog.accept());
    await rule.locator('[data-test=remove-rule]').click();
    await rule.waitFor({ state: 'detached' });
  }));

test('a building is entered, changed and taken out of use', () =>
  scene({ path: '/devices/places/buildings' }, async (page) => {
    const meter = await someMeter(page);
    await view(page, 'add-place').click();
    await page.locator('[data-field=parent]').selectOption(`${meter.region}/${meter.project}`);
    await page.locator('[data-field=id]').fill(unique);
    await page.locator('[data-field=name]').fill('Building of a test');
    await page.locator('[data-field=floors]').fill('many');
    await view(page, 'save-place').click();
    await page.locator('.devices-field[data-wrong] [data-field=floors]').fill('12');
    await view(page, 'save-place').click();
    await page.locator('.el-dialog').waitFor({ state: 'hidden' });
    const path = `${meter.region}/${meter.project}/${unique}`;
    assert.equal((await ask(page, `/buildings/${path}`)).floors, 12);
    await page.goto(`${url}/devices/places/buildings?edit=${encodeURIComponent(path)}`);
    await view(page, 'retire-place').click();
    await view(page, 'retire-place-now').click();
    await page.locator('.el-dialog').waitFor({ state: 'hidden' });
    assert.equal((await ask(page, `/buildings/${path}`)).retired, true);
  }));

test('somebody of one project sees no device of another, by any link, and changes nothing', () =>
  scene({ path: '/devices' }, async (page) => {
    const meter = await someMeter(page);
    const { items: projects } = await ask(page, '/projects?limit=100');
    const other = projects.find((one) => one.id !== meter.project);
    if (!other) return;
    const somebody = await newcomer(await administrator(), 'viewer', { region: other.region, project: other.id });
    const theirs = await open({ person: somebody.login, secret: somebody.password, path: `/devices/${pathOf(meter)}` });
    try {
      await theirs.locator('.state-note[data-state=missing]').waitFor();
      assert.equal(await theirs.locator('.devices-tabs, .devices-signs').count(), 0, 'of what is not there nothing else is shown');
      await theirs.goto(`${url}/devices?search=${meter.id}`);
      await theirs.locator('.table-row, .state-note[data-state=filtered]').first().waitFor();
      assert.equal(await theirs.locator(`[data-device="${pathOf(meter)}"]`).count(), 0);
      assert.equal(await theirs.locator('[data-tab=devices-import]').count(), 0);
    } finally {
      await close(theirs);
    }
  }));
