// Every page of the application, of a whole Steward: those of one thing are of a thing
// that is there.
import { publish } from './broker.mjs';

/** The first item of a list of the API, or undefined. */
async function first(caller, path) {
  return (await caller.ask('GET', path)).items?.[0];
}

/** A notice to a project, for where the scorecard has issued none. */
function writeNotice(caller, { region, project }) {
  const due = new Date(Date.now() + 14 * 86_400_000).toISOString().slice(0, 10);
  return caller.ask('POST', '/notices', {
    region, project, due_on: due, finding: { zh: `防火门常开 ${Date.now()}`, en: `A fire door is wedged open ${Date.now()}` }, required: { zh: '关闭并加装闭门器', en: 'Close it, and fit a closer' },
  });
}

/** A message that is not right comes to the quarantine, for where none has. */
async function sendNonsense(caller, meter) {
  const { door } = await caller.ask('GET', '/sources');
  await publish(process.env.STEWARD_BROKER || door.address, `property/${meter.region}/${meter.project}/meter/${meter.id}/telemetry`, '{"power_kw": 3,2}');
  for (let tries = 0; tries < 60; tries++) {
    const letter = await first(caller, `/dead-letters?region=${meter.region}&project=${meter.project}&limit=1`);
    if (letter) return letter;
    await new Promise((resume) => setTimeout(resume, 1000));
  }
  return undefined;
}

