// Headquarters against a whole Steward with a history: scorecards, comparison, a notice
// from its writing to its end, reports and their files, operating data.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readFile } from 'node:fs/promises';
import { close, launch, open, quit, url } from '../driver.mjs';
import { workbook } from '../workbook.mjs';

before(launch);
after(quit);

async function scene(options, act) {
  const page = await open(options);
  try {
    await act(page);
    assert.deepEqual(page.errors, []);
  } finally {
    await close(page);
  }
}

const api = (page, path) => page.evaluate(async (at) => (await fetch(`/api/v1${at}`)).json(), path);

async function lastRun(page, job) {
  await page.waitForFunction(async (name) => {
    const jobs = (await (await fetch('/api/v1/analytics/jobs')).json()).items;
    return Boolean(jobs.find((one) => one.name === name)?.result);
  }, job, { timeout: 300_000, polling: 1000 });
  return (await api(page, '/analytics/jobs')).items.find((one) => one.name === job).result;
}

test('the scorecard of the company, and of a project that its ranking leads to', () =>
  scene({ path: '/headquarters' }, async (page) => {
    const run = await lastRun(page, 'scorecard');
    await page.reload();
    await page.locator('[data-measure]').first().waitFor();
    const { body } = await api(page, `/analytics/runs/${run.id}/document?kind=scorecard`);
    assert.equal(await page.locator('[data-measure]').count(), body.components.length);
    if (body.score !== null) assert.match(await page.locator('[data-test=score] .hq-figure').innerText(), new RegExp(body.score.toFixed(1).replace('.', '\\.')));
    // The ranked stand first; what has a score and no rank says why.
    const { body: ranking } = await api(page, `/analytics/runs/${run.id}/document?kind=ranking`);
    const places = ranking.projects.map((one) => ({ at: `${one.region}/${one.project}`, rank: one.rank ?? 0, unranked: !one.rank && one.score !== null }));
    const shown = await page.locator('[data-rank*="/"]').evaluateAll((rows) => rows.map((row) => row.dataset.rank));
    const ranked = places.filter(({ rank }) => rank > 0);
    assert.deepEqual(new Set(shown.slice(0, ranked.length)), new Set(ranked.map(({ at: place }) => place)));
    for (const { at: place } of places.filter(({ unranked }) => unranked)) assert.match(await page.locator(`[data-rank="${place}"] [data-test=not-ranked]`).innerText(), /not ranked/);
    const project = page.locator('[data-rank*="/"]').first();
    const at = await project.getAttribute('data-rank');
    await project.locator('a').click();
    await page.waitForURL((url) => url.searchParams.get('at') === at);
    await page.locator('[data-measure]').first().waitFor();
    await page.goBack();
    await page.locator('[data-rank*="/"]').first().waitFor();
  }));

test('scores have the same possible ranks on both pages', () =>
  scene({ path: '/headquarters/compare' }, async (page) => {
    const run = await lastRun(page, 'scorecard');
    await page.reload();
    await page.locator('[data-test=compare] [data-key]').first().waitFor();
    const { body } = await api(page, `/analytics/runs/${run.id}/document?kind=ranking`);
    for (const one of body.projects) {
      const range = !one.rank ? '–' : one.rank_low === one.rank_high ? String(one.rank_low) : `${one.rank_low}–${one.rank_high}`;
      assert.equal(await page.locator(`[data-key="${one.region}/${one.project}"] td`).first().innerText(), range, one.project);
    }
  }));

test('projects are compared, and what is not more than chance is said', () =>
  scene({ path: '/headquarters/compare?measure=collection_rate' }, async (page) => {
    const run = await lastRun(page, 'scorecard');
    await page.reload();
    await page.locator('[data-test=compare] [data-key]').first().waitFor();
    const { items } = await api(page, `/analytics/numbers?run=${run.id}&kind=collection_rate&per=project&limit=1000`);
    assert.equal(await page.locator('[data-test=compare] [data-key]').count(), items.length);
    assert.equal(await page.locator('[data-verdict=better], [data-verdict=worse]').count(), 0, 'a full count has no interval by which two could be told apart');
    await page.goto(new URL('/headquarters/compare?measure=response_complaint', page.url()).href);
    await page.locator('[data-test=verdict]').waitFor();
    await page.getByText('Not more than chance').or(page.getByText('Better')).or(page.getByText('Worse')).or(page.getByText('Insufficient data')).first().waitFor();
  }));

