// An engineer of one project sees nothing of another, whatever link he is sent.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { close, launch, open, quit, url } from '../driver.mjs';
import { pages, settled } from '../pages.mjs';
import { administrator, Caller, newcomer } from '../people.mjs';

before(launch);
after(quit);

test('no link leads into another project', async () => {
  const boss = await administrator();
  const { items: projects } = await boss.ask('GET', '/projects?limit=200');
  const all = await pages(boss); // with things of some project
  const strange = projects.find(({ region, id }) => all.lift.startsWith(`/devices/${region}/${id}/`));
  const own = projects.find(({ region, id }) => region !== strange.region && id !== strange.id);
  const somebody = await newcomer(boss, 'engineer', { region: own.region, project: own.id });
  const page = await open({ person: somebody.login, secret: somebody.password, path: `/live?at=${strange.region}/${strange.id}` });
  await settled(page);

  const { items: devices } = await boss.ask('GET', `/devices?region=${strange.region}&project=${strange.id}&limit=1000`);
  const secrets = [strange.name, ...devices.map(({ serial }) => serial)].filter((text) => text && text.length > 2 && !own.name.includes(text));
  assert.ok(secrets.length > 0);
  const of = ['incident', 'lift', 'meter', 'finding', 'notice'].filter((name) => all[name]);
  const links = [
    ...Object.entries(all).filter(([name]) => !of.includes(name)).map(([, path]) => `${path}${path.includes('?') ? '&' : '?'}at=${strange.region}/${strange.id}`),
    `/live?at=${strange.region}`, all.lift,
  ];
  for (const link of links) {
    await page.goto(url + link);
    await settled(page);
    const text = await page.locator('body').innerText();
    for (const secret of secrets) assert.ok(!text.includes(secret), `${link} shows ${secret}`);
  }
  // Nor does the API, whatever it is asked.
  const engineer = await new Caller().signIn(somebody.login, somebody.password);
  for (const path of [`/devices${all.lift.slice('/devices'.length)}`, `/projects/${strange.region}/${strange.id}`]) {
    assert.equal((await engineer.fetch('GET', path)).status, 404, path);
  }
  for (const path of ['/devices', '/latest', '/incidents', '/findings', '/notices', '/events', '/operations/fees']) {
    const answer = await engineer.fetch('GET', `${path}?region=${strange.region}&project=${strange.id}`);
    const body = answer.ok ? await answer.json() : { items: [] };
    assert.deepEqual(body.items, [], path);
  }
  await close(page);
});
