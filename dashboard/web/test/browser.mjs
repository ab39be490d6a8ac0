// The application in a real browser, against a real server: what a person sees.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { barriers, close, launch, looks, open, play, quit, url } from './driver.mjs';
import { takeShots } from './shots.mjs';

before(launch);
after(quit);
beforeEach(() => play({ do: 'reset' }));

const meter = 'north/harbour/meter/m-1';
const lift = 'north/harbour/elevator/lift-1';
const panel = 'south/garden/fire/panel-1';
const row = (page, device) => page.locator(`[data-device="${device}"]`);
const base64 = (text) => Buffer.from(text).toString('base64');

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

test('a value appears within a second, with its unit and its times', () =>
  scene({}, async (page) => {
    await page.getByText('No devices here yet').waitFor();
    await play({ do: 'reading', device: meter, metric: 'power_kw', value: 3.25, late_ms: 90_000 });
    const value = row(page, meter).locator('[data-metric=power_kw]');
    await value.waitFor({ timeout: 1000 });
    assert.match(await value.innerText(), /Power\s+3\.25\skW/);
    assert.match(await value.getAttribute('title'), /measured .*GMT\+8[\s\S]*received .*GMT\+8/);

    await play({ do: 'reading', device: meter, metric: 'power_kw', value: 4.5 });
    await value.getByText('4.5').waitFor({ timeout: 1000 });
    // late, so not the latest
    await play({ do: 'reading', device: meter, metric: 'power_kw', value: 99, late_ms: 60_000 }, { do: 'reading', device: meter, metric: 'voltage_v', value: 230 });
    await row(page, meter).locator('[data-metric=voltage_v]').waitFor();
    assert.match(await value.innerText(), /4\.5/);
  }));

test('an entrapment is on top with a running clock until it is over', () =>
  scene({}, async (page) => {
    const strip = page.locator('[data-test=dangers]');
    await strip.getByText('No open danger to life').waitFor();
    await play({ do: 'event', device: lift, kind: 'entrapment', id: 'e', age_ms: 125_000 });
    await strip.getByText('1 open danger to life').waitFor({ timeout: 1000 });
    const clock = strip.locator('.danger-clock');
    assert.match(await clock.innerText(), /^02:0[4-9]$/);
    const first = await clock.innerText();
    await page.waitForFunction((was) => document.querySelector('.danger-clock')?.textContent !== was, first);
    assert.match(await strip.innerText(), /left of 10 min/);
    assert.match(await strip.locator('[role=alert]').textContent(), /Entrapment: harbour lift-1/);

    // from another scope it is still there, and it leads to its device
    await page.goto(`${url}/live?at=south/garden`);
    await strip.getByRole('button', { name: /Entrapment/ }).click();
    await page.locator('[data-test=detail]').getByRole('heading', { name: 'lift-1' }).waitFor();
    await page.locator('[data-test=detail]').getByText('Entrapment').waitFor();
    assert.match(page.url(), /at=north\/harbour/);

    await play({ do: 'event', device: lift, kind: 'arrived', id: 'a', age_ms: 5000 });
    await strip.getByText(/help on site after 02:\d\d/).waitFor();
    await play({ do: 'event', device: lift, kind: 'released', id: 'r' });
    await strip.getByText('No open danger to life').waitFor();
  }));

test('over ten minutes without help is said in words', () =>
  scene({ language: 'zh' }, async (page) => {
    await play({ do: 'event', device: lift, kind: 'entrapment', id: 'e', age_ms: 599_000 });
    const card = page.locator('.danger');
    await card.getByText('10 分钟时限还剩').waitFor();
    await card.getByText('已超 10 分钟').waitFor();
    await play({ do: 'event', device: panel, kind: 'alarm', id: 'f' });
    await page.getByText('2 起危及人身安全的事件未解除').waitFor();
  }));