test('a notice is written, accepted and withdrawn, and the server knows', () =>
  scene({ path: '/headquarters/notices' }, async (page) => {
    await page.locator('[data-test=write-notice]').click();
    const form = page.locator('[data-test=notice-form]');
    await form.locator('[data-test=send-notice]').click();
    await form.getByRole('alert').waitFor();
    const project = await form.locator('[data-test=notice-project] optgroup option').first().getAttribute('value');
    await form.locator('[data-test=notice-project]').selectOption(project);
    const finding = `Fire door wedged open ${Date.now()}`;
    await form.locator('[data-test=notice-finding]').fill(finding);
    await form.locator('[data-test=notice-required]').fill('Close it, and fit a closer');
    await form.locator('[data-test=notice-required]').press('Escape'); // asks, and the browser of the test says no
    const another = page.locator('[data-notice]').first();
    if (await another.count() > 0) {
      await another.click(); // asks, too
      assert.equal(await form.locator('[data-test=notice-finding]').inputValue(), finding, 'what is written stays');
    }
    await form.locator('[data-test=send-notice]').click();
    const pane = page.locator('[data-test=notice]');
    await pane.getByRole('heading', { name: finding }).waitFor();
    const id = /notices\/([0-9]{8}-[a-z2-7]{16})/.exec(page.url())[1];
    await pane.locator('[data-deed=accept]').click();
    await pane.locator('[data-test=act]').click();
    await pane.locator('.hq-detail-head [data-state=accepted]').waitFor();
    assert.equal((await api(page, `/notices/${id}`)).state, 'accepted');
    await pane.locator('[data-deed=withdraw]').click();
    await pane.locator('[data-test=note]').fill('Written by a test');
    await pane.locator('[data-test=act]').click();
    await pane.locator('.hq-detail-head [data-state=withdrawn]').waitFor();
    const notice = await api(page, `/notices/${id}`);
    assert.equal(notice.state, 'withdrawn');
    assert.equal(notice.history.length, 3);
    await page.locator('[data-show=over]').click();
    await page.locator(`[data-notice="${id}"]`).waitFor();
    assert.match(page.url(), /show=over/);
    // A notice takes the place of one that is not begun.
    await page.locator('[data-test=write-notice]').click();
    await form.waitFor();
    await page.locator(`[data-notice="${id}"]`).click();
    await pane.getByRole('heading', { name: finding }).waitFor();
    assert.equal(await form.count(), 0);
    assert.doesNotMatch(page.url(), /write=/);
  }));

/** What a press brings, opened as a spreadsheet opens it: its sheets by name. */
async function opened(page, press) {
  const [file] = await Promise.all([page.waitForEvent('download', { timeout: 120_000 }), press()]);
  assert.match(file.suggestedFilename(), /\.xlsx$/);
  return workbook(await readFile(await file.path()));
}

/** The number beside a text, on any of the sheets; undefined when it is on none. */
function beside(sheets, text, at = 1) {
  for (const rows of sheets.values()) {
    const row = rows.find((cells) => cells[0] === text && typeof cells[at] === 'number');
    if (row) return row[at];
  }
  return undefined;
}

const whole = (text) => Number(text.replaceAll(',', ''));

test('the way of headquarters: from the scorecard to the month, to the plan that its money buys, and the workbooks say the same', () =>
  scene({ path: '/headquarters' }, async (page) => {
    await lastRun(page, 'scorecard');
    await lastRun(page, 'response');
    await lastRun(page, 'replacement');
    await page.reload();
    await page.locator('[data-measure]').first().waitFor();

    // The month, as it is sent to the board.
    await page.locator('[data-tab=headquarters-reports]').click();
    await page.waitForURL(/\/headquarters\/reports/);
    const preview = page.locator('[data-test=report-preview]');
    await preview.waitFor({ timeout: 120_000 });
    const known = await api(page, '/reports/monthly?format=json');
    assert.equal(await preview.locator('[data-section]').count(), known.sections.length);
    for (const name of ['incidents', 'replacement']) assert.ok(known.sections.some((one) => one.name === name), `the month has no section ${name}`);
    const month = await opened(page, () => page.locator('[data-format=xlsx]').click());
    // Each clock with how many there were, as the page shows them.
    const rows = preview.locator('[data-section=incidents] tbody tr');
    const shown = await rows.evaluateAll((all) => all.map((row) => [...row.cells].slice(0, 2).map((cell) => cell.textContent.trim())));
    assert.ok(shown.length > 0, 'the month had no incident');
    // Other sheets have rows of the same clocks with other figures.
    const byClock = [...month].filter(([name, cells]) => name.startsWith('By clock') && cells[0]?.includes('Clocks'));
    assert.equal(byClock.length, 1, `of the sheets ${[...month.keys()].join(', ')}`);
    for (const [clock, n] of shown) assert.equal(beside(new Map(byClock), clock), whole(n), `${clock}: the page shows ${n}`);
    // And what the plan costs, to the yuan, though the page shortens it.
    const plan = known.sections.find((one) => one.name === 'replacement');
    const devices = preview.locator('[data-section=replacement] dl > div', { hasText: 'Devices within the budget' }).locator('dd').first();
    assert.equal(beside(month, 'Devices within the budget'), whole(await devices.innerText()));
    const cost = plan.facts.find((one) => one.title.en === 'Cost of the plan').value.value;
    const sheet = [...month.values()].flat().find((cells) => String(cells[0]).startsWith('Cost of the plan') && typeof cells[1] === 'number');
    assert.equal(sheet?.[1], cost);

    // What half of the money would buy.
    await page.goto(`${url}/reliability/plan`);
    await page.locator('[data-fact=devices]').waitFor({ timeout: 60_000 });
    const run = await lastRun(page, 'replacement');
    const { body } = await api(page, `/analytics/runs/${run.id}/document?kind=plan`);
    const wanted = body.lines.filter((line) => line.mandatory || line.worth);
    assert.ok(wanted.length > 1, 'the plan replaces nothing: there is no budget to find');
    const half = Math.max(1, Math.ceil(wanted[Math.floor((wanted.length - 1) / 2)].cumulative_cost_cny));
    await page.locator('[data-test=budget-exact]').fill(String(half));
    await page.keyboard.press('Enter');
    await page.waitForURL(new RegExp(`budget=${half}`));
    const figure = page.locator('[data-fact=devices] .reliability-figure');
    let bought = 0;
    for (const line of body.lines) {
      if (!(line.mandatory || line.worth) || Math.round(line.cumulative_cost_cny * 100) > half * 100) break;
      bought++;
    }
    await page.waitForFunction((n) => document.querySelector('[data-fact=devices] .reliability-figure')?.textContent === n, bought.toLocaleString('en-GB'));
    const within = await opened(page, () => page.locator('[data-export=xlsx]').click());
    assert.equal(beside(within, 'Devices within the budget'), whole(await figure.innerText()), 'the workbook has the budget of the page');
    const spent = [...within.values()].flat().find((cells) => String(cells[0]).startsWith('Cost of the plan') && typeof cells[1] === 'number')?.[1];
    assert.ok(spent <= half, `${spent} is spent of ${half}`);
  }));

