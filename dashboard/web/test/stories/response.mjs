// Response standards against a whole Steward with a history: what the pages show is
// what the API says, filters live in the address, and breaches lead to their incidents.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { close, launch, open, quit } from '../driver.mjs';

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

/** Asks the API as the page's own person. */
const api = (page, path) => page.evaluate(async (at) => (await fetch(`/api/v1${at}`)).json(), path);
const percent = (text) => Number(/(-?[\d.]+)\s*%/.exec(text)?.[1]);

/** The newest run of the month before, which analyses that follow a history make by themselves. */
async function lastRun(page, job) {
  await page.waitForFunction(async (name) => {
    const jobs = (await (await fetch('/api/v1/analytics/jobs')).json()).items;
    return Boolean(jobs.find((one) => one.name === name)?.result);
  }, job, { timeout: 240_000, polling: 1000 });
  return (await api(page, '/analytics/jobs')).items.find((one) => one.name === job).result;
}

test('standards are shown as they were computed, and one of them in detail', () =>
  scene({ path: '/response' }, async (page) => {
    const run = await lastRun(page, 'response');
    await page.reload();
    await page.locator('[data-standard]').first().waitFor();
    const { body } = await api(page, `/analytics/runs/${run.id}/document?kind=response`);
    assert.equal(await page.locator('[data-standard]').count(), body.clocks.length);
    const clock = body.clocks.filter(({ within }) => within?.share !== null && within?.share !== undefined).sort((a, b) => a.n - b.n)[0];
    assert.ok(clock, 'the history has clocks');
    const row = page.locator(`[data-standard="${clock.standard}"]`);
    assert.ok(Math.abs(percent(await row.locator('.response-share-text').innerText()) - 100 * clock.within.share) < 0.06);
    await row.locator('button').click();
    await page.waitForURL(new RegExp(`standard=${clock.standard}`));
    await page.locator('.response-heading', { hasText: clock.title.en }).waitFor();
    await page.reload();
    await page.locator('.response-heading', { hasText: clock.title.en }).waitFor();
  }));

test('at 1440 px every column of the comparisons is in sight', () =>
  scene({ path: '/response' }, async (page) => {
    await page.setViewportSize({ width: 1440, height: 900 });
    for (const path of ['/response', '/headquarters/compare']) {
      await page.goto(new URL(path, page.url()).href);
      await page.locator('[data-part], [data-key]').first().waitFor();
      const cut = await page.locator('.response-scroll').evaluateAll((boxes) => boxes.filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => `${box.ariaLabel}: ${box.scrollWidth} in ${box.clientWidth}`));
      assert.deepEqual(cut, [], path);
    }
  }));

test('a project is gone to from the comparison, and Back comes back', () =>
  scene({ path: '/response' }, async (page) => {
    const link = page.locator('.response-wide [data-part] a').first();
    await link.waitFor();
    await link.click();
    await page.waitForURL(/at=[a-z-]+(%2F|\/)/);
    await page.locator('[data-standard]').first().waitFor();
    assert.equal(await page.locator('.response-wide [data-part] a').count(), 0);
    await page.goBack();
    await link.waitFor();
  }));

test('breaches lead to their incidents, which are there', () =>
  scene({ path: '/response/breaches' }, async (page) => {
    const breach = page.locator('[data-breach]').first();
    await breach.waitFor();
    const id = await breach.getAttribute('data-breach');
    const incident = await api(page, `/incidents/${id}`);
    assert.ok(incident.clocks.some((clock) => clock.state === 'breached'), `${id} has a clock past its limit`);
    await breach.click();
    await page.waitForURL(new RegExp(`/incidents/${id}`));
  }));

test('contractors are shown with what contracts take', () =>
  scene({ path: '/response/contractors' }, async (page) => {
    const run = await lastRun(page, 'scorecard');
    await page.reload();
    await page.locator('[data-contractor], .state-note[data-state=empty]').first().waitFor();
    const answer = await api(page, `/analytics/runs/${run.id}/document?kind=contractors`);
    assert.equal(await page.locator('[data-contractor]').count(), answer.body?.contractors.length ?? 0);
    for (const card of answer.body?.contractors ?? []) {
      if (card.repeats.share === null) continue;
      assert.match(await page.locator(`[data-contractor="${card.contractor}"] [data-test=repeats]`).innerText(), new RegExp(`\\b${card.repeats.repeats} of ${card.repeats.n}\\b`), 'of how many repairs is seen without hovering');
    }
  }));
