// The control room against a whole Steward: the tree, the boards of each class, today's
// use, the display on the wall, and what somebody of another project is not shown.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { close, launch, open, quit, url } from '../driver.mjs';

before(launch);
after(quit);

/** Opens a page, runs the scene, and fails when the page logged an error. */
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
const ask = (page, path) => page.evaluate(async (to) => (await fetch(`/api/v1${to}`)).json(), path);
const board = (page) => page.locator('[data-test=board]');
const number = (text) => Number(text.replace(/[^\d]/g, ''));

/** A project that has devices of a class. */
async function projectWith(page, kind) {
  const { items } = await ask(page, `/latest?class=${kind}&limit=1`);
  assert.ok(items.length > 0, `there is no ${kind}`);
  return items[0];
}

test('from headquarters to a building, by the tree, by link, and back', () =>
  scene({ path: '/live' }, async (page) => {
    const { region, project } = await projectWith(page, 'elevator');
    await page.locator(`[data-row="${region}"]`).waitFor();
    if ((await page.locator(`[data-row="${region}/${project}"]`).count()) === 0) await page.locator(`[data-row="${region}"] .live-twist`).click();
    await page.locator(`[data-row="${region}/${project}"]`).click();
    await page.waitForURL(new RegExp(`at=${region}/${project}`));
    const shown = () => page.locator('[data-test=device-count]').innerText();
    const { items } = await ask(page, `/latest?region=${region}&project=${project}&limit=1000`);
    await page.waitForFunction((n) => document.querySelector('[data-test=device-count]').textContent.replace(/\D/g, '') === String(n), items.length);

    const house = page.locator(`[data-row^="${region}/${project}/"]`).first();
    await house.waitFor();
    const key = await house.getAttribute('data-row');
    await house.click();
    await page.locator('[data-test=building]').waitFor();
    const building = key.split('/').at(-1);
    const registered = await ask(page, `/devices?region=${region}&project=${project}&building=${building}&state=active&limit=1000`);
    const here = new Set(items.map((device) => `${device.class}/${device.device}`));
    const expected = registered.items.filter((device) => here.has(`${device.class}/${device.id}`)).length;
    await page.waitForFunction((n) => document.querySelector('[data-test=device-count]').textContent.startsWith(`${n} `), expected);
    await page.reload();
    await page.locator('[data-test=building]').waitFor();
    await page.waitForFunction((n) => document.querySelector('[data-test=device-count]').textContent.startsWith(`${n} `), expected);
    assert.equal(await page.locator(`[data-row="${key}"]`).getAttribute('aria-selected'), 'true');
    await page.goBack();
    await page.locator('[data-test=building]').waitFor({ state: 'detached' });
    assert.equal(number(await shown()), items.length);
  }));

test('lifts are shafts whose cars are where the API says', () =>
  scene({ path: '/live?class=elevator' }, async (page) => {
    await board(page).locator('.live-lift').first().waitFor();
    const { items } = await ask(page, '/latest?class=elevator&limit=1000');
    await page.waitForFunction((n) => document.querySelector('[data-test=device-count]').textContent.replace(/\D/g, '') === String(n), items.length);
    const card = board(page).locator('.live-lift:has(.live-car)').first();
    const path = await card.getAttribute('data-device');
    // A car moves on while one asks: the two agree within a few questions.
    let said = [];
    for (let i = 0; i < 20; i++) {
      const [region, project, , device] = path.split('/');
      const latest = await ask(page, `/latest?region=${region}&project=${project}&class=elevator&device=${device}`);
      const floor = latest.items[0].values.find((value) => value.metric === 'floor').value;
      const drawn = await page.locator(`[data-device="${path}"] [data-metric=floor]`).evaluate((element) => parseInt(element.textContent, 10));
      said = [drawn, floor];
      if (drawn === floor) break;
    }
    assert.equal(said[0], said[1]);
    await page.locator('[data-test=only-trouble]').click();
    await page.waitForURL(/only=trouble/);
    await page.reload();
    assert.equal(await page.locator('[data-test=only-trouble]').getAttribute('aria-pressed'), 'true');
    assert.equal(await board(page).locator('[data-condition=well].live-card').count(), 0);
  }));

test('a card leads to its device, from the keyboard too', () =>
  scene({ path: '/live?class=fire' }, async (page) => {
    await board(page).locator('.live-group').first().waitFor();
    await board(page).locator('.live-card').first().focus();
    const focused = () => page.evaluate(() => document.activeElement.dataset.device);
    const first = await focused();
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction((was) => document.activeElement.dataset.device && document.activeElement.dataset.device !== was, first);
    const second = await focused();
    await page.keyboard.press('Enter');
    await page.locator('[data-test=detail]').waitFor();
    assert.match(page.url(), new RegExp(`device=${second}`));
    assert.equal(await page.locator('[data-test=open-device]').getAttribute('href'), `/devices/${second}`);
    await page.keyboard.press('Escape');
    await page.locator('[data-test=detail]').waitFor({ state: 'hidden' });
    await page.waitForFunction((is) => document.activeElement.dataset.device === is, second);
  }));

