// An engineer of one project sees nothing of another, whatever link he is sent, whatever
// file he asks for, and on whatever connection he listens.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { close, launch, open, quit, url } from '../driver.mjs';
import { pages, settled, things } from '../pages.mjs';
import { administrator, Caller, newcomer } from '../people.mjs';

before(launch);
after(quit);

/** A project in which something of every kind is, so that none of the links below leads to nothing anyway. */
async function richProject(boss, projects) {
  const { items: findings } = await boss.ask('GET', '/findings?limit=1000');
  const holds = async (path) => (await boss.ask('GET', path)).items.length > 0;
  for (const project of projects.filter(({ region, id }) => findings.some((one) => one.region === region && one.project === id))) {
    const where = `region=${project.region}&project=${project.id}&limit=1`;
    if (await holds(`/devices?class=elevator&state=active&${where}`) && await holds(`/devices?class=meter&state=active&${where}`) && await holds(`/incidents?${where}`)) return project;
  }
  return assert.fail('no project has a lift, a meter, an incident and a finding');
}

let made;
/** Two projects, who is of one of them, and what there is in the other. */
function people() {
  made ??= (async () => {
    const boss = await administrator();
    const { items: projects } = await boss.ask('GET', '/projects?limit=200');
    const strange = await richProject(boss, projects);
    const own = projects.find(({ region, id }) => region !== strange.region && id !== strange.id);
    assert.ok(own, 'there is no other region');
    const somebody = await newcomer(boss, 'engineer', { region: own.region, project: own.id });
    return { boss, strange, own, somebody, engineer: await new Caller().signIn(somebody.login, somebody.password) };
  })();
  return made;
}

/** Where the API has the thing that a page shows. */
function ofApi(path) {
  const [address] = path.split('?');
  return address.replace('/energy/waste/', '/findings/').replace('/headquarters/notices/', '/notices/').replace('/settings/letters/', '/dead-letters/');
}

test('no link leads into another project', async () => {
  const { boss, strange, own, somebody, engineer } = await people();
  const all = await pages(boss, strange);
  for (const name of things) assert.equal((await boss.fetch('GET', ofApi(all[name]))).status, 200, `${name} is in the other project`);
  const notice = await boss.ask('GET', ofApi(all.notice));
  const page = await open({ person: somebody.login, secret: somebody.password, path: `/live?at=${strange.region}/${strange.id}` });
  await settled(page);

  const { items: devices } = await boss.ask('GET', `/devices?region=${strange.region}&project=${strange.id}&limit=1000`);
  const secrets = [strange.name, notice.finding.en, notice.finding.zh, ...devices.map(({ serial }) => serial)].filter((text) => text && text.length > 2 && !own.name.includes(text));
  assert.ok(secrets.length > 0);
  const links = [
    ...Object.entries(all).filter(([name]) => !things.includes(name)).map(([, path]) => `${path}${path.includes('?') ? '&' : '?'}at=${strange.region}/${strange.id}`),
    `/live?at=${strange.region}`, ...things.map((name) => all[name]),
  ];
  for (const link of links) {
    await page.goto(url + link);
    await settled(page);
    const text = await page.locator('body').innerText();
    for (const secret of secrets) assert.ok(!text.includes(secret), `${link} shows ${secret}`);
    if (link.includes('at=')) assert.equal(await page.locator('[data-test=denied]').count(), 1, `${link} says that it is not his, and shows nothing else in its place`);
  }
  // Nor does the API, whatever it is asked.
  for (const path of [...things.map((name) => ofApi(all[name])), `/projects/${strange.region}/${strange.id}`]) {
    assert.equal((await engineer.fetch('GET', path)).status, 404, path);
  }
  for (const path of ['/devices', '/latest', '/incidents', '/findings', '/notices', '/events', '/dead-letters', '/operations/fees']) {
    const answer = await engineer.fetch('GET', `${path}?region=${strange.region}&project=${strange.id}`);
    const body = answer.ok ? await answer.json() : { items: [] };
    assert.deepEqual(body.items, [], path);
  }
  await close(page);
});

