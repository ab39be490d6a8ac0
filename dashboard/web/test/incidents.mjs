// Incidents in a real browser: on top of everything, with their clocks, until
// somebody has done what is to be done.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { barriers, clock, close, incident, incidentIs, launch, looks, open, play, quit, url } from './driver.mjs';
import { takeIncidentShots } from './shots.mjs';

before(launch);
after(quit);
beforeEach(() => play({ do: 'reset' }));

const lift = 'north/harbour/elevator/lift-1';
const meter = 'north/harbour/meter/m-1';
const panel = 'south/garden/fire/panel-1';
const strip = (page) => page.locator('[data-test=dangers]');
const rows = (page) => page.locator('[data-test=incidents]');
const pane = (page) => page.locator('[data-test=incident]');
const card = (page, value) => page.locator(`[data-incident="${value.id}"]`);
const onSite = (age, more) => clock('arrive', { zh: '到达现场', en: 'On site' }, 600, age, more);
const leak = (more) => incident(meter, { kind: 'night_leak', rule: 'night-leak', title: { zh: '夜间漏水', en: 'Night leak' }, severity: 'warning', ...more });

/** Opens a page, runs the scene, and fails when the page logged an error that was not expected. */
async function scene(options, act) {
  const page = await open(options);
  try {
    await act(page);
    assert.deepEqual(page.errors.filter((text) => !/status of 40[49]|WebSocket connection|CONNECTION_REFUSED/.test(text)), []);
  } finally {
    await close(page);
  }
}

test('a danger becomes its incident, and neither is missing nor doubled', () =>
  scene({}, async (page) => {
    await strip(page).getByText('No open danger to life').waitFor();
    await play({ do: 'event', device: lift, kind: 'entrapment', id: 'e', age_ms: 60_000 }, { do: 'event', device: panel, kind: 'alarm', id: 'f' });
    await strip(page).getByText('2 open dangers to life').waitFor();
    const stuck = incident(lift, { age: 60_000, clocks: [onSite(60_000)] });
    await play(incidentIs(stuck));
    await card(page, stuck).waitFor({ timeout: 1000 });
    await strip(page).getByText('2 open dangers to life').waitFor();
    assert.equal(await page.locator('.danger').count(), 1, 'the alarm that is no incident stays');
    assert.match(await card(page, stuck).innerText(), /Entrapment[\s\S]*harbour \/ lift-1[\s\S]*0[89]:\d\d left[\s\S]*Nobody has answered/);
    assert.match(await page.locator('.dangers > [role=alert]').textContent(), /Entrapment: harbour \/ lift-1/);
    assert.equal(await rows(page).isVisible(), false);

    // The danger is over, the incident is not: it waits with the others.
    await play({ do: 'event', device: lift, kind: 'released', id: 'r' }, incidentIs({ ...stuck, cleared_at: new Date().toISOString() }, 'cleared'));
    await strip(page).getByText('1 open danger to life').waitFor();
    await rows(page).locator(`[data-incident="${stuck.id}"]`).getByText(/over since/).waitFor();
    await play(incidentIs({ ...stuck, state: 'resolved', resolved_at: new Date().toISOString() }, 'resolved'));
    await rows(page).waitFor({ state: 'hidden' });
  }));

test('what people resolved does not come back as a danger', () =>
  scene({}, async (page) => {
    await play({ do: 'event', device: lift, kind: 'entrapment', id: 'e', age_ms: 5000 });
    const stuck = incident(lift, { age: 5000 });
    await play(incidentIs(stuck));
    await card(page, stuck).waitFor();
    await play(incidentIs({ ...stuck, state: 'resolved', resolved_at: new Date().toISOString() }, 'resolved'));
    await strip(page).getByText('No open danger to life').waitFor();
    await play({ do: 'event', device: lift, kind: 'entrapment', id: 'again' });
    await strip(page).getByText('1 open danger to life').waitFor();
  }));