test('counts, filters, links and the way back', () =>
  scene({}, async (page) => {
    await play(
      { do: 'reading', device: meter, metric: 'power_kw', value: 1 }, { do: 'status', device: meter, online: true },
      { do: 'reading', device: lift, metric: 'floor', value: 3 }, { do: 'status', device: lift, online: false },
      { do: 'reading', device: panel, metric: 'smoke_ppm', value: 2 },
    );
    const harbour = page.locator('[data-row="north/harbour"]');
    await page.getByRole('treeitem', { name: /harbour.*nothing open, 1 offline/ }).waitFor();
    assert.equal(await page.locator('[data-test=total-devices]').innerText(), '3');
    assert.equal(await page.locator('[data-test=total-offline]').innerText(), '1');

    await harbour.click();
    await page.getByText('2 devices', { exact: true }).waitFor();
    await page.locator('[data-class=elevator]').and(page.getByTitle(/Elevators: 0 online, 1 offline/)).click();
    await page.getByText('1 device', { exact: true }).waitFor();
    assert.match(page.url(), /\/live\?at=north\/harbour&class=elevator$/);
    await row(page, lift).waitFor();
    assert.equal(await row(page, meter).count(), 0);
    assert.equal(await page.locator('[data-row="south/garden"]').count(), 1, 'the counts are of everything');

    await page.goBack();
    await page.getByText('2 devices', { exact: true }).waitFor();
    await page.goBack();
    await page.getByText('3 devices', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Offline only' }).click();
    await page.getByText('1 of 3 devices').waitFor();
    assert.match(page.url(), /only=offline/);
    await page.getByRole('button', { name: 'Offline only' }).click();
    await page.getByText('3 devices', { exact: true }).waitFor();

    await page.keyboard.press('/');
    await page.keyboard.type('garden fire');
    await page.getByText('1 of 3 devices').waitFor();
    await row(page, panel).waitFor();
    await page.keyboard.type(' nothing');
    await page.getByText('No device matches').waitFor();
    // A link shows a colleague the same.
    await page.waitForURL(/q=garden/);
    await page.reload();
    await page.getByText('No device matches').waitFor();
    await page.getByRole('button', { name: 'Clear the filters' }).click();
    await page.getByText('3 devices', { exact: true }).waitFor();
  }));

test('the list and the details work from the keyboard', () =>
  scene({}, async (page) => {
    await play({ do: 'fleet', count: 100 });
    await page.getByText('100 devices', { exact: true }).waitFor();
    await page.locator('.device-row').first().focus();
    const focused = () => page.evaluate(() => document.activeElement.closest('li')?.getAttribute('aria-posinset'));
    await page.keyboard.press('ArrowDown');
    assert.equal(await focused(), '2');
    await page.keyboard.press('End');
    assert.equal(await focused(), '100');
    await page.keyboard.press('PageUp');
    assert.equal(await focused(), '90');
    await page.keyboard.press('Enter');
    await page.locator('[data-test=detail]').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'detail-title');
    await page.keyboard.press('Escape');
    await page.locator('[data-test=detail]').waitFor({ state: 'hidden' });
    assert.equal(await focused(), '90');
  }));

test('the tree of places works from the keyboard', () =>
  scene({}, async (page) => {
    await play({ do: 'reading', device: meter, metric: 'power_kw', value: 1 }, { do: 'reading', device: panel, metric: 'smoke_ppm', value: 2 });
    await page.locator('[data-row="south/garden"]').waitFor();
    const focused = () => page.evaluate(() => document.activeElement.dataset.row);
    const goes = async (key, to) => {
      await page.keyboard.press(key);
      await page.waitForFunction((row) => document.activeElement.dataset.row === row, to);
    };
    await page.locator('[data-test=tree] [tabindex="0"]').focus();
    assert.equal(await focused(), '');
    await goes('ArrowDown', 'west'); // by name, 西部大区: it has no devices, and is a place
    await goes('ArrowDown', 'west/lake');
    await goes('ArrowDown', 'north');
    await goes('ArrowRight', 'north/harbour');
    await goes('ArrowLeft', 'north');
    await page.keyboard.press('ArrowLeft');
    await page.locator('[data-row="north/harbour"]').waitFor({ state: 'detached' });
    assert.equal(await page.locator('[data-row="north"]').getAttribute('aria-expanded'), 'false');
    await goes('g', 'south/garden');
    await page.keyboard.press('Enter');
    await page.getByText('1 device', { exact: true }).waitFor();
    assert.match(page.url(), /\/live\?at=south\/garden$/);
    assert.equal(await page.locator('[data-row="south/garden"]').getAttribute('aria-selected'), 'true');
    assert.equal(await page.locator('[data-test=tree] [tabindex="0"]').count(), 1);
  }));

