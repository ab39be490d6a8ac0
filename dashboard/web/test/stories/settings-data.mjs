// The settings of rules, standards, prices and of what comes in, as an engineer uses them:
// a rule is tried before it is enabled, a device is connected and its first message seen,
// a message in quarantine is put right and replayed.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { publish } from '../broker.mjs';
import { close, launch, open, password, quit, url } from '../driver.mjs';
import { administrator, Caller, newcomer } from '../people.mjs';

before(launch);
after(quit);

const person = process.env.STEWARD_PERSON ?? 'boss';
const unique = `s${Date.now().toString(36)}`;

let session;
/** Asks the API as the person. */
async function api(method, path, body, expected = true) {
  if (!session) {
    const answer = await fetch(`${url}/api/v1/session`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ login: person, password }) });
    const cookie = /steward=[^;]+/.exec(answer.headers.get('set-cookie') ?? '')?.[0] ?? '';
    const { csrf } = await (await fetch(`${url}/api/v1/session`, { headers: { Cookie: cookie } })).json();
    session = { Cookie: cookie, 'X-Steward-CSRF': csrf, Origin: url };
  }
  const answer = await fetch(`${url}/api/v1${path}`, { method, headers: { ...session, ...(body ? { 'Content-Type': 'application/json' } : {}) }, body: body && JSON.stringify(body) });
  if (expected && !answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? undefined : answer.json();
}

async function scene(options, act) {
  const page = await open({ person, ...options });
  try {
    await act(page);
    assert.deepEqual(page.errors.filter((text) => !/status of (404|422|400)/.test(text)), []);
  } finally {
    await close(page);
  }
}

/** A project of the server, whichever it has. */
async function someProject() {
  const { items } = await api('GET', '/projects?limit=1');
  return items[0];
}

test('the rules are filtered in the address, and Back takes the filter away', () =>
  scene({ path: '/settings/rules' }, async (page) => {
    await page.locator('[data-test=rules-view] .table-row').first().waitFor();
    await page.locator('[data-test=rule-search]').fill('entrapment');
    await page.waitForURL(/q=entrapment/);
    await page.reload();
    await page.locator('[data-key=elevator_entrapment]').waitFor();
    assert.equal(await page.locator('[data-key=meter_overload]').count(), 0);
    await page.locator('[data-key=elevator_entrapment] .row-link').click();
    await page.locator('[data-test=rule-state][data-mode]').waitFor();
    await page.goBack();
    await page.waitForURL(/q=entrapment/);
    await page.locator('[data-key=elevator_entrapment] .row-link').click();
    await page.locator('[data-test=rule-state][data-mode]').waitFor();
    await page.getByRole('link', { name: 'All rules' }).click();
    await page.waitForURL(/\/settings\/rules\?.*q=entrapment/);
    await page.locator('[data-key=elevator_entrapment]').waitFor();
  }));

test('a metric that nothing measures is doubted, and taken', () =>
  scene({ path: '/settings/rules/new' }, async (page) => {
    const metric = page.locator('[data-test=rule-metric]');
    await metric.fill('powr_kw');
    await page.locator('[data-test=doubt]', { hasText: 'power_kw' }).waitFor();
    await metric.fill('power_kw');
    await page.locator('[data-test=doubt]').waitFor({ state: 'detached' });
  }));

test('what is wrong with a rule is said in Chinese', () =>
  scene({ path: '/settings/rules/new', language: 'zh' }, async (page) => {
    await page.locator('[data-test=rule-text] textarea').fill('name: tank\nkind: value\nwhen: sum(value) > 1\nfro: 5m\n');
    const faults = page.locator('[data-test=rule-faults]');
    await faults.getByText('没有键“fro”').waitFor();
    await page.locator('[data-test=rule-text] textarea').fill('name: tank\nkind: value\nwhen: sum(value) > 1\n');
    await faults.getByText('缺少级别').waitFor();
    assert.doesNotMatch(await faults.innerText(), /is missing|is no function/);
  }));