test('a clock runs out: in words, with a sign, and not by colour alone', () =>
  scene({ language: 'zh' }, async (page) => {
    const stuck = incident(lift, { age: 597_000, clocks: [onSite(597_000)] });
    await play(incidentIs(stuck));
    const line = card(page, stuck).locator('.clock:visible');
    await line.getByText(/剩余 00:0\d/).waitFor();
    await line.getByText(/超时 00:0\d/).waitFor();
    assert.equal(await line.getAttribute('data-state'), 'over');
    assert.equal(await line.locator('svg').count(), 1);
    const first = await line.innerText();
    await page.waitForFunction(([id, was]) => document.querySelector(`[data-incident="${id}"] .clock`).innerText !== was, [stuck.id, first]);
  }));

test('from the card to the end: every step, by whom, and the timeline', () =>
  scene({ person: 'operator' }, async (page) => {
    const stuck = incident(lift, {
      age: 30_000, clocks: [clock('acknowledge', { zh: '响应', en: 'Answered' }, 180, 30_000), onSite(30_000)],
    });
    await play(incidentIs(stuck, 'opened', '', { topic: 'property/north/harbour/elevator/lift-1/event' }));
    await card(page, stuck).getByRole('button', { name: 'Acknowledge' }).click();
    await card(page, stuck).getByText(/Acknowledged · operator \d\d:\d\d:\d\d/).waitFor();
    assert.equal(await card(page, stuck).locator('.clock:visible').count(), 1, 'the first clock has stopped');
    assert.equal(await page.evaluate(() => document.activeElement.dataset.deed), 'dispatch', 'the keyboard goes on with the next step');

    await card(page, stuck).locator('.call-open').click();
    await pane(page).getByRole('heading', { name: 'Entrapment' }).waitFor();
    assert.match(page.url(), new RegExp(`incident=${stuck.id}`));
    assert.equal(await page.evaluate(() => document.activeElement.id), 'incident-title');
    await pane(page).getByText('met after 00:3').waitFor();
    await pane(page).getByText('1. Talk to the passengers').waitFor();
    assert.equal(await pane(page).locator('[data-test=evidence]').getAttribute('href'), `/api/v1/incidents/${stuck.id}/evidence.html?lang=en`);
    await pane(page).locator('[data-test=note]').fill('Zhang with two helpers <b>now</b>');
    await pane(page).getByRole('button', { name: 'Dispatch' }).click();
    const entries = pane(page).locator('.entry');
    await entries.getByText('Zhang with two helpers <b>now</b>').waitFor();
    // The connection may tell of the entry before the answer has come.
    await page.waitForFunction(() => document.querySelector('[data-test=note]').value === '');
    await pane(page).getByRole('button', { name: 'Add note' }).click();
    await pane(page).getByRole('alert').getByText('Write the note first.').waitFor();
    await pane(page).getByRole('button', { name: 'On site' }).click();
    await pane(page).locator('.incident-progress').getByText(/On site · operator/).waitFor();
    // Nobody has said that the passenger is out: once is not enough.
    await pane(page).getByRole('button', { name: 'Resolve' }).click();
    await pane(page).getByRole('alert').getByText('somebody may still be in danger').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.dataset.deed), 'resolve');
    await pane(page).getByRole('button', { name: 'Resolve all the same' }).click();
    await pane(page).locator('.incident-progress').getByText(/Resolved · operator/).waitFor();
    await strip(page).getByText('No open danger to life').waitFor();
    await entries.nth(4).waitFor();
    assert.deepEqual(await entries.evaluateAll((list) => list.map((item) => item.dataset.kind)), ['resolved', 'arrived', 'dispatched', 'acknowledged', 'opened']);
    await page.keyboard.press('Escape');
    await pane(page).waitFor({ state: 'hidden' });
  }));

