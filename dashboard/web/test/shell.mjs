// The frame of the application: places, links, the list of incidents, and what is said
// where there is nothing to see.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { barriers, clock, close, incident, incidentIs, launch, looks, open, play, quit, url } from './driver.mjs';

before(launch);
after(quit);
beforeEach(() => play({ do: 'reset' }));

const lift = 'north/harbour/elevator/lift-1';
const meter = 'west/lake/meter/m-1';
const pane = (page) => page.locator('[data-test=incident]');
const listed = (page, value) => page.locator(`[data-row-incident="${value.id}"]`);
const leak = (more) => incident(meter, { kind: 'night_leak', rule: 'night-leak', title: { zh: '夜间漏水', en: 'Night leak' }, severity: 'warning', ...more });

/** Opens a page, runs the scene, and fails when the page logged an error that was not expected, or asked anybody else. */
async function scene(options, act) {
  const page = await open(options);
  const foreign = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:')) foreign.push(request.url());
  });
  try {
    await act(page);
    // The stage has no store of measurements: what was measured around an incident is 503.
    assert.deepEqual(page.errors.filter((text) => !/status of (404|503)/.test(text)), []);
    assert.deepEqual(foreign, []);
  } finally {
    await close(page);
  }
}

test('the list of incidents follows the place, the filters and what happens', () =>
  scene({ path: '/incidents' }, async (page) => {
    await page.getByText('No incident is open here').waitFor();
    const stuck = incident(lift, { age: 60_000, clocks: [clock('arrive', { zh: '到达现场', en: 'On site' }, 600, 60_000)] });
    const wet = leak();
    await play(incidentIs(stuck), incidentIs(wet));
    await listed(page, stuck).waitFor();
    await listed(page, wet).waitFor();
    const rows = page.locator('.table-row');
    assert.match(await rows.first().innerText(), /Life safety[\s\S]*Entrapment[\s\S]*Nobody has answered[\s\S]*0[89]:\d\d left/);

    await page.locator('[data-test=open-incidents] [data-severity=warning]').click();
    await listed(page, stuck).waitFor({ state: 'detached' });
    await listed(page, wet).waitFor();
    assert.match(page.url(), /severity=warning/);
    await page.goBack();
    await listed(page, stuck).waitFor();

    await page.locator('[data-test=place]').click();
    await page.keyboard.type('翠湖');
    await page.keyboard.press('Enter');
    await listed(page, stuck).waitFor({ state: 'detached' });
    assert.match(page.url(), /at=west\/lake/);
    await page.locator('[data-area=live]').click();
    await page.locator('.live-grid').waitFor();
    assert.match(page.url(), /\/live\?at=west\/lake/);
  }));

test('one incident beside the list, by keyboard, by link, and by a link of before', () =>
  scene({ path: '/incidents' }, async (page) => {
    const stuck = incident(lift);
    const wet = leak();
    await play(incidentIs(stuck), incidentIs(wet));
    await listed(page, wet).waitFor();
    await page.locator('.table-row').first().focus();
    await page.keyboard.press('ArrowDown');
    await page.waitForFunction(() => document.activeElement.dataset.index === '1');
    await page.keyboard.press('Enter');
    await pane(page).getByRole('heading', { name: 'Night leak' }).waitFor();
    await pane(page).getByRole('button', { name: 'Acknowledge' }).click();
    await pane(page).locator('.incident-progress').getByText(/Acknowledged · /).waitFor();
    await page.locator('.table-row', { hasText: 'Night leak' }).getByText('Acknowledged').waitFor();
    await page.keyboard.press('Escape');
    await pane(page).waitFor({ state: 'hidden' });
    await page.goBack();
    await pane(page).getByRole('heading', { name: 'Night leak' }).waitFor();
    await page.goto(`${url}/#incident=${stuck.id}`);
    await pane(page).getByRole('heading', { name: 'Entrapment' }).waitFor();
    assert.match(page.url(), new RegExp(`/incidents/${stuck.id}$`));
  }));

test('danger to life is on top of every view, and leads to its incident', () =>
  scene({ path: '/incidents?class=access' }, async (page) => {
    await page.getByText('Nothing matches').waitFor();
    const strip = page.locator('[data-test=dangers]');
    assert.equal(await strip.isVisible(), false);
    const stuck = incident(lift);
    await play(incidentIs(stuck));
    await strip.getByText('1 open danger to life').waitFor({ timeout: 1000 });
    await strip.locator('.call-open').click();
    await pane(page).getByRole('heading', { name: 'Entrapment' }).waitFor();
    assert.match(page.url(), new RegExp(`/incidents/${stuck.id}`));
  }));

test('devices are found from every view', () =>
  scene({ path: '/settings/account', person: 'boss' }, async (page) => { // a view with no search of its own
    await play({ do: 'pending', devices: ['west/lake/meter/find-me'] });
    await page.keyboard.press('/');
    await page.keyboard.type('find-m');
    await page.getByRole('option', { name: /find-me/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /find-me/ }).first().waitFor();
    assert.match(page.url(), /\/devices\/west\/lake\/meter\/find-me/);
  }));

test('a list that the server could not give is asked for again when it is back', () =>
  scene({ path: '/incidents' }, async (page) => {
    const stuck = incident(lift);
    await play(incidentIs(stuck));
    await listed(page, stuck).waitFor();
    await play({ do: 'down' });
    await page.locator('[data-show=all]').click();
    await page.locator('.state-note[data-state=offline]').waitFor();
    await play({ do: 'up' });
    await listed(page, stuck).waitFor();
    page.errors.length = 0; // the time without a server
  }));

test('what is not there is said', () =>
  scene({ path: '/incidents' }, async (page) => {
    await page.evaluate(() => window.history.pushState({}, '', '/live/nothing/here'));
    await page.reload();
    await page.locator('[data-test=missing]').waitFor();
    await page.getByRole('link', { name: 'To the live page' }).click();
    await page.locator('.live-grid').waitFor();
  }));

for (const look of looks) {
  test(`no serious barrier: ${look.language} ${look.theme} ${look.width}`, () =>
    scene({ ...look, path: '/incidents' }, async (page) => {
      const check = async (state) => {
        assert.deepEqual(await barriers(page), [], state);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.equal(wide, 0, `the page scrolls sideways: ${state}`);
      };
      await page.locator('.state-note[data-state=empty]').waitFor();
      await check('empty');
      const stuck = incident(lift, { age: 700_000, clocks: [clock('arrive', { zh: '到达现场', en: 'On site' }, 600, 700_000)] });
      await play(incidentIs(stuck), incidentIs(leak({ clocks: [clock('x', { zh: '维修', en: 'Repair' }, 600, 0)] })), incidentIs(leak({ severity: 'critical', silenced: true, count: 4 })), incidentIs(leak({ severity: 'info' })));
      await listed(page, stuck).waitFor();
      await check('list');
      await page.locator('[data-test=place]').click();
      await page.locator('.place-item').first().waitFor();
      await check('places');
      await page.keyboard.press('Escape');
      const filters = page.locator('.inc-unfold');
      if (await filters.isVisible()) await filters.click(); // folded on a phone
      await page.locator('[data-test=severity-filter]').first().click();
      await page.locator('.el-select-dropdown__item').first().waitFor();
      await check('filter');
      await page.keyboard.press('Escape');
      await listed(page, stuck).click();
      await pane(page).locator('.entry').first().waitFor();
      await check('details');
    }));
}