test('a rule is enabled only after a back-test of its text; its changes are told', () =>
  scene({ path: `/settings/rules/new` }, async (page) => {
    const name = `story-${unique}`;
    const text = (when) => `name: ${name}\nkind: value\nclass: meter\nincident: overload\nseverity: info\ntitle: { zh: 试算, en: Tried }\nmetric: power_kw\nwhen: ${when}\nfor: 5m\nrunbook: { zh: 看, en: Look }\n`;
    const editor = page.locator('[data-test=rule-text] textarea');
    await editor.fill(text('power > 1'));
    await page.locator('[data-test=rule-faults]').waitFor();
    assert.ok(await page.locator('[data-test=save-shadow]').isDisabled());
    await editor.fill(text('value > 1000000'));
    await page.locator('[data-step=valid][data-done]').waitFor();
    assert.ok(await page.locator('[data-test=save-enabled]').isDisabled(), 'not before the back-test');
    await page.locator('[data-test=why-not]').waitFor();
    await page.locator('[data-test=backtest] [data-days="7"]').click();
    await page.locator('[data-test=run-backtest]').click();
    await page.locator('[data-test=backtest-result]').waitFor({ timeout: 120_000 });
    assert.equal(await page.locator('[data-test=backtest-result]').getAttribute('data-fired'), '0');
    await page.locator('[data-test=save-shadow]').click();
    await page.waitForURL(new RegExp(`/settings/rules/${name}`));
    try {
      assert.equal((await api('GET', `/alert-rules/${name}`)).mode, 'shadow');
      await page.locator('[data-test=rule-shadow][data-n="0"]').waitFor();
      await page.locator('[data-test=save-enabled]:not([disabled])').click();
      await page.locator('[data-test=rule-saved]').waitFor();
      assert.equal((await api('GET', `/alert-rules/${name}`)).mode, 'enabled');
      await page.locator('[data-test=rule-when]').fill('value > 2000000');
      assert.match(await editor.inputValue(), /when: value > 2000000/, 'the form writes into the text');
      await page.locator('[data-step=valid][data-done]').waitFor();
      assert.ok(await page.locator('[data-test=save-enabled]').isDisabled(), 'another text wants another back-test');
      await page.locator('[data-test=save-disabled]').click();
      await page.waitForFunction(async (one) => (await (await fetch(`/api/v1/alert-rules/${one}`)).json()).mode === 'disabled', name);
      await page.locator('[data-tab=history]').click();
      await page.locator('[data-test=rule-history] [data-kind=new]', { hasText: '2000000' }).first().waitFor();
      await page.locator('[data-test=delete-rule]').click();
      await page.locator('[data-test=confirm]').click();
      await page.waitForURL(/\/settings\/rules(\?|$)/);
      await page.locator('[data-test=rules-view]').waitFor();
      await assert.rejects(api('GET', `/alert-rules/${name}`), /404/);
    } finally {
      const left = await api('GET', `/alert-rules/${name}`, undefined, false);
      if (left.version) await fetch(`${url}/api/v1/alert-rules/${name}`, { method: 'DELETE', headers: { ...session, 'If-Match': `"${left.version}"` } });
    }
  }));

test('standards and prices are those of the server', () =>
  scene({ path: '/settings/standards' }, async (page) => {
    const { items } = await api('GET', '/standards');
    for (const one of items) assert.ok((await page.locator(`[data-standard="${one.name}"]`).innerText()).includes(one.title.en), one.name);
    const tariffs = await api('GET', '/tariffs');
    const timed = tariffs.items.find((one) => one.media.some((m) => m.medium === 'electricity' && m.versions.at(-1).seasons.some((s) => s.hours.length > 1)));
    await page.goto(`${url}/settings/tariffs?tariff=${timed.name}&medium=electricity`);
    const version = timed.media.find((m) => m.medium === 'electricity').versions.at(-1);
    const grid = page.locator('[data-test=price-grid]');
    await grid.waitFor();
    assert.equal(await grid.locator('tbody tr').count(), 12);
    const july = version.seasons.find((s) => s.months?.includes(7));
    const hour = july.hours[0];
    assert.equal(await grid.locator('tbody tr').nth(6).locator('[data-period]').first().getAttribute('data-period'), hour.period);
    await page.locator(`[data-tariff="${timed.name}"][aria-pressed=true]`).waitFor();
  }));