/** Pages by name, each with its address. Those of one thing are of a place, when one is given; a thing that is not there is an error. */
export async function pages(caller, place = undefined) {
  const where = place ? `&region=${place.region}&project=${place.id}` : '';
  const anyOne = async (name, path, make = async () => undefined) => {
    const found = (await first(caller, path)) ?? (await make());
    if (!found) throw new Error(`there is no ${name}: its page cannot be looked at (${path})`);
    return found;
  };
  const one = (name, path, make) => anyOne(name, path + where, make);
  const lift = await one('lift', '/devices?class=elevator&state=active&limit=1');
  const meter = await one('meter', '/devices?class=meter&state=active&limit=1');
  const incident = await one('incident', `/incidents?${place ? '' : 'severity=life_safety&'}sort=-started_at&limit=1`);
  const finding = await one('finding', '/findings?limit=1');
  const notice = await one('notice', '/notices?limit=1', () => writeNotice(caller, lift));
  const letter = await one('letter', '/dead-letters?limit=1', () => sendNonsense(caller, meter));
  // What is not of one project.
  const rule = await anyOne('rule', '/alert-rules?limit=1');
  const person = await anyOne('person', '/people?limit=1');
  const token = await anyOne('token', '/tokens?limit=1', async () => (await caller.ask('POST', '/tokens', { name: 'grafana', grants: [{ role: 'viewer', place: { region: meter.region, project: meter.project } }] })).token);
  const credential = await anyOne('credential', '/mqtt-credentials?limit=1', async () => (await caller.ask('POST', '/mqtt-credentials', { kind: 'project', region: meter.region, project: meter.project })).credential);
  const silence = await anyOne('silence', '/silences?limit=1');
  const job = (await caller.ask('GET', '/analytics/jobs')).items.find(({ name }) => name === 'replacement');
  const [line] = (await caller.ask('GET', `/analytics/runs/${job.result.id}/document?kind=plan`)).body.lines;
  const entry = await anyOne('entry of the audit log', '/audit?limit=1');
  const at = `at=${lift.region}/${lift.project}`;
  const [ofLift, ofMeter] = [lift, meter].map((one) => `/devices/${one.region}/${one.project}/${one.class}/${one.id}`);
  return {
    live: '/live', 'live-project': `/live?${at}`, 'live-fire': '/live?class=fire', 'live-access': '/live?class=access', 'live-meter': '/live?class=meter', 'live-wall': '/live/wall', 'live-wall-project': `/live/wall?${at}`,
    incidents: '/incidents?show=all', incident: `/incidents/${incident.id}?show=all`, 'incidents-new': '/incidents/new',
    silences: '/incidents/silences', silence: `/incidents/silences/${silence.id}`, 'silence-new': '/incidents/silences?new=1', 'on-call': '/incidents/on-call', 'on-call-new': '/incidents/on-call?new=1',
    responders: '/incidents/responders', 'responder-new': '/incidents/responders?new=1',
    devices: '/devices', lift: ofLift, meter: ofMeter,
    'lift-forecast': `${ofLift}/forecast`, 'lift-events': `${ofLift}/events`, 'lift-edit': `${ofLift}/edit`, 'meter-readings': `${ofMeter}/readings`,
    'meter-consumption': `${ofMeter}/consumption`, 'meter-corrections': `${ofMeter}/corrections`, 'meter-history': `${ofMeter}/history`, 'meter-replace': `${ofMeter}/replace`,
    'devices-new': '/devices/new', 'devices-pending': '/devices/pending', 'devices-rules': '/devices/pending?show=rules',
    'devices-places': '/devices/places', 'devices-import': '/devices/import',
    energy: '/energy', 'energy-heat': '/energy/heat', 'energy-baseline': '/energy/baseline', 'energy-waste': '/energy/waste',
    finding: `/energy/waste/${finding.id}`, 'energy-water': '/energy/water', 'energy-balance': '/energy/balance',
    reliability: '/reliability', 'reliability-ages': '/reliability/ages', 'reliability-trend': '/reliability/trend', 'reliability-lives': '/reliability/lives',
    'reliability-risk': '/reliability/risk', 'reliability-backtest': '/reliability/backtest', 'reliability-plan': '/reliability/plan',
    'reliability-plan-line': `/reliability/plan?device=${line.region}/${line.project}/${line.class}/${line.device}`,
    'reliability-compare': '/reliability/compare',
    response: '/response', breaches: '/response/breaches', running: '/response/running', contractors: '/response/contractors',
    headquarters: '/headquarters', comparison: '/headquarters/compare', notices: '/headquarters/notices', notice: `/headquarters/notices/${notice.id}`,
    'notice-new': '/headquarters/notices?write=1', reports: '/headquarters/reports', 'report-response': '/headquarters/reports?report=response',
    operations: '/headquarters/operations', 'operations-orders': '/headquarters/operations?kind=repair-orders', 'operations-import': '/headquarters/operations?bring=1',
    settings: '/settings', account: '/settings/account', people: '/settings/people', person: `/settings/people/${person.id}`, 'person-new': '/settings/people/new', roles: '/settings/roles', tokens: '/settings/tokens', token: `/settings/tokens/${token.id}`, 'token-new': '/settings/tokens/new',
    mqtt: '/settings/mqtt', credential: `/settings/mqtt/${credential.id}`, 'mqtt-new': '/settings/mqtt/new',
    channels: '/settings/channels', rules: '/settings/rules', rule: `/settings/rules/${rule.name}`, 'rule-history': `/settings/rules/${rule.name}?tab=history`, 'rule-new': '/settings/rules/new',
    standards: '/settings/standards', tariffs: '/settings/tariffs',
    sources: '/settings/sources', connect: '/settings/sources/connect', try: '/settings/sources/try', letters: '/settings/letters',
    letter: `/settings/letters/${letter.id}`, health: '/settings/health', coverage: '/settings/health/coverage', jobs: '/settings/health/jobs',
    job: '/settings/health/jobs/energy', audit: '/settings/audit', 'audit-entry': `/settings/audit?entry=${entry.seq}`, privacy: '/settings/privacy',
    missing: '/settings/nothing-here',
  };
}

/** Those of one thing, by name: they say more than what is in a list. */
export const things = ['incident', 'lift', 'meter', 'finding', 'notice', 'letter'];

/** Waits until a page has said what it has to say: nothing is being loaded any more. */
export async function settled(page) {
  await page.waitForFunction(() => {
    const idle = !document.querySelector('[data-state=loading], [aria-busy=true]');
    const told = document.querySelector('main')?.innerText.trim();
    if (!idle || !told) {
      window.sinceSettled = 0;
      return false;
    }
    window.sinceSettled ||= performance.now();
    return performance.now() - window.sinceSettled > 400; // and stays so: one question may follow another
  }, undefined, { timeout: 60_000, polling: 100 });
}