test('somebody else is faster', () =>
  scene({}, async (page) => {
    const stuck = incident(lift);
    await play(incidentIs(stuck));
    await card(page, stuck).locator('.call-open').click();
    await pane(page).getByRole('button', { name: 'Acknowledge' }).waitFor();
    // Between what is seen and what is pressed there is no time: the answer is played.
    await page.route('**/actions', (route) => route.fulfill({
      status: 409, contentType: 'application/problem+json', body: JSON.stringify({ status: 409, code: 'changed_meanwhile', detail: 'x' }),
    }));
    await pane(page).getByRole('button', { name: 'Acknowledge' }).click();
    await pane(page).getByRole('alert').getByText('Somebody was faster').waitFor();
    await page.unroute('**/actions');
    // What others do shows at once, also in the pane.
    const by = { kind: 'person', id: 'ann', name: 'Ann' };
    await play(incidentIs({ ...stuck, state: 'acknowledged', stages: [{ state: 'acknowledged', at: new Date().toISOString(), received_at: new Date().toISOString(), by }] }, 'acknowledged'));
    await pane(page).locator('.incident-progress').getByText(/Acknowledged · Ann/).waitFor();
    await pane(page).locator('[data-kind=acknowledged]').waitFor();
    assert.equal(await pane(page).getByRole('button', { name: 'Acknowledge' }).count(), 0);
  }));

test('who may only look sees no buttons, and only his places', () =>
  scene({ person: 'viewer' }, async (page) => {
    const stuck = incident(lift);
    const burning = incident(panel, { kind: 'fire_alarm', title: { zh: '火警', en: 'Fire alarm' } });
    await play(incidentIs(burning), incidentIs(stuck));
    await card(page, stuck).waitFor();
    assert.equal(await card(page, burning).count(), 0);
    await card(page, stuck).locator('.call-open').click();
    await pane(page).locator('.entry').waitFor();
    assert.equal(await page.locator('[data-deed]').and(page.locator(':visible')).count(), 0);
    // A colleague's link to what is not among one's own.
    await page.goto(`${url}/live?incident=${burning.id}`);
    await pane(page).getByText('It is gone, or it is not among yours.').waitFor();
  }));

test('the others: the gravest first, marks in words, the quiet ones last', () =>
  scene({}, async (page) => {
    const cause = incident(meter, { kind: 'power_loss', severity: 'critical', title: { zh: '楼栋停电', en: 'Power loss' }, age: 1000 });
    const explained = leak({ severity: 'critical', title: { zh: '电梯离线', en: 'Lift silent' }, parent: cause.id });
    const silenced = leak({ silenced: true });
    const flapping = leak({ flapping: true, count: 5, title: { zh: '低压', en: 'Low pressure' }, value: 0.12, unit: 'MPa' });
    const late = leak({ late: 0, severity: 'info', title: { zh: '电量低', en: 'Battery low' } });
    late.started_at = new Date(Date.now() - 300_000).toISOString();
    await play(...[late, silenced, flapping, explained, cause].map((value) => incidentIs(value)));
    await rows(page).getByText('5 open incidents').waitFor();
    assert.equal(await rows(page).locator('.call').count(), 3, 'the rest is folded');
    await rows(page).getByRole('button', { name: 'Show 2 more' }).click();
    assert.deepEqual(await rows(page).locator('.call strong:first-child').evaluateAll((list) => list.map((item) => item.textContent)).then((list) => list.filter((text) => !/left|over/.test(text))),
      ['Power loss', 'Low pressure', 'Battery low', 'Lift silent', 'Night leak']);
    await card(page, explained).getByText('Explained').waitFor();
    await card(page, silenced).getByText('Silenced').waitFor();
    await card(page, flapping).getByText('Comes and goes').waitFor();
    await card(page, flapping).getByText('5 times').waitFor();
    await card(page, late).getByText('5 min late').waitFor();
    assert.equal(await card(page, cause).locator('.mark').count(), 0);
    // From what is explained to what explains it.
    await card(page, explained).locator('.call-open').click();
    await pane(page).getByRole('button', { name: 'Power loss' }).click();
    await pane(page).getByRole('heading', { name: 'Power loss' }).waitFor();
    await page.goto(`${url}/live?incident=${flapping.id}`);
    await pane(page).getByText(/0\.12\sMPa/).waitFor();
    await pane(page).getByRole('button', { name: 'Show the device' }).click();
    await page.locator('[data-test=detail]').getByRole('heading', { name: 'm-1' }).waitFor();
    assert.equal(await pane(page).isVisible(), false);
  }));