test('each class is drawn as what it is, and follows what its devices say', () =>
  scene({ path: '/live?class=elevator' }, async (page) => {
    const gate = 'north/harbour/access/g-1';
    await play(
      { do: 'reading', device: lift, metric: 'floor', value: 3 }, { do: 'reading', device: lift, metric: 'direction', value: 1 }, { do: 'reading', device: lift, metric: 'door_open', value: 0 },
      { do: 'reading', device: lift, metric: 'passenger', value: 1 }, { do: 'reading', device: lift, metric: 'load_kg', value: 140 }, { do: 'state', device: lift, metric: 'mode', text: 'normal' },
      { do: 'status', device: lift, online: true }, { do: 'reading', device: panel, metric: 'smoke_ppm', value: 7.5 }, { do: 'status', device: panel, online: true },
      { do: 'reading', device: gate, metric: 'door_open', value: 1 }, { do: 'reading', device: gate, metric: 'passages_total', value: 1234 }, { do: 'state', device: gate, metric: 'mode', text: 'lockdown' },
      { do: 'reading', device: meter, metric: 'power_kw', value: 12.5 },
    );
    const card = row(page, lift);
    await card.waitFor();
    const car = () => page.evaluate(() => document.querySelector('.live-car').style.transform);
    await card.getByText('going up').waitFor();
    assert.match(await card.innerText(), /3\s*F[\s\S]*Yes|3\s*F[\s\S]*140/);
    await card.getByText('Normal service').waitFor();
    const third = await car();
    await play({ do: 'reading', device: lift, metric: 'floor', value: 5 }, { do: 'reading', device: lift, metric: 'direction', value: 0 }, { do: 'reading', device: lift, metric: 'door_open', value: 1 });
    await card.getByText('standing').waitFor();
    assert.notEqual(await car(), third, 'the car moves with its floor');
    await page.locator('.live-car[data-door=open]').waitFor();
    await play({ do: 'event', device: lift, kind: 'entrapment', id: 'e' });
    await page.locator(`[data-device="${lift}"][data-condition=danger]`).getByText('Entrapment').waitFor();

    await page.locator('[data-class=fire]').click();
    assert.match(page.url(), /class=fire/);
    await row(page, panel).getByText('7.5').waitFor();
    await page.locator('[data-class=access]').click();
    await row(page, gate).getByText('Open', { exact: true }).waitFor();
    await row(page, gate).getByText('Lockdown').waitFor();
    await page.locator('[data-class=meter]').click();
    await row(page, meter).getByText('12.5').waitFor();
    await page.locator('[data-as=list]').click();
    await page.locator('.device-row').waitFor();
    assert.match(page.url(), /class=meter&as=list/);
    await page.goBack();
    await row(page, meter).click();
    await page.locator('[data-test=detail]').waitFor();
  }));

test('the wall shows what is open first, turns by itself, and says when it is not the present', () =>
  scene({ path: '/live/wall', width: 1920, height: 1080 }, async (page) => {
    const wall = page.locator('[data-test=wall]');
    await wall.getByText('No open incidents').waitFor();
    assert.equal(await page.locator('.topbar').count(), 0, 'the frame is not there');
    await play({ do: 'fleet', count: 60 }, { do: 'event', device: lift, kind: 'entrapment', id: 'e', age_ms: 65_000 });
    await wall.locator('.wall-incident.grave').getByText('Entrapment').waitFor({ timeout: 1000 });
    assert.match(await wall.locator('.wall-age').innerText(), /^01:0\d$/);
    await wall.getByText('1 in danger to life').waitFor();
    await wall.locator('[data-row=north]').waitFor();
    const wide = await page.evaluate(() => [document.documentElement.scrollWidth - window.innerWidth, document.documentElement.scrollHeight - window.innerHeight]);
    assert.deepEqual(wide.map((px) => px > 0), [false, false], 'nothing has to be scrolled');
    await play({ do: 'event', device: lift, kind: 'released', id: 'r' });
    await wall.locator('.wall-incident').waitFor({ state: 'detached' });
    await play({ do: 'down' });
    await wall.getByText(/This is the state of \d\d:\d\d:\d\d/).waitFor();
    await play({ do: 'up' });
    await wall.locator('[data-test=connection][data-state=live]').waitFor();
    page.errors.length = 0; // the time without a server
    await wall.locator('[data-test=wall-leave]').click();
    await page.locator('.live-grid').waitFor();
    await page.locator('[data-test=dangers]').waitFor();
  }));

