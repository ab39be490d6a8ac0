// Who is there, and what he may: signing in and out, and devices that wait for
// approval, in a real browser against the real sign-in and registry.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { barriers, close, launch, open, password, play, quit, url } from './driver.mjs';

before(launch);
after(quit);
beforeEach(() => play({ do: 'reset' }));

const meter = 'north/harbour/meter/m-1';
const panel = 'south/garden/fire/panel-1';
const door = (page) => page.locator('[data-test=signin]');
const live = (page) => page.locator('[data-test=connection][data-state=live]');

/** Opens a page, runs the scene, and fails when the page logged an error that was not expected. */
async function scene(options, act) {
  const page = await open(options);
  try {
    await act(page);
    // A browser logs every answer that is an error; here some are part of the play.
    assert.deepEqual(page.errors.filter((text) => !/status of 40[139]|status of 429|WebSocket connection/.test(text)), []);
  } finally {
    await close(page);
  }
}

async function fill(page, login, secret) {
  await page.locator('input[name=username]').fill(login);
  await page.locator('input[name=password]').fill(secret);
  await page.locator('button[type=submit]').click();
}

const words = {
  en: { wrong: 'The name or the password is wrong.', locked: /Try again in \d+ s/, empty: 'Fill in every field.', signIn: 'Sign in', other: '中文' },
  zh: { wrong: '登录名或密码错误。', locked: /请在 \d+ 秒后重试/, empty: '请填写所有内容。', signIn: '登录', other: 'English' },
};

for (const language of ['en', 'zh']) {
  test(`signing in, with a wrong password first: ${language}`, () =>
    scene({ person: '', language, path: '/live?at=north/harbour&class=meter' }, async (page) => {
      await play({ do: 'reading', device: meter, metric: 'power_kw', value: 3.25 }, { do: 'reading', device: panel, metric: 'smoke_ppm', value: 1 });
      const t = words[language];
      await door(page).waitFor();
      assert.equal(await page.title(), language === 'zh' ? '登录 · 管家' : 'Sign in · Steward');
      // What password managers go by, and the keyboard's first place.
      assert.equal(await page.locator('input[name=username]').getAttribute('autocomplete'), 'username');
      assert.equal(await page.locator('input[name=password]').getAttribute('autocomplete'), 'current-password');
      assert.equal(await page.evaluate(() => document.activeElement.name), 'username');
      assert.equal(await page.locator('.device-row').count(), 0, 'nothing is shown to nobody');

      await page.keyboard.type('viewer');
      await page.keyboard.press('Enter');
      await door(page).getByRole('alert').getByText(t.empty).waitFor();
      assert.equal(await page.evaluate(() => document.activeElement.name), 'password');
      await page.keyboard.type('not the password');
      await page.keyboard.press('Enter');
      await door(page).getByRole('alert').getByText(t.wrong).waitFor();
      assert.equal(await page.locator('input[name=password]').inputValue(), '');
      await fill(page, 'viewer', password);
      await live(page).waitFor();
      // back where one was, and the cookie is out of scripts' reach
      assert.match(page.url(), /\/live\?at=north\/harbour&class=meter$/);
      await page.locator(`[data-device="${meter}"]`).waitFor();
      assert.equal(await page.evaluate(() => document.cookie), '');
      const [cookie] = await page.context().cookies();
      assert.deepEqual([cookie.name, cookie.httpOnly, cookie.sameSite, cookie.path], ['steward', true, 'Lax', '/']);
    }));

  test(`too many wrong passwords: ${language}`, () =>
    scene({ person: '', language }, async (page) => {
      const t = words[language];
      for (let i = 0; i < 3; i++) {
        await fill(page, `locked-${language}`, `wrong ${i}`);
        await page.locator('button[type=submit]:not([disabled]), .gate-error').first().waitFor();
        await page.waitForFunction(() => document.querySelector('input[name=password]').value === '');
      }
      await fill(page, `locked-${language}`, password);
      await door(page).getByText(t.locked).waitFor();
      assert.equal(await page.locator('button[type=submit]').isDisabled(), true);
    }));
}

test('the door speaks the other language, too', () =>
  scene({ person: '', language: 'zh' }, async (page) => {
    await page.getByRole('button', { name: '登录', exact: true }).waitFor();
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    assert.equal(await page.getAttribute('html', 'lang'), 'en-GB');
  }));

