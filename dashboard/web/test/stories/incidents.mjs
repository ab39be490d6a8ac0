// The area of incidents against a whole Steward: finding one, acting on it from a desk
// and from a phone, its evidence, silences, who is on call, cards.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { close, launch, open, password, quit, url } from '../driver.mjs';

before(launch);
after(async () => {
  await leave?.();
  await quit();
});

const admin = process.env.STEWARD_PERSON ?? 'admin';
const phone = { width: 390, height: 844 };
const pane = (page) => page.locator('[data-test=incident]');
const word = Math.random().toString(36).slice(2, 8); // in the title of what this run enters
let leave;

/** The API as the page's person has it. */
async function api(page, path, body) {
  return page.evaluate(async ([to, json]) => {
    const { csrf } = await (await fetch('/api/v1/session')).json();
    const answer = await fetch(`/api/v1${to}`, {
      method: json ? 'POST' : 'GET', headers: { 'X-Steward-CSRF': csrf, ...(json ? { 'Content-Type': 'application/json' } : {}) }, ...(json ? { body: JSON.stringify(json) } : {}),
    });
    return answer.json();
  }, [path, body]);
}

async function scene(options, act) {
  const page = await open({ person: admin, ...options });
  try {
    await act(page);
    assert.deepEqual(page.errors.filter((text) => !/status of (401|403|404|409|422)/.test(text)), []);
  } finally {
    await close(page);
  }
}

/** A project of the server, as region and project. */
async function place(page) {
  const { items } = await api(page, '/projects?limit=1');
  return items[0];
}

/** Enters one by the API, for scenes about what comes after. */
async function entered(page, more = {}) {
  const { region, id } = await place(page);
  return api(page, '/incidents', { kind: 'repair', title: { zh: `灯不亮 ${word}`, en: `No light ${word}` }, severity: 'warning', region, project: id, ...more });
}

const stateIs = (page, id, state) => page.waitForFunction(async ([one, wanted]) => (await (await fetch(`/api/v1/incidents/${one}`)).json()).state === wanted, [id, state]);

test('filters are in the address, survive a reload, and go with Back; the list is what the API says', () =>
  scene({ path: '/incidents' }, async (page) => {
    const made = await entered(page);
    await page.locator('[data-show=all]').click();
    await page.waitForURL(/show=all/);
    await page.locator('[data-test=severity-filter]').first().click();
    await page.locator('.el-select-dropdown__item:visible', { hasText: 'Warning' }).click();
    await page.waitForURL(/severity=warning/);
    await page.keyboard.press('Escape');
    // What this run has entered is the newest, but for what happens meanwhile.
    await page.locator(`[data-row-incident="${made.id}"]`).waitFor();
    const { items } = await api(page, '/incidents?severity=warning&sort=-started_at&limit=1000');
    assert.ok(items.some(({ id }) => id === made.id));
    await page.reload();
    await page.locator(`[data-row-incident="${made.id}"]`).waitFor();
    assert.deepEqual(new Set(await page.locator('.table-row .severity').evaluateAll((list) => list.map((one) => one.dataset.severity))), new Set(['warning']));
    await page.goBack();
    await page.waitForFunction(() => !location.search.includes('severity'));
    await page.goBack();
    await page.waitForFunction(() => !location.search.includes('show'));
  }));

test('one is found by its words, and by its period', () =>
  scene({ path: '/incidents' }, async (page) => {
    const made = await entered(page, { title: { zh: `漏水 ${word}only`, en: `Leak ${word}only` } });
    await page.locator('[data-test=incident-search]').fill(`${word}only`);
    await page.locator(`[data-row-incident="${made.id}"]`).waitFor();
    await page.waitForFunction(() => document.querySelectorAll('.table-row').length === 1);
    assert.match(page.url(), new RegExp(`q=${word}only`));
    const tomorrow = new Date(Date.now() + 86_400_000 * 2).toISOString().slice(0, 10);
    await page.goto(`${url}/incidents?q=${word}&period=custom&from=${tomorrow}`);
    await page.getByText('Nothing matches').waitFor();
    await page.getByRole('button', { name: 'Clear the filters' }).click();
    await page.waitForURL(/\/incidents$/);
  }));

