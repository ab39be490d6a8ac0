// The settings as people use them: somebody gets in and out, machines get tokens and
// credentials, the log is read and proven, and the account of messages comes out even.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { close, launch, open, password, quit, url } from '../driver.mjs';

const boss = process.env.STEWARD_PERSON ?? 'boss';
/** Names of this run: a server may have seen others. */
const run = Date.now().toString(36);
const made = { people: [], tokens: [], credentials: [] };

before(async () => {
  await launch();
  await signIn();
});
after(async () => {
  for (const id of made.people) await ask('POST', `/people/${id}/disable`);
  for (const id of made.tokens) await ask('POST', `/tokens/${id}/revoke`);
  for (const id of made.credentials) await ask('POST', `/mqtt-credentials/${id}/revoke`);
  await quit();
});

let cookie = '';
let csrf = '';

async function signIn() {
  const answer = await fetch(`${url}/api/v1/session`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ login: boss, password }) });
  cookie = answer.headers.get('set-cookie').split(';')[0];
  ({ csrf } = await answer.json());
}

/** What the server says, beside the page. */
async function ask(method, path, body) {
  const answer = await fetch(`${url}/api/v1${path}`, {
    method, headers: { cookie, 'X-Steward-CSRF': csrf, ...(body ? { 'Content-Type': 'application/json' } : {}) }, ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return text && answer.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text;
}

async function scene(options, act) {
  const page = await open(options);
  page.setDefaultTimeout(30_000); // panels slide in: a busy machine takes its time
  try {
    await act(page);
    assert.deepEqual(page.errors.filter((text) => !/status of 40[1349]|status of 412|status of 503|WebSocket connection/.test(text)), []);
  } finally {
    await close(page);
  }
}

const project = async () => (await ask('GET', '/projects?limit=1')).items[0];

/** Keeps what the page sends to such an address from the server, until it is let go. */
async function hold(page, address) {
  let go;
  const gone = new Promise((resolve) => (go = resolve));
  await page.route(address, async (route) => {
    if (route.request().method() === 'POST') await gone;
    await route.continue();
  });
  return go;
}

/** Questions of the page and of the browser, none of which is answered with yes. */
function refusing(page) {
  const asked = [];
  page.on('dialog', (dialog) => {
    asked.push(dialog.type());
    void dialog.dismiss();
  });
  return {
    asked,
    /** until so many were asked */
    async count(n) {
      for (let i = 0; i < 50 && asked.length < n; i++) await page.waitForTimeout(100);
      assert.equal(asked.length, n, asked.join());
    },
  };
}

/** Signs in somebody with the password that was told once, and chooses one of his own. */
async function firstSignIn(login, oneTime) {
  const chosen = `a long password of ${run}`;
  const answer = await fetch(`${url}/api/v1/session`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ login, password: oneTime }) });
  assert.equal(answer.status, 200);
  const session = await answer.json();
  assert.equal(session.must_change_password, true);
  const changed = await fetch(`${url}/api/v1/password`, {
    method: 'POST', headers: { 'Content-Type': 'application/json', cookie: answer.headers.get('set-cookie').split(';')[0], 'X-Steward-CSRF': session.csrf }, body: JSON.stringify({ old: oneTime, new: chosen }),
  });
  assert.ok(changed.ok);
  const value = /steward=([^;]+)/.exec(changed.headers.get('set-cookie'))[1];
  return { name: 'steward', value, url, httpOnly: true, sameSite: 'Lax' };
}