test('the alarm sounds until somebody answers, and is muted by its person for himself alone', () =>
  scene({}, async (page) => {
    // What would be heard, counted: a test has no ears. And whatever a test asks of a page
    // counts as a press, so that the browser would let it sound, or not, as it happens:
    // until somebody really presses, this one keeps silent.
    await page.addInitScript(() => {
      let pressed = false;
      document.addEventListener('pointerdown', () => (pressed = true), true);
      window.AudioContext = class extends AudioContext {
        constructor() {
          super();
          if (!pressed) void this.suspend();
        }

        resume() {
          return pressed ? super.resume() : Promise.reject(new DOMException('nobody has pressed anything', 'NotAllowedError'));
        }
      };
      window.tones = 0;
      const start = OscillatorNode.prototype.start;
      OscillatorNode.prototype.start = function counted(...when) {
        window.tones++;
        return start.apply(this, when);
      };
    });
    await page.reload();
    const alarm = page.locator('[data-test=alarm]');
    await alarm.and(page.locator('[data-state=blocked]')).waitFor();
    await alarm.getByText('Sound is off, press to turn on').waitFor();
    await alarm.click();
    await alarm.and(page.locator('[data-state=on]')).waitFor();
    await play({ do: 'event', device: lift, kind: 'entrapment', id: 'e' });
    await alarm.and(page.locator('[data-state=ringing]')).waitFor();
    await page.waitForFunction(() => window.tones >= 12); // it repeats
    await alarm.click();
    await page.locator('[data-test=alarm-sound]').click();
    await alarm.and(page.locator('[data-state=muted]')).waitFor();
    await page.keyboard.press('Escape');
    await page.reload();
    await alarm.getByText('Muted by you').waitFor();
    assert.equal(await page.evaluate(() => window.tones), 0, 'it is remembered');
    const other = await open({ person: 'viewer' });
    await other.locator('[data-test=alarm]:not([data-state=muted])').waitFor();
    await close(other);
    await alarm.click();
    await page.locator('[data-test=alarm-sound]').click();
    await alarm.and(page.locator('[data-state=ringing]')).waitFor();
    await play({ do: 'event', device: lift, kind: 'arrived', id: 'a' });
    await alarm.and(page.locator('[data-state=on]')).waitFor();
  }));

test('a danger is told by a notification that leads to it, on a phone by its worker', () =>
  scene({}, async (page) => {
    await page.context().grantPermissions(['notifications']);
    await page.evaluate(() => {
      window.notes = [];
      window.Notification = class extends Notification {
        constructor(...of) {
          super(...of);
          window.notes.push(this);
        }
      };
    });
    await play({ do: 'event', device: lift, kind: 'entrapment', id: 'e' });
    await page.waitForFunction(() => window.notes.length > 0);
    const told = await page.evaluate(() => window.notes.map(({ title, body, requireInteraction }) => ({ title, body, requireInteraction })));
    assert.deepEqual(told, [{ title: 'Life safety: Entrapment', body: 'north / harbour / lift-1', requireInteraction: true }]);
    await page.evaluate(() => window.notes[0].onclick());
    await page.waitForURL((at) => at.searchParams.get('device') === lift);

    // As on Android, where a page may not make one.
    await page.evaluate(() => {
      const { permission } = Notification;
      window.Notification = class {
        static permission = permission;
        constructor() {
          throw new TypeError("Failed to construct 'Notification': Illegal constructor.");
        }
      };
    });
    await play({ do: 'event', device: panel, kind: 'alarm', id: 'f' });
    const shown = () => page.evaluate(async () => {
      const worker = await navigator.serviceWorker.getRegistration();
      return (await worker?.getNotifications())?.map(({ title, body }) => ({ title, body })) ?? [];
    });
    for (const deadline = Date.now() + 10_000; (await shown()).length === 0 && Date.now() < deadline; ) await page.waitForTimeout(100);
    assert.deepEqual(await shown(), [{ title: 'Life safety: Fire alarm', body: 'south / garden / panel-1' }]);
    // Whoever presses it; the browser gives no page before one's eyes to a press that is not real.
    const [worker] = page.context().serviceWorkers();
    await worker.evaluate(async () => {
      const [notification] = await registration.getNotifications();
      try {
        dispatchEvent(new NotificationEvent('notificationclick', { notification }));
      } catch {}
    });
    await page.waitForURL((at) => at.searchParams.get('device') === panel);
    assert.deepEqual(await shown(), [], 'it was pressed');
  }));