test('no file and no report is of another project', async () => {
  const { boss, strange, engineer } = await people();
  const where = `region=${strange.region}&project=${strange.id}`;
  const since = (hours) => new Date(Date.now() - hours * 3_600_000).toISOString();
  /** The lines of a file, without the head; a refusal is none. */
  const lines = async (caller, path) => {
    const answer = await caller.fetch('GET', path);
    const text = await answer.text();
    return answer.ok ? text.trim().split('\n').slice(1) : [];
  };
  const files = [`/export/readings.csv?${where}&from=${since(2)}`, `/export/events.csv?${where}&from=${since(400 * 24)}`, `/export/devices.csv?${where}`, `/export/fees.csv?${where}`];
  for (const path of files) {
    assert.ok((await lines(boss, path)).length > 0, `${path}: there is something to be had`);
    assert.deepEqual(await lines(engineer, path), [], path);
  }
  // Without a place it is all of his own, and nothing else.
  const mine = await lines(engineer, '/export/devices.csv?lang=en');
  const { items: others } = await boss.ask('GET', `/devices?${where}&limit=1000`);
  const serials = others.map(({ serial }) => serial).filter((text) => text && text.length > 2);
  for (const line of mine) for (const serial of serials) assert.ok(!line.includes(serial), `the list of his devices has ${serial}`);
  const { items: reports } = await boss.ask('GET', '/reports');
  assert.ok(reports.length > 0);
  for (const { name } of reports) {
    for (const place of [where, `region=${strange.region}`, '']) {
      const answer = await engineer.fetch('GET', `/reports/${name}?format=json${place && `&${place}`}`);
      assert.ok(['not_found', 'not_allowed'].includes((await answer.json()).code), `${name} of ${place || 'the company'}: ${answer.status}`);
    }
  }
});

test('no connection tells of another project', async () => {
  const { strange, own, somebody } = await people();
  const page = await open({ person: somebody.login, secret: somebody.password, path: `/live?at=${own.region}/${own.id}` });
  /** What is heard in some seconds on a connection; after its first message another scope is wished for. */
  const listen = (query, wish = undefined) => page.evaluate(([search, wanted]) => new Promise((resolve) => {
    const heard = [];
    let opened = false;
    const socket = new WebSocket(`${window.location.origin.replace(/^http/, 'ws')}/api/v1/live${search}`);
    socket.onopen = () => {
      opened = true;
      window.setTimeout(() => socket.close(), 6000);
    };
    socket.onmessage = ({ data }) => {
      heard.push(JSON.parse(data));
      if (wanted && heard.length === 1) socket.send(JSON.stringify({ subscribe: wanted }));
    };
    socket.onclose = () => resolve({ opened, heard });
  }), [query, wish]);
  /** All that is said of the other region: objects of it, and paths into it. */
  const told = (value, found = []) => {
    if (typeof value === 'string' && value.startsWith(`${strange.region}/`)) found.push(value);
    if (typeof value !== 'object' || value === null) return found;
    if (value.region === strange.region) found.push(value);
    for (const [key, part] of Object.entries(value)) {
      told(key, found);
      told(part, found);
    }
    return found;
  };
  const refused = await listen(`?region=${strange.region}&project=${strange.id}`);
  assert.deepEqual(refused, { opened: false, heard: [] });
  const everything = await listen('');
  assert.ok(everything.heard.some(({ type }) => type === 'snapshot'), 'his own is told');
  assert.deepEqual(told(everything.heard), []);
  const wished = await listen(`?region=${own.region}&project=${own.id}`, { region: strange.region, project: strange.id });
  assert.ok(wished.heard.some(({ type, code }) => type === 'error' && code === 'not_found'), 'the wish is refused');
  assert.deepEqual(told(wished.heard), []);
  await close(page);
});