test('the menu says who one is, and signs out', () =>
  scene({ person: 'engineer', fresh: true }, async (page) => {
    await page.locator('[data-test=account]').click();
    const menu = page.locator('#account-menu');
    await menu.getByText('Engineer', { exact: true }).waitFor();
    await menu.getByText('north / harbour').waitFor();
    await page.keyboard.press('Escape');
    await menu.waitFor({ state: 'hidden' });
    assert.equal(await page.evaluate(() => document.activeElement.dataset.test), 'account');
    await page.keyboard.press('Enter');
    await page.locator('[data-test=sign-out]').click();
    await door(page).waitFor();
    assert.deepEqual((await page.context().cookies()).filter((c) => c.value), []);
    await page.reload();
    await door(page).waitFor();
    await page.goBack().catch(() => {});
    assert.equal(await page.locator('.device-row').count(), 0);
  }));

test('signing out everywhere ends the other pages, which come back to where they were', () =>
  scene({ person: 'north', fresh: true }, async (page) => {
    const other = await open({ person: 'north', fresh: true, path: '/live?at=north&class=elevator' });
    await page.locator('[data-test=account]').click();
    await page.locator('[data-test=sign-out-everywhere]').click();
    await door(page).waitFor();
    await door(other).getByText('Your session has ended').waitFor();
    await fill(other, 'north', password);
    await live(other).waitFor();
    assert.match(other.url(), /\/live\?at=north&class=elevator$/);
    await close(other);
  }));

test('a session that was ended elsewhere is noticed, also after the server was away', () =>
  scene({ person: 'garden', fresh: true }, async (page) => {
    await play({ do: 'down' }, { do: 'end_sessions', person: 'garden' }, { do: 'up' });
    await door(page).getByText('Your session has ended').waitFor();
    page.errors.length = 0; // the time without a server
  }));

test('a person of one project sees that project only', () =>
  scene({ person: 'garden', path: '/live?at=north/harbour' }, async (page) => {
    await play(
      { do: 'reading', device: meter, metric: 'power_kw', value: 1 }, { do: 'reading', device: panel, metric: 'smoke_ppm', value: 1 },
      { do: 'event', device: 'north/harbour/elevator/lift-1', kind: 'entrapment', id: 'e' },
      { do: 'rejected', topic: `property/${meter}/event`, payload: '', reason: 'empty', error: 'secret of the harbour' },
    );
    // A link to a place of others says so, and leads to one's own.
    await page.locator('[data-test=denied]').waitFor();
    assert.ok(!(await page.content()).includes('harbour'), 'nothing of others is in the page');
    await page.locator('[data-test=denied] a').click();
    await page.locator(`[data-device="${panel}"]`).waitFor();
    await page.waitForFunction(() => document.querySelector('[data-test=total-devices]')?.textContent === '1');
    assert.equal(await page.locator('[data-row="north/harbour"]').count(), 0);
    assert.equal(await page.locator('[data-test=total-rejected]').innerText(), '0');
    const text = await page.content();
    assert.ok(!text.includes('harbour') && !text.includes('lift-1'), 'nothing of others is in the page');
    assert.equal(await page.locator('.danger').count(), 0);
  }));

test('a one-time password has to be changed first', async () => {
  const oneTime = await play({ do: 'reset_password', person: 'newcomer' });
  await scene({ person: '' }, async (page) => {
    await fill(page, 'newcomer', oneTime);
    await page.getByText('Choose a password of your own').waitFor();
    assert.deepEqual(await page.locator('input[autocomplete=new-password]').count(), 2);
    const change = async (old, one, two) => {
      await page.locator('input[name=password]').fill(old);
      await page.locator('input[name=new-password]').fill(one);
      await page.locator('input[name=repeat-password]').fill(two);
      await page.locator('button[type=submit]').click();
    };
    await change(oneTime, 'short', 'short');
    await page.getByRole('alert').getByText('At least 10 characters').waitFor();
    await change(oneTime, 'a sentence of my own', 'another sentence');
    await page.getByRole('alert').getByText('not the same').waitFor();
    await page.reload(); // no way around it
    await page.getByText('Choose a password of your own').waitFor();
    await change(oneTime, 'a sentence of my own', 'a sentence of my own');
    await live(page).waitFor();
  });
});