test('somebody is made, may do what his role says and no more, and is kept out again', () =>
  scene({ path: '/settings/people' }, async (page) => {
    const { region, id } = await project();
    const login = `eng-${run}`;
    await page.locator('[data-test=new-person]').click();
    await page.locator('#new-login').fill(login);
    await page.locator('#new-name').fill('测试工程师');
    await page.locator('.settings-grant-place input').click();
    const names = await ask('GET', `/projects/${region}/${id}`);
    await page.locator('.settings-grant-place input').fill(names.name || id);
    await page.locator('.el-select-dropdown__item:visible', { hasText: names.name || id }).first().click();
    await page.locator('[data-test=create-person]').click();
    const oneTime = await page.locator('[data-test=secret-value]').nth(1).innerText();
    assert.match(oneTime, /^\S{8,}$/);
    // It would be lost: neither Escape nor a press beside it closes it.
    await page.keyboard.press('Escape');
    assert.ok(await page.locator('[data-test=secret]').isVisible());
    await page.locator('[data-test=secret-done]').click();
    await page.locator('[data-search]').first().waitFor();

    await page.locator('main input[data-search]').fill(login);
    await page.locator(`[data-person="${login}"]`).waitFor();
    assert.match(page.url(), new RegExp(`q=${login}`));
    await page.reload();
    await page.locator(`[data-person="${login}"]`).click();
    const [person] = (await ask('GET', `/people?search=${login}`)).items;
    made.people.push(person.id);
    assert.deepEqual(person.grants, [{ role: 'viewer', place: { region, project: id } }]);
    assert.match(page.url(), new RegExp(`/settings/people/${person.id}`));

    await page.locator('[data-test=edit-person]').click();
    await page.locator('#edit-name').fill('改名');
    // Somebody else is quicker.
    const { version } = await ask('GET', `/people/${person.id}`);
    const quicker = await fetch(`${url}/api/v1/people/${person.id}`, {
      method: 'PATCH', headers: { cookie, 'X-Steward-CSRF': csrf, 'Content-Type': 'application/merge-patch+json', 'If-Match': `"${version}"` }, body: JSON.stringify({ email: `${login}@example.com` }),
    });
    assert.ok(quicker.ok);
    await page.locator('[data-test=save-person]').click();
    await page.getByRole('alert').getByText('Somebody else has changed this meanwhile').waitFor();
    await page.locator('[data-test=read-again]').click();
    await page.locator('[data-test=renewed]').waitFor();
    assert.deepEqual([await page.locator('#edit-name').inputValue(), await page.locator('#edit-email').inputValue()], ['改名', `${login}@example.com`], 'what was typed stays');
    await page.locator('[data-test=save-person]').click();
    await page.locator('[data-test=person]').getByText(`${login}@example.com`).waitFor();
    assert.equal((await ask('GET', `/people/${person.id}`)).name, '改名');

    const badge = await firstSignIn(login, oneTime);
    const theirs = await page.context().browser().newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 } });
    await theirs.addCookies([badge]);
    const other = await theirs.newPage();
    await other.goto(`${url}/settings`);
    await other.locator('[data-test=settings-index]').waitFor();
    assert.deepEqual(await other.locator('[data-section=people], [data-section=audit], [data-section=privacy], [data-section=channels]').count(), 0, 'what he may not see is not shown');
    assert.ok(await other.locator('[data-section=account]').count());
    await other.goto(`${url}/settings/people`);
    await other.locator('[data-test=denied], [data-state=denied]').first().waitFor();
    await other.goto(`${url}/settings/channels`);
    await other.locator('[data-state=denied]').waitFor();

    await page.locator('[data-deed=disable]').click();
    await page.locator('[data-test=confirm]').click();
    await page.locator('[data-test=person] [data-state=disabled]').waitFor();
    assert.equal((await ask('GET', `/people/${person.id}`)).disabled, true);
    await other.reload();
    await other.locator('[data-test=signin]').waitFor();
    await theirs.close();

    await page.locator('[data-deed=enable]').click();
    await page.locator('[data-test=confirm]').click();
    await page.locator('[data-test=person] [data-state=active]').waitFor();
    await page.goBack();
    await page.locator('[data-test=person]').waitFor({ state: 'detached' });
  }));

test('a password that is told once is not lost on the way, nor unasked', () =>
  scene({ path: '/settings/people' }, async (page) => {
    const login = `held-${run}`;
    const panel = page.locator('.settings-panel');
    const secret = page.locator('[data-test=secret]');
    const { asked, count } = refusing(page);
    const back = () => page.evaluate(() => window.history.back());
    const letGo = await hold(page, '**/api/v1/people');
    await page.locator('[data-test=new-person]').click();
    await page.locator('#new-login').fill(login);
    // Half filled it is asked about.
    await page.keyboard.press('Escape');
    await count(1);
    assert.equal(await page.locator('#new-login').inputValue(), login);
    // While the server is at it nothing closes it; who goes back is asked.
    await page.locator('[data-test=create-person]').click();
    await page.keyboard.press('Escape');
    await page.mouse.click(20, 20);
    await page.waitForTimeout(300);
    await panel.waitFor();
    await count(1);
    await back();
    await count(2);
    assert.match(page.url(), /\/settings\/people\/new/);
    letGo();
    await secret.waitFor();
    const [person] = (await ask('GET', `/people?search=${login}`)).items;
    made.people.push(person.id);
    // Nor does what is shown go unasked.
    await back();
    await count(3);
    await secret.waitFor();
    await page.evaluate(() => window.location.reload());
    await count(4);
    assert.deepEqual(asked, ['confirm', 'confirm', 'confirm', 'beforeunload']);
    await secret.waitFor();
    await page.locator('[data-test=secret-done]').click();
    await panel.waitFor({ state: 'detached' });
    assert.equal(asked.length, 4);
  }));