test('a complaint is entered by hand and taken to its end by the keyboard', () =>
  scene({ path: '/incidents' }, async (page) => {
    await page.locator('[data-test=enter-incident]').click();
    const form = page.locator('[data-test=enter-form]');
    await form.locator('[data-kind=complaint]').click();
    await form.locator('[data-test=enter]').click();
    await form.getByRole('alert').getByText('Choose the project.').waitFor();
    await form.locator('[data-test=form-place]').first().click();
    await page.locator('.el-select-dropdown__item:visible').first().click();
    await form.locator('[data-test=enter-title]').fill(`Noise at night ${word}`);
    await form.locator('[data-test=enter]').click();
    await pane(page).getByRole('heading', { name: `Noise at night ${word}` }).waitFor();
    const id = new URL(page.url()).pathname.split('/').at(-1);
    await page.keyboard.press('a');
    await stateIs(page, id, 'acknowledged');
    await pane(page).locator('.incident-progress').getByText(/Acknowledged · /).waitFor();
    await pane(page).locator('[data-test=note]').fill('Security is told <b>now</b>');
    await page.keyboard.press('Escape');
    assert.equal(await pane(page).locator('[data-test=note]').inputValue(), 'Security is told <b>now</b>', 'what is written is not thrown away');
    await pane(page).locator('[data-deed=dispatch]').click();
    await stateIs(page, id, 'dispatched');
    await pane(page).locator('.entry').getByText('Security is told <b>now</b>').waitFor();
    for (const [deed, state] of [['arrive', 'arrived'], ['resolve', 'resolved']]) {
      await pane(page).locator(`[data-deed=${deed}]`).click();
      await stateIs(page, id, state);
    }
    const evidence = await api(page, `/incidents/${id}/evidence`);
    assert.equal(evidence.proof.intact, true);
    const [paper] = await Promise.all([page.context().waitForEvent('page'), pane(page).locator('[data-test=evidence]').click()]);
    await paper.getByText('Security is told <b>now</b>').first().waitFor();
    await paper.close();
    await page.keyboard.press('Escape');
    await pane(page).waitFor({ state: 'detached' });
    await page.goBack();
    await pane(page).getByRole('heading', { name: `Noise at night ${word}` }).waitFor();
  }));

/** The question that is asked next is answered with yes or no. */
const answer = (page, yes) => new Promise((done) => page.once('dialog', (dialog) => done(yes ? dialog.accept() : dialog.dismiss())));

test('what is filled in is not lost with a click, and the place that was chosen stays', () =>
  scene({ path: '/incidents/new' }, async (page) => {
    const form = page.locator('[data-test=enter-form]');
    const title = form.locator('[data-test=enter-title]');
    await title.fill(`Half written ${word}`);
    const kept = answer(page, false);
    await page.locator('[data-tab=incidents-on-call]').click();
    await kept;
    assert.equal(await title.inputValue(), `Half written ${word}`);
    assert.match(page.url(), /\/incidents\/new/);
    await form.locator('[data-test=form-place]').first().click();
    await page.locator('.el-select-dropdown__item:visible').first().click();
    await form.locator('[data-test=enter]').click();
    await pane(page).getByRole('heading', { name: `Half written ${word}` }).waitFor();
    assert.equal(new URL(page.url()).searchParams.get('at'), null, 'everything is still looked at');
    // A silence of it is of its place; what is looked at is not another for that.
    const id = new URL(page.url()).pathname.split('/').at(-1);
    const { region, project } = await api(page, `/incidents/${id}`);
    await pane(page).getByRole('link', { name: 'Silence this' }).click();
    const silence = page.locator('[data-test=silence-form]');
    await silence.locator('[data-test=silence-reason]').fill('half written');
    assert.deepEqual([new URL(page.url()).searchParams.get('at'), new URL(page.url()).searchParams.get('place')], [null, `${region}/${project}`]);
    const left = answer(page, true);
    await silence.getByRole('button', { name: 'Cancel' }).click();
    await left;
    await silence.waitFor({ state: 'detached' });
    await page.waitForFunction(() => !location.search.includes('place='));
    await api(page, `/incidents/${id}/actions`, { deed: 'resolve' });
  }));