test('devices that wait are approved and refused', async () => {
  const paths = Array.from({ length: 5 }, (_, i) => `west/lake/meter/new-${i}`);
  await play({ do: 'pending', devices: [...paths, 'south/garden/access/gate-9'] });
  await scene({ person: 'boss', language: 'zh' }, async (page) => {
    const button = page.locator('[data-test=pending]');
    await button.getByText('6').waitFor();
    await button.click();
    const panel = page.locator('[data-test=pending-panel]');
    await panel.getByRole('heading', { name: '6 台设备待接入' }).waitFor();
    await panel.getByText('西部大区 / 翠湖花园').waitFor(); // as people call them
    await panel.getByRole('button', { name: '批准 new-0' }).click();
    await panel.getByRole('heading', { name: '5 台设备待接入' }).waitFor();
    await panel.getByRole('button', { name: '拒绝 gate-9' }).click();
    await panel.getByRole('heading', { name: '4 台设备待接入' }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'pending-title');
    await panel.getByRole('button', { name: /全部批准/ }).click();
    await panel.waitFor({ state: 'hidden' });
    await button.waitFor({ state: 'hidden' });
    const active = await page.evaluate(async () => (await (await fetch('/api/v1/devices?region=west&state=active')).json()).items.map((d) => d.id));
    assert.deepEqual(active.sort(), ['new-0', 'new-1', 'new-2', 'new-3', 'new-4']);
  });
});

test('who may not decide is not asked', async () => {
  await play({ do: 'pending', devices: ['north/harbour/meter/new-7'] });
  await scene({ person: 'viewer' }, async (page) => {
    await page.waitForLoadState('networkidle').catch(() => {});
    assert.equal(await page.locator('[data-test=pending]').isVisible(), false);
  });
  await scene({ person: 'engineer' }, async (page) => {
    await page.locator('[data-test=pending]').click();
    await page.getByRole('button', { name: 'Refuse new-7' }).click();
    await page.locator('[data-test=pending]').waitFor({ state: 'hidden' });
  });
});

test('places have the names that people gave them', () =>
  scene({ person: 'boss' }, async (page) => {
    await play({ do: 'reading', device: 'west/lake/meter/m-1', metric: 'power_kw', value: 1 });
    await page.locator('[data-row="west/lake"]').getByText('翠湖花园', { exact: true }).waitFor();
    await page.locator('[data-device="west/lake/meter/m-1"]').getByText('西部大区 / 翠湖花园').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('翠湖');
    await page.getByText('1 device', { exact: true }).waitFor();
  }));

test('the reference of the API is drawn without leaving the origin', async () => {
  const page = await open({ person: 'boss' });
  const foreign = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:')) foreign.push(request.url());
  });
  await page.goto(`${url}/api/docs`);
  await page.locator('.opblock').first().waitFor({ timeout: 60_000 });
  // So many operations are drawn as they come into sight.
  const seen = new Set();
  const deadline = Date.now() + 60_000;
  while (seen.size <= 100 && Date.now() < deadline) {
    for (const id of await page.locator('.opblock').evaluateAll((blocks) => blocks.map((block) => block.id))) seen.add(id);
    await page.mouse.move(700, 450);
    await page.mouse.wheel(0, 300);
    await new Promise((done) => setTimeout(done, 100));
  }
  assert.ok(seen.size > 100, `${seen.size} operations are drawn`);
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.locator('.opblock').first().click();
  await page.getByRole('button', { name: 'Try it out' }).waitFor();
  assert.deepEqual(foreign, []);
  assert.deepEqual(page.errors, []);
  await close(page);
});

for (const [name, size] of [['desk', { width: 1440, height: 900 }], ['phone', { width: 390, height: 844 }]]) {
  for (const theme of ['light', 'dark']) {
    test(`no serious barrier at the door and in the menus: ${name} ${theme}`, async () => {
      await play({ do: 'pending', devices: ['west/lake/meter/axe-1', 'west/lake/fire/axe-2'] });
      await scene({ person: '', theme, ...size, language: 'zh' }, async (page) => {
        await door(page).waitFor();
        assert.deepEqual(await barriers(page), []);
        await fill(page, `nobody-${name}-${theme}`, 'wrong');
        await door(page).getByRole('alert').getByText('登录名或密码错误').waitFor();
        assert.deepEqual(await barriers(page), []);
      });
      await scene({ person: 'boss', theme, ...size, language: 'en' }, async (page) => {
        await page.locator('[data-test=account]').click();
        await page.locator('[data-test=change-password]').waitFor();
        assert.deepEqual(await barriers(page), []);
        await page.locator('[data-test=change-password]').click();
        await page.locator('input[name=new-password]').waitFor();
        assert.deepEqual(await barriers(page), []);
        await page.keyboard.press('Escape');
        await page.locator('[data-test=pending]').click();
        await page.locator('[data-pending="west/lake/meter/axe-1"]').waitFor();
        assert.deepEqual(await barriers(page), []);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(wide <= 0, `the page is ${wide} px too wide`);
      });
    });
  }
}