test('what devices say stays text', () =>
  scene({}, async (page) => {
    const hostile = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>"\'><b>';
    const before = await page.locator('img, b, iframe').count();
    await play(
      { do: 'reading', device: meter, metric: hostile, value: 1 },
      { do: 'reading', device: meter, metric: '__proto__', value: 7 },
      { do: 'reading', device: meter, metric: 'constructor', value: 8 },
      { do: 'state', device: meter, metric: 'mode', text: hostile },
      { do: 'event', device: lift, kind: hostile, id: hostile, severity: 'life_safety', attrs: JSON.stringify({ [hostile]: hostile, __proto__: 1 }) },
      { do: 'event', device: lift, kind: 'toString', id: '2' },
      { do: 'event', device: panel, kind: 'alarm', id: hostile, attrs: JSON.stringify({ zone: hostile }) },
      { do: 'rejected', topic: hostile, payload: base64(hostile + '\u0000\u001b[2J'), reason: 'bad_topic', error: hostile },
    );
    await page.goto(`${url}/live?device=${meter}`);
    const detail = page.locator('[data-test=detail]');
    await detail.locator('tr', { hasText: '__proto__' }).getByText('7', { exact: true }).waitFor();
    await detail.locator('tr', { hasText: 'constructor' }).getByText('8', { exact: true }).waitFor();
    await detail.locator('tr', { hasText: 'mode' }).getByText(hostile).waitFor();
    await page.goto(`${url}/live`);
    await page.locator('.events').getByText(hostile).first().waitFor();
    await page.locator('.events').getByText('toString').waitFor();
    await page.locator('.rejected code').getByText('\\x00\\x1b[2J').waitFor();
    assert.equal(await page.evaluate(() => window.pwned), undefined);
    assert.equal(await page.locator('img, b, iframe').count(), before);
  }));

test('rejected messages tell reason, topic, error and content', () =>
  scene({}, async (page) => {
    await page.getByText('No message was rejected').waitFor();
    await play({ do: 'rejected', topic: 'property/x', payload: base64('{"ts":'), reason: 'bad_syntax', error: 'unexpected end at byte 6' });
    const item = page.locator('.rejected-item');
    await item.waitFor({ timeout: 1000 });
    for (const text of ['Unreadable', 'property/x', 'unexpected end at byte 6', '{"ts":', '6 bytes']) await item.getByText(text).waitFor();
    await page.locator('[data-test=total-rejected]').getByText('1').waitFor();
  }));

test('a late event is in its place and marked', () =>
  scene({}, async (page) => {
    const gate = 'north/harbour/access/g-1';
    await play(
      { do: 'event', device: gate, kind: 'denied', id: '1', age_ms: 60_000 },
      { do: 'event', device: gate, kind: 'door_forced', id: '2', age_ms: 10_000 },
      { do: 'event', device: gate, kind: 'door_held', id: '3', late_ms: 300_000 },
      { do: 'event', device: panel, kind: 'alarm', id: '4', age_ms: 3_600_000 },
    );
    await page.locator('.event').nth(3).waitFor();
    const kinds = await page.locator('.event').evaluateAll((list) => list.map((item) => item.dataset.kind));
    assert.deepEqual(kinds, ['alarm', 'door_forced', 'denied', 'door_held']);
    await page.locator('.event', { hasText: 'Door held open' }).getByText('5 min late').waitFor();
  }));