test('what is wrong with a time is said by the clocks of the place', () =>
  scene({ path: '/incidents' }, async (page) => {
    const { region, id, time_zone: zone = 'Asia/Shanghai' } = await place(page);
    await page.goto(`${url}/incidents/silences?at=${region}/${id}&new=1`);
    const form = page.locator('[data-test=silence-form]');
    await form.locator('[data-test=silence-reason]').fill(`works ${word}`);
    await form.locator('[data-test=silence-until]').fill('2026-01-01T00:00');
    await form.locator('[data-test=make-silence]').click();
    const said = await form.locator('.inc-field', { has: page.locator('[data-test=silence-until]') }).locator('em').innerText();
    assert.doesNotMatch(said, /\dT\d\d:/, said);
    const today = new Intl.DateTimeFormat('en-GB', { timeZone: zone || 'Asia/Shanghai' }).format(Date.now());
    assert.ok(said.includes(today), `${said} is of ${today}`);
  }));

test('on a phone: from the list to arrived in two taps', () =>
  scene({ ...phone, path: '/incidents' }, async (page) => {
    const made = await entered(page);
    await page.goto(`${url}/incidents?q=${word}`);
    await page.locator(`[data-row-incident="${made.id}"]`).tap();
    await pane(page).locator('[data-deed=arrive]').tap();
    await stateIs(page, made.id, 'arrived');
    const height = await pane(page).locator('[data-deed=resolve]').evaluate((button) => button.getBoundingClientRect().height);
    assert.ok(height >= 44, `a thumb needs more than ${height} px`);
    await pane(page).getByRole('button', { name: 'Back to the list' }).tap();
    await page.locator(`[data-row-incident="${made.id}"]`).waitFor();
  }));

test('of two who press the second is told; what was sent twice is done once', () =>
  scene({ path: '/incidents' }, async (page) => {
    const made = await entered(page);
    await page.goto(`${url}/incidents/${made.id}`);
    await pane(page).locator('[data-deed=acknowledge]').waitFor();
    // The other one is faster, and this page has not heard of it.
    await page.route('**/actions', async (route) => {
      await api(page, `/incidents/${made.id}/actions`, { deed: 'note', note: 'the other one' });
      await route.continue();
    }, { times: 1 });
    await pane(page).locator('[data-deed=resolve]').click();
    await pane(page).getByRole('alert').getByText('Somebody was faster').waitFor();
    await stateIs(page, made.id, 'firing');
    // The answer is lost on the way; pressed again it is the same note.
    await page.route('**/actions', async (route) => {
      await route.fetch();
      await route.abort();
    }, { times: 1 });
    await pane(page).locator('[data-test=note]').fill('said once');
    await pane(page).locator('[data-deed=note]').click();
    await pane(page).getByRole('alert').getByText('cannot be reached').waitFor();
    await pane(page).locator('[data-deed=note]').click();
    await page.waitForFunction(() => document.querySelector('[data-test=note]').value === '');
    const { items } = await api(page, `/incidents/${made.id}/timeline?limit=1000`);
    assert.equal(items.filter(({ note }) => note === 'said once').length, 1);
    await api(page, `/incidents/${made.id}/actions`, { deed: 'resolve' });
    page.errors = page.errors.filter((text) => !/ERR_FAILED/.test(text));
  }));

test('a silence says whom it hides, hides them, and ends', () =>
  scene({ path: '/incidents/silences' }, async (page) => {
    const { region, id } = await place(page);
    await page.goto(`${url}/incidents/silences?at=${region}/${id}&new=1`);
    const form = page.locator('[data-test=silence-form]');
    const since = new Date(Date.now() - 30 * 86_400_000).toISOString();
    await form.locator('[data-test=hid-before]').waitFor();
    const all = (await api(page, `/incidents?region=${region}&project=${id}&from=${since}&limit=1000`)).items;
    const wanted = all.filter(({ severity }) => severity !== 'life_safety').length;
    if (all.length < 1000) await page.waitForFunction((n) => document.querySelector('[data-test=hid-before]').textContent.replace(/\D/g, '') === String(n), wanted);
    await form.locator('[data-test=make-silence]').click();
    await form.getByRole('alert').waitFor(); // the server wants a reason
    await form.locator('[data-test=silence-reason]').fill(`works ${word}`);
    await form.locator('[data-test=make-silence]').click();
    const card = page.locator('.inc-silence', { hasText: `works ${word}` });
    await card.getByText('In force').waitFor();
    await card.locator('[data-test=end-silence]').click();
    await card.locator('[data-test=end-silence]').click();
    await card.waitFor({ state: 'detached' });
    await page.locator('[data-show=all]').click();
    await card.getByText('Over').waitFor();
    await card.getByRole('button', { name: 'History' }).click();
    await card.locator('[data-test=silence-history] li').nth(1).waitFor();
  }));

