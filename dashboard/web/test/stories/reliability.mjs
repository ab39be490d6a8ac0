// Reliability and replacement against a whole Steward with history and analyses: what
// the pages show is what the server says, stays in the address, and can be taken along.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { close, launch, open, quit, url } from '../driver.mjs';

before(launch);
after(quit);

/** Runs a scene; a page that logged an error fails it. */
async function scene(options, act) {
  const page = await open(options);
  try {
    await act(page);
    assert.deepEqual(page.errors, []);
  } finally {
    await close(page);
  }
}

/** Asks the API as the person of the page. */
const ask = (page, path) => page.evaluate(async (to) => {
  const answer = await fetch(`/api/v1${to}`, { headers: { Accept: 'application/json' } });
  return { status: answer.status, body: await answer.json() };
}, path);
const view = (page, name) => page.locator(`[data-test=reliability-${name}]`);
/** What is shown once the questions are answered: a note of a state, or content. */
const settled = async (page, name) => {
  await view(page, name).locator('.state-note:not([data-state=loading]), .card, .reliability-facts, .table').first().waitFor({ timeout: 30_000 });
  await page.waitForFunction(() => !document.querySelector('.view .state-note[data-state=loading]'));
};
/** The run whose results are shown: the demonstration has one of every analysis. */
async function latest(page, job) {
  const run = (await ask(page, '/analytics/jobs')).body.items.find(({ name }) => name === job)?.result;
  assert.ok(run, `${job} has a result`);
  return run;
}