test('somebody whose password got lost on the way is found, and nobody is made twice', () =>
  scene({ path: '/settings/people/new' }, async (page) => {
    const login = `lost-${run}`;
    const address = '**/api/v1/people';
    await page.route(address, async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      await route.fetch(); // it is carried out
      return route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify({ status: 503, code: 'unavailable' }) });
    });
    await page.locator('#new-login').fill(login);
    await page.locator('[data-test=create-person]').click();
    await page.getByRole('alert').getByText('The server is busy').waitFor();
    await page.unroute(address);
    await page.locator('[data-test=create-person]').click();
    await page.getByRole('alert').getByText('a password that nobody knows').waitFor();
    await page.locator('[data-test=in-list]').click();
    await page.locator(`[data-person="${login}"]`).waitFor();
    const { items } = await ask('GET', `/people?search=${login}`);
    assert.equal(items.length, 1);
    made.people.push(items[0].id);
  }));

test('a token is told once, works, and works no more', () =>
  scene({ path: '/settings/tokens' }, async (page) => {
    const name = `story-${run}`;
    await page.locator('[data-test=new-token]').click();
    await page.locator('#token-name').fill(name);
    await page.locator('[data-span="0"]').check();
    await page.locator('.settings-date').fill('');
    assert.ok(await page.locator('[data-test=create-token]').isDisabled(), 'without a day');
    await page.locator('[data-span="30"]').check();
    await page.locator('[data-test=create-token]').click();
    const secret = await page.locator('[data-test=secret-value]').innerText();
    await page.locator('[data-test=secret-done]').click();
    const use = () => fetch(`${url}/api/v1/version`, { headers: { Authorization: `Bearer ${secret}` } });
    assert.equal((await use()).status, 200);
    await page.locator('main input[data-search]').fill(name);
    await page.locator(`[data-token="${name}"]`).click();
    await page.locator('[data-test=token] [data-state=good], [data-test=token] [data-state=soon]').waitFor();
    const [token] = (await ask('GET', `/tokens?search=${name}`)).items;
    made.tokens.push(token.id);
    const days = (Date.parse(token.expires_at) - Date.now()) / 86_400_000;
    assert.ok(days > 29 && days <= 30.01, `${days} days`);
    await page.locator('[data-test=revoke-token]').click();
    await page.locator('[data-test=confirm]').click();
    await page.locator('[data-test=token] [data-state=revoked]').waitFor();
    await page.waitForFunction(() => document.activeElement?.classList.contains('settings-panel-title')); // the button that was pressed is gone
    assert.equal((await use()).status, 401);
    await page.locator('[data-test=panel-close]').click();
    await page.locator('.state-note[data-state=filtered]').waitFor();
    await page.locator('[data-test=ended]').check();
    await page.locator(`[data-token="${name}"]`).waitFor();
    assert.match(page.url(), /ended=1/);
    made.tokens.pop();
  }));

test('a gateway gets a name and a password, other children, and another password', () =>
  scene({ path: '/settings/mqtt' }, async (page) => {
    const { region, id } = await project();
    await page.goto(`${url}/settings/mqtt/new?at=${region}/${id}`);
    await page.locator('[data-kind=gateway]').check();
    await page.locator('#children').fill('meter/story-1\nnot a child');
    assert.ok(await page.locator('[data-test=create-credential]').isDisabled());
    await page.locator('#children').fill('meter/story-1\nmeter/story-2');
    await page.locator('#credential-name').fill(`gw-${run}`);
    await page.locator('[data-test=create-credential]').click();
    const name = await page.locator('[data-test=secret-value]').first().innerText();
    assert.equal(name, `${region}.${id}.gw-${run}`);
    const first = await page.locator('[data-test=secret-value]').nth(1).innerText();
    await page.locator('[data-test=secret-done]').click();
    await page.locator('main input[data-search]').fill(run);
    await page.locator(`[data-credential="${name}"]`).click();
    const [credential] = (await ask('GET', `/mqtt-credentials?search=gw-${run}`)).items;
    made.credentials.push(credential.id);
    await page.locator('#children').fill('meter/story-1');
    await page.locator('[data-test=save-credential]').click();
    await page.waitForFunction(() => document.querySelector('[data-test=save-credential]')?.disabled);
    await page.locator('[data-test=credential]').waitFor();
    assert.deepEqual((await ask('GET', `/mqtt-credentials/${credential.id}`)).children, ['meter/story-1']);
    await page.locator('#credential-note').fill('not saved yet');
    const letGo = await hold(page, '**/rotate');
    await page.locator('[data-test=rotate]').click();
    await page.locator('[data-test=confirm]').click();
    await page.keyboard.press('Escape');
    await page.mouse.click(20, 20);
    await page.waitForTimeout(300);
    assert.ok(await page.locator('[data-test=confirm]').isVisible(), 'the password would be lost');
    letGo();
    assert.notEqual(await page.locator('[data-test=secret-value]').nth(1).innerText(), first);
    await page.locator('[data-test=secret-done]').click();
    assert.equal(await page.locator('#credential-note').inputValue(), 'not saved yet');
    await page.locator('[data-test=revoke]').click();
    await page.locator('[data-test=confirm]').click();
    await page.locator('[data-test=confirm]').waitFor({ state: 'detached' }); // it is done
    await page.getByText('Revoked').first().waitFor();
    assert.ok((await ask('GET', `/mqtt-credentials/${credential.id}`)).revoked_at);
    made.credentials.pop();
  }));