test('a rule that was begun, or changed, is not lost without asking', () =>
  scene({ path: '/settings/rules/new' }, async (page) => {
    const editor = page.locator('[data-test=rule-text] textarea');
    const everything = page.getByRole('link', { name: 'All rules' });
    let asked = 0;
    let leave = false;
    page.on('dialog', (dialog) => {
      asked++;
      void (leave ? dialog.accept() : dialog.dismiss());
    });
    await editor.waitFor();
    const begun = (await editor.inputValue()).replace(/^name: .*$/m, `name: lost-${unique}`);
    await editor.fill(begun);
    await everything.click();
    await page.waitForTimeout(300);
    assert.equal(asked, 1);
    assert.match(page.url(), /\/settings\/rules\/new/);
    assert.equal(await editor.inputValue(), begun);
    leave = true;
    await everything.click();
    await page.locator('[data-test=rules-view]').waitFor();
    assert.equal(asked, 2);

    // From one rule back to another it is the same page, which is asked all the same.
    const { items } = await api('GET', '/alert-rules?limit=1000');
    const [one, other] = items.filter((rule) => rule.severity === 'warning').map((rule) => rule.name);
    const openRule = async (name) => {
      await page.locator('[data-test=rule-search]').fill(name);
      await page.locator(`[data-key=${name}] .row-link`).click();
      await page.waitForURL(new RegExp(`/settings/rules/${name}`));
      await editor.waitFor();
      return page.evaluate(() => window.history.state.position);
    };
    const from = await openRule(one);
    await everything.click();
    await page.locator('[data-test=rules-view]').waitFor();
    const to = await openRule(other);
    const changed = `${await editor.inputValue()}# not stored\n`;
    await editor.fill(changed);
    leave = false;
    await page.evaluate((steps) => window.history.go(steps), from - to);
    await page.waitForTimeout(500);
    assert.equal(asked, 3);
    assert.match(page.url(), new RegExp(`/settings/rules/${other}`));
    assert.equal(await editor.inputValue(), changed);
    leave = true;
    await page.evaluate((steps) => window.history.go(steps), from - to);
    await page.waitForURL(new RegExp(`/settings/rules/${one}`));
    for (let i = 0; i < 50 && asked < 4; i++) await page.waitForTimeout(100); // the address is the browser's, before anybody is asked
    assert.equal(asked, 4);
  }));