test('what was missed while the server was away comes after it', () =>
  scene({}, async (page) => {
    const first = leak({ title: { zh: '甲', en: 'First' } });
    await play(incidentIs(first));
    await card(page, first).waitFor();
    await play({ do: 'down' });
    await page.locator('[data-test=banner]').waitFor();
    await card(page, first).waitFor(); // what was known stays
    const second = leak({ title: { zh: '乙', en: 'Second' } });
    await play(incidentIs({ ...first, state: 'resolved', resolved_at: new Date().toISOString() }, 'resolved'), incidentIs(second));
    const [request] = await Promise.all([page.waitForEvent('websocket', (socket) => /after=\d+/.test(socket.url())), play({ do: 'up' })]);
    assert.ok(request);
    await card(page, second).waitFor();
    await card(page, first).waitFor({ state: 'detached' });
  }));

test('what devices and people say stays text', () =>
  scene({}, async (page) => {
    const hostile = '<img src=x onerror="window.pwned=1"><b>';
    const text = { zh: hostile, en: hostile };
    const odd = leak({
      title: text, summary: { zh: '', en: hostile + '!' }, runbook: text, kind: '__proto__', building: hostile,
      clocks: [clock('constructor', text, 600, 0)], rule: hostile,
      stages: [{ state: 'firing', at: '', received_at: 'x', by: { kind: hostile, id: hostile, name: hostile } }].filter(() => false),
    });
    await play(incidentIs(odd, 'toString', hostile, { receiver: hostile, ok: false, error: hostile }));
    await card(page, odd).getByText(hostile).first().waitFor();
    await card(page, odd).locator('.call-open').click();
    await pane(page).locator('.entry').getByText(hostile).first().waitFor();
    assert.equal(await page.evaluate(() => window.pwned), undefined);
    assert.equal(await page.locator('img, .incident b, .incidents b').count(), 0);
  }));

for (const look of looks) {
  test(`no serious barrier: ${look.language} ${look.theme} ${look.width}`, () =>
    scene(look, async (page) => {
      const check = async (state) => {
        assert.deepEqual(await barriers(page), [], state);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.equal(wide, 0, `the page scrolls sideways: ${state}`);
      };
      const stuck = incident(lift, { age: 700_000, late: 90_000, clocks: [onSite(700_000), clock('x', { zh: '释放', en: 'Released' }, 1800, 700_000, { warned_at: new Date().toISOString() })] });
      await play(
        { do: 'fleet', count: 60 }, incidentIs(stuck), incidentIs(leak({ clocks: [onSite(700_000)], severity: 'critical' })),
        incidentIs(leak({ silenced: true, flapping: true, count: 3 })), incidentIs(leak({ severity: 'info', parent: stuck.id })), incidentIs(leak({ clocks: [onSite(0, { state: 'paused', paused_at: new Date().toISOString() })] })),
      );
      await card(page, stuck).waitFor();
      await page.locator('.device-row').first().waitFor();
      await check('folded');
      await rows(page).locator('.call-more').click();
      await check('unfolded');
      await card(page, stuck).locator('.call-open').click();
      await pane(page).locator('.entry').waitFor();
      await check('details');
    }));
}

test('pictures', { skip: !process.env.STEWARD_SHOTS }, () => takeIncidentShots(process.env.STEWARD_SHOTS));