test('without a server the page says so, and comes back by itself', async () => {
  const page = await open({});
  await play({ do: 'reading', device: meter, metric: 'power_kw', value: 1 });
  await row(page, meter).waitFor();
  await play({ do: 'down' });
  await page.locator('[data-test=connection]').getByText(/Retry in \d+ s/).waitFor();
  await page.locator('[data-test=banner]').getByText(/What you see is the state of \d\d:\d\d:\d\d/).waitFor();
  assert.match(await row(page, meter).innerText(), /1\skW/, 'what was known is still there');
  // meanwhile things change
  await play({ do: 'reading', device: meter, metric: 'power_kw', value: 2 }, { do: 'reading', device: lift, metric: 'floor', value: 9 }, { do: 'up' });
  await page.locator('[data-test=connection]').getByText('Live').waitFor();
  await page.locator('[data-test=banner]').waitFor({ state: 'hidden' });
  await row(page, lift).waitFor();
  await row(page, meter).getByText('2').first().waitFor();

  await page.context().setOffline(true);
  await page.locator('[data-test=connection]').getByText(/Retry in/).waitFor();
  await page.context().setOffline(false);
  await page.locator('[data-test=connection]').getByText('Live').waitFor();
  await close(page);
});

test('after a sleep the page has what happened meanwhile, and is the same page', () =>
  scene({}, async (page) => {
    await play({ do: 'reading', device: meter, metric: 'power_kw', value: 1 });
    await row(page, meter).waitFor();
    await page.evaluate(() => (window.before = true));
    const machine = await page.context().newCDPSession(page);
    await machine.send('Page.setWebLifecycleState', { state: 'frozen' });
    // The server goes away and comes back meanwhile: a connection of before is dead.
    await play({ do: 'down' }, { do: 'reading', device: meter, metric: 'power_kw', value: 2 }, { do: 'event', device: lift, kind: 'entrapment', id: 'e' }, { do: 'up' });
    await machine.send('Page.setWebLifecycleState', { state: 'active' });
    await page.locator('[data-test=dangers]').getByText('1 open danger to life').waitFor();
    await row(page, meter).locator('[data-metric=power_kw]').getByText(/^2\skW/).waitFor();
    await page.locator('[data-test=connection][data-state=live]').waitFor();
    assert.equal(await page.evaluate(() => window.before), true, 'it was not loaded again');
    page.errors.length = 0; // the time without a server
  }));

test('language and theme are switched and remembered', () =>
  scene({ language: 'zh' }, async (page) => {
    await page.getByText('当前没有危及人身安全的事件').waitFor();
    assert.equal(await page.getAttribute('html', 'lang'), 'zh-CN');
    await play({ do: 'reading', device: meter, metric: 'power_kw', value: 1 });
    await row(page, meter).getByText('功率').waitFor();
    await page.getByRole('button', { name: 'English' }).click();
    await row(page, meter).getByText('Power').waitFor();
    assert.equal(await page.getAttribute('html', 'lang'), 'en-GB');
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await background();
    await page.getByRole('button', { name: 'Theme: as the system' }).click();
    await page.getByRole('button', { name: 'Theme: light' }).click();
    assert.notEqual(await background(), light);
    await page.reload();
    await page.getByRole('button', { name: 'Theme: dark' }).waitFor();
    await row(page, meter).getByText('Power').waitFor();
    assert.notEqual(await background(), light);
  }));

test('five thousand devices are few elements, and the last can be reached', (t) =>
  scene({}, async (page) => {
    await play({ do: 'fleet', count: 5000 }, { do: 'traffic', rate: 2000 });
    await page.getByText('5000 devices', { exact: true }).or(page.getByText('5,000 devices', { exact: true })).waitFor();
    const rows = () => page.locator('.device-row').count();
    assert.ok((await rows()) < 60, `${await rows()} rows exist`);
    const gaps = await page.evaluate(() => new Promise((done) => {
      const scroller = document.querySelector('[data-test=device-scroll]');
      const list = [];
      let last = performance.now();
      const step = () => {
        const now = performance.now();
        list.push(now - last);
        last = now;
        scroller.scrollTop += 400;
        if (list.length < 120) requestAnimationFrame(step);
        else done(list);
      };
      requestAnimationFrame(step);
    }));
    gaps.sort((a, b) => a - b);
    t.diagnostic(`frames while scrolling through live values: median ${gaps[60].toFixed(0)} ms, worst ${gaps.at(-1).toFixed(0)} ms`);
    assert.ok((await rows()) < 60, 'scrolling leaves no rows behind');
    await page.locator('[data-test=device-scroll]').evaluate((element) => { element.scrollTop = element.scrollHeight; });
    await page.locator('li[aria-posinset="5000"]').waitFor();
    await play({ do: 'traffic', rate: 0 });
  }));

