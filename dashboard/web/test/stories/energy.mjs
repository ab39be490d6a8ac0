// Energy as people use it: links and filters, numbers that are the server's, waste that
// is dealt with, and what somebody of another project sees.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { close, launch, open, password, quit, url } from '../driver.mjs';

before(launch);
after(quit);

/** What the server answers to whoever has the page. */
const ask = (page, path) => page.evaluate(async (at) => {
  const answer = await fetch(`/api/v1${at}`);
  return answer.ok ? answer.json() : { status: answer.status };
}, path);

/** A change by way of the page's session. */
const send = (page, path, body) => page.evaluate(async ([at, sent]) => {
  const { csrf } = await (await fetch('/api/v1/session')).json();
  const answer = await fetch(`/api/v1${at}`, { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Steward-CSRF': csrf }, body: JSON.stringify(sent) });
  return { status: answer.status, body: await answer.json().catch(() => ({})) };
}, [path, body]);

async function scene(options, act) {
  const page = await open(options);
  page.setDefaultTimeout(40_000);
  try {
    await act(page);
    assert.deepEqual(page.errors.filter((text) => !/status of 40[34]/.test(text)), []);
  } finally {
    await close(page);
  }
}

/** A number as it stands on the page, such as "12,345.6 kWh". */
const numberIn = (text) => Number(/-?[\d,]*\.?\d+/.exec(text)?.[0].replaceAll(',', ''));
const near = (shown, told) => Math.abs(shown - told) <= Math.max(0.06, Math.abs(told) * 0.001);

test('use and cost: the numbers are the server\'s, and the period is in the address', () =>
  scene({ path: '/energy' }, async (page) => {
    const figures = page.locator('[data-test=energy-figures]');
    await figures.waitFor();
    await page.locator('[data-span=week]').click();
    await page.waitForURL(/span=week/);
    await page.locator('[data-test=earlier]').click();
    await page.waitForURL(/on=\d{4}-\d{2}-\d{2}/);
    const name = await page.locator('[data-test=period]').innerText();
    const from = new URL(page.url()).searchParams.get('on');
    const to = new Date(Date.parse(`${from}T00:00:00Z`) + 7 * 86_400_000).toISOString().slice(0, 10);
    const { items } = await ask(page, `/energy/use?medium=electricity&from=${from}&to=${to}&by=none`);
    await page.waitForFunction((want) => {
      const text = document.querySelector('[data-figure=use] .energy-value')?.textContent ?? '';
      return Math.abs(Number(/[\d,]*\.?\d+/.exec(text)?.[0].replaceAll(',', '')) - want) <= Math.max(0.06, want * 0.001);
    }, items[0].total.use);
    await page.reload();
    await figures.waitFor();
    assert.equal(await page.locator('[data-test=period]').innerText(), name, 'a link shows a colleague the same');
    await page.goBack();
    await page.waitForURL((at) => !at.searchParams.has('on') && at.searchParams.get('span') === 'week');
    await page.locator('.chart-head .link').first().click();
    await page.locator('.chart-table td').first().waitFor();
  }));

test('who uses most leads down: a project, its buildings, its meters', () =>
  scene({ path: '/energy' }, async (page) => {
    const rows = page.locator('[data-test=energy-top] tbody tr');
    await rows.first().waitFor();
    await rows.first().locator('.row-link').click();
    await page.waitForURL(/at=/);
    await page.locator('[data-per=meter]').click();
    await page.waitForURL(/per=meter/);
    await page.locator('[data-per=meter][aria-checked=true]').waitFor();
    await rows.first().waitFor();
    await page.locator('[data-tab=heat]').click();
    await page.locator('[data-test=energy-heat] .chart').waitFor();
    assert.match(page.url(), /\/energy\/heat\?.*at=/, 'tabs keep the place');
    await page.locator('[data-view=week]').click();
    await page.waitForURL(/view=week/);
    // A meter has one medium: with another one the map is of the place, and Back is the meter's.
    await page.locator('[data-test=heat-of]').click();
    await page.locator('.el-select-dropdown__item:visible').last().click();
    await page.waitForURL(/of=point/);
    await page.locator('[data-medium=water]').click();
    await page.waitForURL((at) => at.searchParams.get('medium') === 'water' && !at.searchParams.has('of'));
    await page.locator('[data-test=energy-heat] .chart').waitFor();
    await page.goBack();
    await page.waitForURL((at) => at.searchParams.get('of')?.startsWith('point:') && !at.searchParams.has('medium'));
    await page.locator('[data-test=energy-heat] .chart').waitFor();
  }));

test('waste: the costliest first; a finding is confirmed and taken up again, and its state is the server\'s', () =>
  scene({ path: '/energy/waste' }, async (page) => {
    const rows = page.locator('[data-finding]');
    await rows.first().waitFor();
    const { items } = await ask(page, '/findings?state=open,confirmed&limit=1000');
    const yuan = new Map(items.map((one) => [one.id, one.a_year_cny.value]));
    const shown = (await rows.evaluateAll((links) => links.map((link) => link.getAttribute('data-finding')))).map((id) => yuan.get(id));
    assert.ok(shown.length > 1 && !shown.includes(undefined), 'findings to deal with, and only those');
    assert.deepEqual(shown, [...shown].sort((a, b) => (b ?? -1) - (a ?? -1)), 'the costliest first, those without a price last');
    assert.equal(shown[0], Math.max(...yuan.values()), 'nothing costs more than the first');
    assert.ok(shown[0] > 0);
    const group = page.locator('[data-group=todo] .energy-value');
    assert.ok(numberIn(await group.innerText()) > 0);
    const { items: [one] } = await ask(page, '/findings?state=open&limit=1');
    await page.goto(`${url}/energy/waste/${one.id}`);
    const pane = page.locator('[data-test=finding]');
    await pane.getByRole('heading', { name: one.title.en }).waitFor();
    await pane.locator('[data-deed=confirm]').click();
    await pane.locator('textarea').fill('seen in a story');
    await pane.locator('[data-test=save-deed]').click();
    await pane.locator('.energy-finding-head [data-state=confirmed]').waitFor();
    const confirmed = await ask(page, `/findings/${one.id}`);
    assert.equal(confirmed.state, 'confirmed');
    assert.equal(confirmed.history.at(-1).note, 'seen in a story');
    await pane.locator('[data-deed=reopen]').click();
    await pane.locator('[data-test=save-deed]').click();
    assert.equal(await pane.locator('textarea').evaluate((field) => field.validity.valid), false, 'without a reason nothing is opened again');
    await pane.locator('textarea').fill('a story is over');
    await pane.locator('[data-test=save-deed]').click();
    await pane.locator('.energy-finding-head [data-state=open]').waitFor();
    assert.equal((await ask(page, `/findings/${one.id}`)).state, 'open');
  }));

test('a reason that is being written is not lost unasked', () =>
  scene({ path: '/energy/waste' }, async (page) => {
    await page.locator('[data-finding]').first().waitFor();
    const { items: [one] } = await ask(page, '/findings?state=open&limit=1');
    await page.locator(`[data-finding="${one.id}"]`).click();
    const pane = page.locator('[data-test=finding]');
    await pane.locator('[data-deed=dismiss]').click();
    await pane.locator('textarea').fill('this is wanted');
    let asked = 0;
    let leave = false;
    page.on('dialog', (dialog) => {
      asked++;
      void (leave ? dialog.accept() : dialog.dismiss());
    });
    await page.evaluate(() => window.history.back());
    await page.waitForTimeout(300);
    assert.equal(asked, 1);
    assert.ok(page.url().includes(one.id), 'it stays');
    assert.equal(await pane.locator('textarea').inputValue(), 'this is wanted');
    await pane.locator('[data-test=save-deed]').press('Escape');
    assert.equal(asked, 2, 'nor by Escape, wherever it is pressed');
    assert.equal(await pane.locator('textarea').inputValue(), 'this is wanted');
    leave = true;
    await page.evaluate(() => window.history.back());
    await pane.waitFor({ state: 'detached' });
    assert.equal(asked, 3);
    assert.equal((await ask(page, `/findings/${one.id}`)).state, 'open');
  }));

test('a period that is over is not said to be counted to a day outside of it', () =>
  scene({ path: '/energy?span=month&on=2026-03-01' }, async (page) => {
    await page.locator('[data-test=energy-figures]').waitFor();
    assert.equal(await page.locator('[data-test=energy-until]').count(), 0);
    await page.locator('[data-span=year]').click();
    await page.locator('[data-test=energy-until]').waitFor();
  }));

test('waste by kind: in the address, after reload, and cleared', () =>
  scene({ path: '/energy/waste' }, async (page) => {
    await page.locator('[data-finding]').first().waitFor();
    const { items: [{ kind }] } = await ask(page, '/findings?limit=1');
    const { items } = await ask(page, `/findings?kind=${kind}&limit=1000`);
    await page.goto(`${url}/energy/waste?show=all&kind=${kind}`);
    await page.locator(`[data-finding="${items[0].id}"]`).waitFor();
    const shown = await page.locator('[data-finding]').evaluateAll((links) => links.map((link) => link.getAttribute('data-finding')));
    assert.ok(shown.every((id) => items.some((one) => one.id === id)), 'of this kind alone');
    await page.locator('[data-group=dismissed]').click();
    await page.waitForURL(/show=dismissed/);
    await page.goBack();
    await page.waitForURL(/show=all/);
    await page.reload();
    await page.locator(`[data-finding="${items[0].id}"]`).waitFor();
    assert.match(page.url(), new RegExp(`kind=${kind}`));
  }));

test('baseline, night flow and balance have what the analysis found', () =>
  scene({ path: '/energy/baseline' }, async (page) => {
    await page.locator('[data-test=baseline-course]').waitFor();
    const { items: [excess] } = await ask(page, '/analytics/numbers?job=energy&kind=excess&subject=medium:electricity&per=company');
    assert.ok(excess, 'the analysis sums up the company');
    const verdict = await page.locator('[data-test=baseline-summary] .energy-verdict').innerText();
    if (typeof excess.value === 'number') assert.ok(near(Math.abs(numberIn(verdict)), Math.round(Math.abs(excess.value))), verdict);
    else assert.match(verdict, /insufficient data/);
    const [actual, expected] = (await page.locator('[data-test=baseline-summary] .energy-value').allInnerTexts()).map(numberIn);
    if (typeof excess.value === 'number') assert.ok(Math.abs(actual - expected - excess.value) <= Math.max(2, 0.001 * expected), `${actual} − ${expected} is what the difference says: ${excess.value}`);
    await page.locator('[data-tab=water]').click();
    const leaks = page.locator('[data-test=leaks]');
    await leaks.waitFor();
    const { items: sums } = await ask(page, '/findings/summary?kind=water_leak&state=open,confirmed,fixed&per=company');
    const count = sums.reduce((sum, one) => sum + one.count, 0);
    if (count > 0) assert.equal(numberIn(await leaks.innerText()), count, 'all leaks, however many are listed');
    else assert.match(await leaks.innerText(), /No leak was found/);
    await page.locator('[data-tab=balance]').click();
    const parents = page.locator('[data-test=energy-balance] .table-row');
    await parents.first().waitFor();
    await parents.first().click();
    await page.locator('[data-test=balance-tree] tbody tr').first().waitFor();
    assert.match(page.url(), /at=.*meter=/);
    const fold = page.locator('.energy-fold[aria-expanded=true]').first();
    const before = await page.locator('[data-test=balance-tree] tbody tr').count();
    await fold.click();
    assert.ok((await page.locator('[data-test=balance-tree] tbody tr').count()) < before);
  }));

test('somebody of another project sees neither the finding nor what to do with one', () =>
  scene({ path: '/energy/waste' }, async (boss) => {
    await boss.locator('[data-test=energy-waste]').waitFor();
    const { items } = await ask(boss, '/findings?limit=200');
    const [theirs] = items;
    const mine = items.find((one) => one.project !== theirs.project || one.region !== theirs.region);
    assert.ok(mine, 'there are findings of two projects');
    const login = `story-${Date.now().toString(36)}`;
    const made = await send(boss, '/people', { login, name: login, grants: [{ role: 'viewer', place: { region: mine.region, project: mine.project } }] });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    await choosePassword(login, made.body.one_time_password ?? made.body.password);
    try {
      await scene({ path: `/energy/waste/${theirs.id}`, person: login }, async (page) => {
        await page.locator('[data-test=finding] .state-note[data-state=missing]').waitFor();
        await page.goto(`${url}/energy/waste/${mine.id}`);
        await page.locator('[data-test=finding] .energy-facts').waitFor();
        assert.equal(await page.locator('[data-deed]').count(), 0, 'a viewer is offered no deeds');
        const { items: seen } = await ask(page, '/energy/use?from=2026-01-01&to=2026-02-01&by=none&per=project');
        assert.ok(seen.every((one) => one.project === mine.project && one.region === mine.region));
      });
    } finally {
      await send(boss, `/people/${made.body.id ?? made.body.person?.id}/disable`, {});
    }
  }));

/** Signs in with the password that is good once, and chooses the one that the driver knows. */
async function choosePassword(login, once) {
  const headers = { 'Content-Type': 'application/json' };
  const entered = await fetch(`${url}/api/v1/session`, { method: 'POST', headers, body: JSON.stringify({ login, password: once }) });
  const cookie = /steward=[^;]+/.exec(entered.headers.get('set-cookie') ?? '')?.[0];
  assert.ok(entered.ok && cookie, `sign in: ${entered.status}`);
  const { csrf } = await (await fetch(`${url}/api/v1/session`, { headers: { Cookie: cookie } })).json();
  const changed = await fetch(`${url}/api/v1/password`, { method: 'POST', headers: { ...headers, Cookie: cookie, 'X-Steward-CSRF': csrf }, body: JSON.stringify({ old: once, new: password }) });
  assert.ok(changed.ok, `password: ${changed.status} ${await changed.text()}`);
}