test('a report is looked at, and had as a workbook and as JSON', () =>
  scene({ path: '/headquarters/reports?report=response' }, async (page) => {
    await lastRun(page, 'response');
    await page.reload();
    const preview = page.locator('[data-test=report-preview]');
    await preview.waitFor({ timeout: 60_000 });
    const known = await api(page, '/reports/response?format=json');
    assert.equal(await preview.locator('[data-section]').count(), known.sections.length);
    for (const [format, begins] of [['xlsx', 'PK'], ['json', '{']]) {
      const [file] = await Promise.all([page.waitForEvent('download'), page.locator(`[data-format=${format}]`).click()]);
      const text = await readFile(await file.path());
      if (format === 'xlsx') assert.ok(workbook(text).size >= known.sections.length, 'a sheet for each section');
      assert.equal(text.subarray(0, begins.length).toString(), begins, file.suggestedFilename());
      assert.match(file.suggestedFilename(), new RegExp(`\\.${format}$`));
    }
  }));

test('operating data: kinds and filters are in the address, a file is checked before it is stored', () =>
  scene({ path: '/headquarters/operations' }, async (page) => {
    await page.locator('[data-kind=complaints]').click();
    await page.waitForURL(/kind=complaints/);
    await page.locator('.table-row').first().waitFor();
    const { items } = await api(page, '/operations/complaints?limit=1');
    assert.equal(await page.locator('.table-row').first().getAttribute('data-key'), `${items[0].region}/${items[0].project}/${items[0].id}`);
    await page.locator('[data-test=import]').click();
    const file = (created) => ({ name: 'complaints.csv', mimeType: 'text/csv', buffer: Buffer.from(`region,project,id,type,created\n${items[0].region},${items[0].project},story-1,noise,${created}\n`) });
    await page.locator('[data-test=import-file]').setInputFiles(file('31.31.2026'));
    await page.locator('[data-test=import-pane] [role=alert]').waitFor();
    await page.locator('[data-test=import-file]').setInputFiles({ name: 'headings.csv', mimeType: 'text/csv', buffer: Buffer.from('region,project,id,type,created\n') });
    await page.locator('[data-test=import-empty]').waitFor();
    await page.locator('[data-test=import-file]').setInputFiles(file('2026-01-05 09:00'));
    await page.locator('[data-test=import-good]').waitFor();
    assert.equal(await page.evaluate(async (at) => (await fetch(`/api/v1/operations/complaints/${at}/story-1`)).status, `${items[0].region}/${items[0].project}`), 404, 'checking stores nothing');
    page.errors.length = 0; // the question of before was answered with 404
    const href = await page.locator('[data-export=csv]').getAttribute('href');
    assert.equal(await page.evaluate(async (at) => (await fetch(at)).headers.get('content-type')?.split(';')[0], href), 'text/csv');
  }));