test('five thousand devices on boards are few elements, too', (t) =>
  scene({ path: '/live?class=meter' }, async (page) => {
    await play({ do: 'fleet', count: 5000 }, { do: 'traffic', rate: 2000 });
    const cards = () => page.locator('.live-card').count();
    const board = page.locator('[data-test=board]');
    await board.locator('.live-card').first().waitFor();
    await page.waitForFunction(() => Number(document.querySelector('[data-test=device-count]').textContent.replace(/\D/g, '')) > 1500);
    assert.ok((await cards()) < 90, `${await cards()} cards exist`);
    const gaps = await page.evaluate(() => new Promise((done) => {
      const scroller = document.querySelector('[data-test=board]');
      const list = [];
      let last = performance.now();
      const step = () => {
        const now = performance.now();
        list.push(now - last);
        last = now;
        scroller.scrollTop += 300;
        if (list.length < 120) requestAnimationFrame(step);
        else done(list);
      };
      requestAnimationFrame(step);
    }));
    gaps.sort((a, b) => a - b);
    t.diagnostic(`frames while scrolling through cards: median ${gaps[60].toFixed(0)} ms, worst ${gaps.at(-1).toFixed(0)} ms`);
    await board.evaluate((element) => { element.scrollTop = element.scrollHeight; });
    await page.waitForFunction(() => {
      const scroller = document.querySelector('[data-test=board]');
      const cards = [...scroller.querySelectorAll('.live-card')];
      return cards.length > 0 && cards.at(-1).getBoundingClientRect().bottom <= scroller.getBoundingClientRect().bottom + 10;
    });
    assert.ok((await cards()) < 90, 'scrolling leaves no cards behind');
    await play({ do: 'traffic', rate: 0 });
  }));

test('a narrow screen has everything behind its tabs', () =>
  scene({ language: 'zh', width: 390, height: 844 }, async (page) => {
    await play({ do: 'fleet', count: 60 }, { do: 'event', device: panel, kind: 'alarm', id: '1' }, { do: 'rejected', topic: 't', payload: '', reason: 'empty', error: 'says nothing' });
    await page.locator('.device-row').first().waitFor();
    for (const [tab, sign] of [['项目', '.live-node'], ['事件', '.event'], ['拒收', '.rejected-item'], ['设备', '.device-row']]) {
      await page.locator('.tabs').getByRole('button', { name: tab }).click();
      await page.locator(sign).first().waitFor();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.equal(wide, 0, `the page scrolls sideways at ${tab}`);
    }
    await page.locator('.device-row').first().click();
    await page.getByRole('button', { name: '关闭' }).click();
    await page.locator('[data-test=detail]').waitFor({ state: 'hidden' });
  }));


for (const look of looks) {
  test(`no serious barrier: ${look.language} ${look.theme} ${look.width}`, () =>
    scene(look, async (page) => {
      const check = async (state) => assert.deepEqual(await barriers(page), [], state);
      await check('empty');
      await play(
        { do: 'fleet', count: 60 },
        { do: 'event', device: lift, kind: 'entrapment', id: '1', age_ms: 700_000 }, { do: 'event', device: panel, kind: 'alarm', id: '2' },
        { do: 'event', device: meter, kind: 'tamper', id: '3', late_ms: 100_000 },
        { do: 'rejected', topic: 't', payload: base64('x'), reason: 'bad_syntax', error: 'not JSON' },
      );
      await page.locator('.device-row').first().waitFor();
      await page.waitForFunction(() => document.querySelector('[data-test=total-devices]')?.textContent !== '0');
      await check('devices');
      if (look.width < 600) {
        for (const tab of ['projects', 'events', 'rejected']) {
          await page.locator(`[data-to=${tab}]`).click();
          await check(tab);
        }
        await page.locator('[data-to=devices]').click();
      }
      await page.locator('.device-row').first().click();
      await page.locator('[data-test=detail]').waitFor();
      await check('details');
      await play({ do: 'down' });
      await page.locator('[data-test=banner]').waitFor();
      await check('offline');
      page.errors.length = 0; // a refused connection is logged by the browser itself
    }));
}

test('pictures', { skip: !process.env.STEWARD_SHOTS }, () => takeShots(process.env.STEWARD_SHOTS));