/** Runs an analysis once more, and waits until it has ended. */
async function runAgain(page, job) {
  const id = await page.evaluate(async (name) => {
    const { csrf } = await (await fetch('/api/v1/session')).json();
    const answer = await fetch('/api/v1/analytics/runs', { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Steward-CSRF': csrf }, body: JSON.stringify({ job: name }) });
    return (await answer.json()).id;
  }, job);
  for (const end = Date.now() + 180_000; ; await page.waitForTimeout(1000)) {
    const { body } = await ask(page, `/analytics/runs/${id}`);
    if (body.state === 'done') return;
    assert.ok(['queued', 'running'].includes(body.state) && Date.now() < end, `the run of ${job} is ${body.state}: ${body.error ?? ''}`);
  }
}

test('failure rates: the numbers are the server’s, the grouping is in the address, and Back goes back', () =>
  scene({ path: '/reliability' }, async (page) => {
    await settled(page, 'rates');
    const run = await latest(page, 'reliability');
    const { body } = await ask(page, `/analytics/numbers?run=${run.id}&kind=failure_rate&type=class&per=company`);
    const rows = page.locator('.table-row');
    await rows.first().waitFor();
    assert.equal(await rows.count(), body.items.length);
    const most = body.items.filter(({ value }) => value !== null).sort((a, b) => b.value - a.value)[0];
    assert.ok(most, 'something was watched, and its rate is known');
    assert.ok((await rows.first().innerText()).includes(most.n.toLocaleString('en-GB')), 'the class that fails most often comes first, with how often it failed');
    await page.locator('[data-by=project]').click();
    await page.waitForURL(/by=project/);
    await settled(page, 'rates');
    await page.locator('.table-row[data-key$="|class:elevator"]:not([data-key^="|"])').first().waitFor();
    const { body: own } = await ask(page, `/analytics/numbers?run=${run.id}&kind=failure_rate,failure_rate_shrunk&subject=class:elevator&per=project&limit=1000`);
    const rateOf = (kind) => new Map(own.items.filter((one) => one.kind === kind).map((one) => [`${one.region}|${one.project}|${one.subject}`, one.value]));
    const shrunk = rateOf('failure_rate_shrunk');
    const ranked = [...shrunk.values()].some((value) => value !== null) ? shrunk : rateOf('failure_rate');
    const shown = (await rows.evaluateAll((list) => list.map((row) => row.dataset.key))).map((key) => ranked.get(key) ?? -1);
    assert.deepEqual(shown, [...shown].sort((a, b) => b - a), 'projects stand by what is left of their rates without luck');
    assert.equal(shown[0], Math.max(...ranked.values()));
    await page.reload();
    await settled(page, 'rates');
    assert.equal(await page.locator('[data-by=project]').getAttribute('aria-checked'), 'true');
    await page.goBack();
    await page.waitForURL((to) => !to.searchParams.has('by'));
    assert.equal(await page.locator('[data-by=class]').getAttribute('aria-checked'), 'true');
  }));

test('the plan follows the budget by the rule of the analysis, and stays in the address', () =>
  scene({ path: '/reliability/plan' }, async (page) => {
    await settled(page, 'plan');
    const run = await latest(page, 'replacement');
    const { body: plan } = (await ask(page, `/analytics/runs/${run.id}/document?kind=plan`)).body;
    assert.ok(plan.lines?.length > 0, 'something is to be replaced');
    const bought = (budget) => {
      let n = 0;
      for (const line of plan.lines) {
        if (!line.mandatory && !line.worth) break;
        if (budget > 0 && Math.round(line.cumulative_cost_cny * 100) > Math.round(budget * 100)) break;
        n++;
      }
      return n;
    };
    const devices = page.locator('[data-fact=devices] .reliability-figure');
    const says = (n) => page.waitForFunction((text) => document.querySelector('[data-fact=devices] .reliability-figure')?.textContent === text, n.toLocaleString('en-GB'));
    await says(plan.devices_within_budget);
    await page.locator('[data-test=budget-none]').click();
    await says(bought(0));
    await page.waitForURL(/budget=0/);
    const half = Math.max(1, Math.round(plan.lines[Math.floor(bought(0) / 2)]?.cumulative_cost_cny ?? 1));
    await page.locator('[data-test=budget-exact]').fill(String(half));
    await page.keyboard.press('Enter');
    await page.waitForURL(new RegExp(`budget=${half}`));
    await says(bought(half));
    assert.equal(await page.locator('[data-test=budget-value]').innerText(), `¥${half.toLocaleString('en-GB')}`, 'to the yuan, to be added up');
    await page.reload();
    await settled(page, 'plan');
    await says(bought(half));
    // By keyboard the slider moves by a step, and the plan with it.
    const before = await page.locator('[data-test=budget-value]').innerText();
    await page.locator('[data-test=budget-slider]').focus();
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction((was) => document.querySelector('[data-test=budget-value]').textContent !== was, before);
    await page.locator('[data-test=budget-own]').click();
    await says(plan.devices_within_budget);
    // A line says why it is there.
    await page.locator('[data-show=all]').click();
    await page.locator('.table-row').first().click();
    const pane = page.locator('[data-test=reliability-pane]');
    await pane.getByText(plan.lines[0].reasons[0].en).first().waitFor();
    await page.keyboard.press('Escape');
    await pane.waitFor({ state: 'detached' });
    assert.ok(await devices.isVisible());
  }));

test('the plan is exported with the budget that is shown', () =>
  scene({ path: '/reliability/plan?budget=5000' }, async (page) => {
    await settled(page, 'plan');
    const link = page.locator('[data-export=xlsx]');
    const href = await link.getAttribute('href');
    assert.match(href, /budget=5000/);
    const file = await page.evaluate(async (to) => {
      const answer = await fetch(to);
      const bytes = new Uint8Array(await answer.arrayBuffer());
      return { status: answer.status, start: String.fromCharCode(...bytes.slice(0, 2)), length: bytes.length };
    }, href);
    assert.equal(file.status, 200);
    assert.equal(file.start, 'PK', 'an XLSX file is a zip file');
  }));

test('a trend is judged as the analysis judged it', () =>
  scene({ path: '/reliability/trend' }, async (page) => {
    await settled(page, 'trend');
    const run = await latest(page, 'reliability');
    const subject = await page.locator('[data-subject][aria-current]').getAttribute('data-subject');
    const { body: trend } = (await ask(page, `/analytics/runs/${run.id}/document?kind=recurrence&subject=${encodeURIComponent(subject)}`)).body;
    const words = { deteriorating: 'fails more often with age', improving: 'fails less often with age', steady: 'no trend shown' };
    const shown = await page.locator('.reliability-figures').innerText();
    for (const [direction, said] of Object.entries(words)) assert.equal(shown.includes(said), trend.trend.direction === direction, `${subject} is ${trend.trend.direction}`);
    assert.equal(await page.locator('[data-fact=beta][data-tone]').count(), 0, 'the exponent has no verdict of its own');
    const ages = trend.mcf?.length ?? 0;
    assert.ok((await page.locator('.reliability-risks td').count()) <= ages, 'how many were watched is known at failures alone');
  }));

test('devices at risk are ranked as the server ranks them, by either horizon', () =>
  scene({ path: '/reliability/risk' }, async (page) => {
    await settled(page, 'risk');
    const run = await latest(page, 'lifetimes');
    for (const days of [365, 90]) {
      await page.locator(`[data-days="${days}"]`).click();
      await settled(page, 'risk');
      const { status, body } = await ask(page, `/analytics/runs/${run.id}/risks?days=${days}&limit=5`);
      assert.equal(status, 200);
      assert.ok(body.items.length > 0, 'devices have a forecast');
      const first = body.items[0];
      await page.locator(`.table-row[data-index="0"][data-key="${first.region}/${first.project}/${first.class}/${first.device}"]`).waitFor();
      const values = body.items.map((one) => one[`fail_${days}d`].value);
      assert.deepEqual(values, [...values].sort((a, b) => b - a));
    }
  }));

test('an earlier run is shown as it was, and says so', () =>
  scene({ path: '/reliability' }, async (page) => {
    await settled(page, 'rates');
    const others = async () => {
      const run = await latest(page, 'reliability');
      const { body } = await ask(page, '/analytics/runs?job=reliability&state=done');
      return { run, other: body.items.find(({ id }) => id !== run.id) };
    };
    if (!(await others()).other) await runAgain(page, 'reliability');
    const { run, other } = await others();
    assert.ok(other, 'there are two runs');
    await page.goto(`${url}/reliability`);
    await settled(page, 'rates');
    await page.locator('[data-test=run-select]').selectOption(other.id);
    await page.waitForURL(new RegExp(`run=${other.id}`));
    await page.locator('[data-test=run-earlier]').waitFor();
    await page.locator('[data-test=run-latest]').click();
    await page.locator('[data-test=run-earlier]').waitFor({ state: 'detached' });
    await page.goto(`${url}/reliability/compare?is=${run.id}&was=${other.id}`);
    await settled(page, 'compare');
    assert.equal(await page.locator('[data-test=compare-was]').inputValue(), other.id);
  }));