test('the log tells who did what, as the address says, is proven, and goes into a file', () =>
  scene({ path: '/settings/audit' }, async (page) => {
    await page.locator('.table-row').first().waitFor();
    const [newest] = (await ask('GET', '/audit?kind=token&limit=1')).items;
    await page.goto(`${url}/settings/audit?kind=token`);
    await page.locator(`[data-key="${newest.seq}"]`).click();
    await page.locator('[data-test=entry]').getByText(newest.action).waitFor();
    assert.match(page.url(), new RegExp(`entry=${newest.seq}`));
    await page.reload();
    await page.locator('[data-test=entry]').getByText(newest.key).first().waitFor();
    await page.getByRole('link', { name: 'All by the same' }).click();
    await page.locator('[data-test=actor-chip]').waitFor();
    assert.match(page.url(), new RegExp(`actor=${newest.actor.id}`));

    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('[data-test=export-audit]').click()]);
    const chunks = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    assert.match(text, /^\ufeffseq,at,actor_kind/);
    assert.ok(text.includes(newest.hash), 'the newest line by the same is in it');

    await page.locator('[data-test=prove]').click();
    await page.locator('[data-test=proof]').waitFor({ timeout: 60_000 });
    assert.equal(await page.locator('[data-test=proof]').getAttribute('data-intact'), 'true');
  }));

test('no message is unaccounted for, and an analysis runs when told to', () =>
  scene({ path: '/settings/health' }, async (page) => {
    await page.locator('[data-test=ledger]').waitFor();
    assert.equal(await page.locator('[data-line=lost]').innerText(), '0');
    const number = async (line) => Number((await page.locator(`[data-line=${line}]`).innerText()).replaceAll(',', ''));
    assert.equal(await number('received'), (await number('stored')) + (await number('duplicate')) + (await number('rejected')) + (await number('inFlight')));
    assert.ok((await ask('GET', '/ledger')).received >= (await number('received')));

    await page.getByRole('link', { name: 'Analyses' }).click();
    await page.locator('[data-job]').first().waitFor();
    const { items } = await ask('GET', '/analytics/jobs');
    assert.equal(await page.locator('.table-row').count() > 0, true);
    const job = items.find((one) => one.last?.state === 'done' && one.name === 'coverage') ?? items.find((one) => one.last?.state === 'done') ?? items[0];
    await page.goto(`${url}/settings/health/jobs/${job.name}`);
    await page.locator('[data-test=run-now]').click();
    await page.waitForFunction((before) => [...document.querySelectorAll('[data-run-id]')].some((row) => row.dataset.runId !== before), job.last?.id ?? '');
    const { items: runs } = await ask('GET', `/analytics/runs?job=${job.name}&limit=1`);
    await page.locator(`[data-run-id="${runs[0].id}"]`).waitFor();
    assert.notEqual(runs[0].id, job.last?.id);

    await page.goto(`${url}/settings/health/coverage?days=1`);
    await page.locator('[data-test=coverage-sum]').waitFor();
    await page.locator('[data-days="7"]').click();
    await page.waitForFunction(() => !location.search.includes('days=1'));
    await page.goBack();
    await page.waitForFunction(() => location.search.includes('days=1'));
  }));

test('a channel is tested with its result, and what the roles allow is the rule', () =>
  scene({ path: '/settings/channels' }, async (page) => {
    await page.locator('[data-test=test-channel]').first().click();
    await page.locator('[data-result]').first().waitFor({ timeout: 70_000 });
    assert.equal(await page.locator('[data-result]').first().getAttribute('data-result'), 'delivered');
    await page.goto(`${url}/settings/roles`);
    await page.locator('[data-test=matrix]').waitFor();
    const { roles } = await ask('GET', '/roles');
    assert.equal(await page.locator('[data-test=matrix] tbody .settings-good').count(), roles.reduce((sum, role) => sum + role.permissions.length, 0));
  }));