test('an engineer of a project connects a device: its first message is refused, then seen, and it is approved', async () => {
  const project = await someProject();
  const somebody = await newcomer(await administrator(), 'engineer', { region: project.region, project: project.id });
  const engineer = await new Caller().signIn(somebody.login, somebody.password);
  const { door } = await engineer.ask('GET', '/sources');
  const device = `m-${unique}`;
  const path = `${project.region}/${project.id}/meter/${device}`;
  // Who manages accounts makes one for the DTU behind which the meter is, and hands it over.
  const dtu = {};
  await scene({ path: `/settings/sources/connect?at=${project.region}/${project.id}` }, async (page) => {
    await page.locator('[data-test=which-device]').fill(device);
    await page.locator('[data-test=which-device]').press('Enter');
    await page.locator('[data-how=gateway]').click();
    await page.locator('[data-test=make-account]').click();
    const secrets = page.locator('[data-test=secret-value]');
    dtu.user = await secrets.nth(0).innerText();
    dtu.password = await secrets.nth(1).innerText();
  });
  const telemetry = (payload, account = dtu) => publish(door.address, `property/${path}/telemetry`, payload, account);
  await assert.rejects(telemetry('{"power_kw": 3.2}', { ...dtu, password: 'a guess' }), /refuses the connection/);
  await scene({ person: somebody.login, secret: somebody.password, path: `/settings/sources/connect?at=${project.region}/${project.id}` }, async (page) => {
    await page.locator('[data-test=which-device]').fill(device);
    await page.locator('[data-test=which-device]').press('Enter');
    await page.locator('[data-test=arrival][data-state=waiting]').waitFor();
    assert.ok((await page.locator('[data-test=command]').innerText()).includes(`property/${path}/telemetry`));
    await telemetry('{"power_kw": 3,2}');
    await page.locator('[data-test=arrival][data-state=refused]').waitFor({ timeout: 60_000 });
    await page.locator('[data-test=arrival] a').click();
    await page.locator('[data-test=letter-error]').waitFor();
    await page.locator('[data-test=fault]').waitFor();
    await page.locator('[data-test=try-payload] textarea').fill('{"power_kw": 3.2}');
    await page.locator('[data-test=try]').click();
    await page.locator('[data-test=trial][data-accepted=true]').waitFor();
    // What was put right is not lost without asking.
    let leave = false;
    page.on('dialog', (dialog) => void (leave ? dialog.accept() : dialog.dismiss()));
    await page.evaluate(() => window.history.back());
    await page.waitForTimeout(500);
    assert.equal(await page.locator('[data-test=try-payload] textarea').inputValue(), '{"power_kw": 3.2}');
    leave = true;
    await page.evaluate(() => window.history.back());
    await page.locator('[data-test=arrival]').waitFor();
    await telemetry('{"power_kw": 3.2}');
    await page.locator('[data-test=arrival][data-state=seen]').waitFor({ timeout: 60_000 });
    assert.match(await page.locator('[data-test=arrival-values]').innerText(), /3\.2/);
    await page.locator('[data-test=approve]').click({ timeout: 60_000 });
    await page.locator('[data-test=approved]').waitFor({ timeout: 60_000 });
    assert.equal((await engineer.ask('GET', `/devices/${path}`)).state, 'active');
    // The letter is replayed, corrected.
    await page.goto(`${url}/settings/letters?at=${project.region}/${project.id}&topic=${device}`);
    await page.locator('[data-test=letters-view] .table-row .row-link').first().click();
    await page.locator('[data-test=try-payload] textarea').fill('{"power_kw": 3.4}');
    await page.locator('[data-test=try]').click();
    await page.locator('[data-test=replay-one]:not([disabled])').click();
    await page.locator('[data-test=replayed]').waitFor({ timeout: 60_000 });
  });
});

test('a message that is tried is the same bytes in each form, and there again after another part was looked at', () =>
  scene({ path: '/settings/sources/try' }, async (page) => {
    const payload = page.locator('[data-test=try-payload] textarea');
    const stands = (want) => page.waitForFunction((text) => document.querySelector('[data-test=try-payload] textarea')?.value === text, want);
    await payload.fill('{"v":1}');
    await page.locator('[data-form=hex]').click();
    await stands('7b 22 76 22 3a 31 7d');
    await page.locator('[data-form=base64]').click();
    await stands('eyJ2IjoxfQ==');
    await page.locator('[data-tab=sources]').click();
    await page.locator('[data-test=sources-view]').waitFor();
    await page.locator('[data-tab=try]').click();
    await stands('eyJ2IjoxfQ==');
    await page.locator('[data-form=text]').click();
    await stands('{"v":1}');
    await page.locator('[data-form=hex]').click();
    await payload.fill('no digits');
    await page.locator('[data-form=text]').click();
    await page.locator('[data-test=kept]').waitFor();
    await stands('no digits');
  }));

test('a pseudonym that is mistyped can be corrected', () =>
  scene({ path: '/settings/privacy' }, async (page) => {
    const field = page.locator('#pseudonym');
    const whole = `psn_${'0123456789abcdef'.repeat(2)}`;
    await field.fill(whole);
    await page.locator('[data-test=export-person]').waitFor();
    await page.waitForURL(new RegExp(`person=${whole}`));
    await field.press('End');
    await field.press('Backspace');
    await page.locator('[data-test=export-person]').waitFor({ state: 'detached' });
    assert.equal(await field.inputValue(), whole.slice(0, -1));
    await field.press('f');
    await page.locator('[data-test=export-person]').waitFor();
    await field.fill('');
    await page.waitForURL((address) => !address.searchParams.has('person'));
  }));

test('an analysis that does not exist is said to be none', () =>
  scene({ path: '/settings/health/jobs/nothing' }, async (page) => {
    await page.locator('[data-test=no-job]').waitFor();
    await page.locator('[data-test=panel-close]').click();
    await page.waitForURL(/\/settings\/health\/jobs$/);
    await page.locator('[data-test=no-job]').waitFor({ state: 'detached' });
  }));