test('a meter shows today against the same weekday, as the API has counted it', () =>
  scene({ path: '/live?class=meter' }, async (page) => {
    // In the first hour of a day nothing of it is counted yet, and the cards say that.
    const cards = board(page).locator('.live-meter:has(.live-use:not([data-state=asking]))');
    await cards.first().waitFor();
    const counted = cards.filter({ has: page.locator('[data-state=counted]') });
    const some = await counted.count();
    const path = await (some ? counted : cards).first().getAttribute('data-device');
    const from = await page.evaluate(() => {
      const now = new Date();
      now.setHours(0, 0, 0, 0);
      return now.toISOString();
    });
    const { items } = await ask(page, `/consumption/weeks?devices=${path}&from=${encodeURIComponent(from)}`);
    const use = items.find((item) => ['energy_kwh', 'volume_m3', 'heat_gj'].includes(item.metric));
    if (!some) {
      assert.equal(use?.used ?? null, null, `${path} is counted`);
      return;
    }
    const [today, then] = await page.locator(`[data-device="${path}"] .live-use-line > :nth-child(2)`).allInnerTexts();
    const near = (text, value) => {
      const drawn = Number(text.replace(/[^\d.-]/g, ''));
      assert.ok(Math.abs(drawn - value) <= Math.max(0.006, Math.abs(value) * 0.005), `${text} is not ${value}`);
    };
    near(today, use.used);
    if (use.used_then === null) assert.match(then, /insufficient/);
    else near(then, use.used_then);
  }));

test('gates say whether they are open', () =>
  scene({ path: '/live?class=access', language: 'zh' }, async (page) => {
    await board(page).locator('.live-gate').first().waitFor();
    await board(page).locator('.live-gate .live-word').getByText(/^(开启|关闭)$/).first().waitFor();
  }));

test('the wall has the counts of the API, in dark, without the frame', () =>
  scene({ path: '/live/wall', width: 1920, height: 1080, language: 'zh' }, async (page) => {
    const wall = page.locator('[data-test=wall]');
    await wall.locator('tr[data-row]').first().waitFor();
    assert.equal(await page.locator('.nav').count(), 0);
    assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
    const { items } = await ask(page, '/incidents?open=true&limit=1000&severity=critical');
    const quiet = (one) => one.silenced || one.parent;
    if (items.some(quiet)) return; // what nobody is told of is not counted in the same way
    await page.waitForFunction((n) => Number(document.querySelector('.wall-counts [data-severity=critical] strong').textContent) >= n, items.length);
    const over = await page.evaluate(() => [document.documentElement.scrollWidth - window.innerWidth, document.documentElement.scrollHeight - window.innerHeight]);
    assert.ok(over.every((px) => px <= 0), `it would have to be scrolled by ${over}`);
    await wall.locator('[data-test=wall-leave]').click();
    await page.locator('.live-grid').waitFor();
    assert.notEqual(await page.getAttribute('html', 'data-theme'), 'dark');
  }));

test('the wall of a project has its lifts, fire zones and gates by their names, and what was used today', () =>
  scene({ path: '/live' }, async (page) => {
    const [{ region, project }] = (await ask(page, '/devices?class=elevator&state=active&limit=1')).items;
    const { items: lifts } = await ask(page, `/devices?class=elevator&state=active&region=${region}&project=${project}&limit=10`);
    await page.setViewportSize({ width: 1920, height: 1080 });
    await page.goto(`${url}/live/wall?at=${region}/${project}`);
    const said = [];
    for (const { id, name } of lifts.slice(0, 2)) {
      const lift = page.locator(`[data-tile="${region}/${project}/elevator/${id}"]`);
      await lift.getByText(name).waitFor();
      said.push(await lift.locator('.wall-tile-glance').innerText());
    }
    assert.ok(said.some((text) => /^F-?\d+/.test(text)), `no lift is at a floor: ${said}`);
    let beside = 0;
    for (const kind of ['elevator', 'fire', 'access']) beside += (await ask(page, `/devices?class=${kind}&state=active&region=${region}&project=${project}&limit=1&total=true`)).total;
    assert.match(await page.locator('#wall-tiles-title').innerText(), new RegExp(`^${beside} `));
    const day = await page.evaluate(() => new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai' }).format(Date.now()));
    const next = new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
    const { items: [used] } = await ask(page, `/energy/use?medium=electricity&from=${day}&to=${next}&by=hour&region=${region}&project=${project}`);
    const foot = page.locator('[data-used=electricity]');
    if ((used?.total.use ?? null) === null) return assert.equal(await foot.count(), 0, 'in the first hour of a day nothing of it is counted');
    await foot.waitFor();
    assert.equal(Number(/[\d,]+/.exec(await foot.locator('strong').innerText())[0].replaceAll(',', '')), Math.round(used.total.use));
  }));