test('who is on call is what the API says', () =>
  scene({ path: '/incidents/on-call' }, async (page) => {
    const { items } = await api(page, '/on-call');
    if (items.length === 0) await page.getByText('No schedule is entered here').waitFor();
    for (const schedule of items) {
      const card = page.locator(`[data-schedule="${schedule.name}"]`);
      await card.waitFor();
      for (const name of schedule.now) assert.match(await card.innerText(), new RegExp(name));
    }
    if (items.length > 0) {
      await page.locator('[data-test=rota-next]').click();
      await page.waitForURL(/from=\d{4}-\d\d-\d\d/);
      await page.locator('[data-test=rota]').waitFor();
      await page.goBack();
      await page.waitForFunction(() => !location.search.includes('from='));
    }
  }));

test('a card is entered and ended', () =>
  scene({ path: '/incidents/responders?new=1' }, async (page) => {
    const form = page.locator('[data-test=responder-form]');
    // Of each passage one sees in which project the gate is: gates have the same names everywhere.
    await form.locator('[data-passage], .inc-passages > .dim').first().waitFor();
    const projects = (await api(page, '/projects?limit=1000')).items;
    for (const passage of await form.locator('[data-passage]').all()) {
      const [region, project] = (await passage.getAttribute('data-passage')).split('/');
      const { name } = projects.find((one) => one.region === region && one.id === project);
      assert.ok((await passage.innerText()).includes(name || project), `a gate of ${name}`);
    }
    await form.getByLabel('Whose card').fill(`Fitter ${word}`);
    await form.getByLabel('Keyed hash of the card').fill('not a card');
    await form.locator('[data-test=make-responder]').click();
    await form.getByRole('alert').waitFor();
    await form.getByLabel('Keyed hash of the card').fill(`psn_${Array.from({ length: 32 }, () => Math.floor(Math.random() * 16).toString(16)).join('')}`);
    await form.locator('[data-test=make-responder]').click();
    const row = page.locator('.inc-responder', { hasText: `Fitter ${word}` });
    await row.locator('[data-test=end-responder]').click();
    await row.locator('[data-test=end-responder]').click();
    await row.waitFor({ state: 'detached' });
  }));

test('somebody of another project sees neither the incident nor the buttons', async () => {
  let mine;
  let login;
  await scene({ path: '/incidents' }, async (page) => {
    mine = await entered(page);
    const others = (await api(page, '/projects?limit=100')).items.filter(({ region, id }) => region !== mine.region || id !== mine.project);
    assert.ok(others.length > 0, 'there is another project');
    login = `viewer-${word}`;
    await api(page, '/people', { login, name: `Viewer ${word}`, password, must_change_password: false, grants: [{ role: 'viewer', place: { region: others[0].region, project: others[0].id } }] });
    const { items } = await api(page, `/people?search=${login}`);
    const person = items.find((one) => one.login === login);
    leave = async () => {
      const again = await open({ person: admin });
      await api(again, `/people/${person.id}/disable`, {});
      await api(again, `/incidents/${mine.id}/actions`, { deed: 'resolve' });
      await close(again);
    };
  });
  await scene({ person: login, path: `/incidents/${mine.id}` }, async (page) => {
    await pane(page).getByText('It is gone, or it is not among yours.').waitFor();
    await page.goto(`${url}/incidents?show=all&q=${word}`);
    await page.getByText('Nothing matches').waitFor();
    assert.equal(await page.locator('[data-test=enter-incident]').count(), 0);
    assert.equal(await page.locator('[data-tab=incidents-responders]').count(), 0);
    await page.goto(`${url}/incidents/silences?new=1`);
    await page.locator('[data-test=silences-view]').waitFor();
    assert.equal(await page.locator('[data-test=silence-form]').count(), 0);
    await page.goto(`${url}/incidents/responders`);
    await page.waitForURL(/\/denied/);
  });
});
