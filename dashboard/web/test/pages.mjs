// Every page of the application, of a whole Steward: those of one thing are of a thing
// that is there.

/** The first item of a list of the API, or undefined. */
async function first(caller, path) {
  return (await caller.ask('GET', path)).items?.[0];
}

/** Pages by name, each with its address. */
export async function pages(caller) {
  const lift = await first(caller, '/devices?class=elevator&state=active&limit=1');
  const meter = await first(caller, '/devices?class=meter&state=active&limit=1');
  const incident = await first(caller, '/incidents?severity=life_safety&sort=-started_at&limit=1');
  const finding = await first(caller, '/findings?limit=1');
  const notice = await first(caller, '/notices?limit=1');
  const rule = await first(caller, '/alert-rules?limit=1');
  const letter = await first(caller, '/dead-letters?limit=1');
  const at = `at=${lift.region}/${lift.project}`;
  const found = {
    live: '/live', 'live-project': `/live?${at}`, 'live-wall': '/live/wall',
    incidents: '/incidents?show=all', incident: incident && `/incidents/${incident.id}?show=all`, 'incidents-new': '/incidents/new',
    silences: '/incidents/silences', 'on-call': '/incidents/on-call', responders: '/incidents/responders',
    devices: '/devices', lift: `/devices/${lift.region}/${lift.project}/elevator/${lift.id}`,
    meter: `/devices/${meter.region}/${meter.project}/meter/${meter.id}`, 'devices-new': '/devices/new', 'devices-pending': '/devices/pending',
    'devices-places': '/devices/places', 'devices-import': '/devices/import',
    energy: '/energy', 'energy-heat': '/energy/heat', 'energy-baseline': '/energy/baseline', 'energy-waste': '/energy/waste',
    finding: finding && `/energy/waste/${finding.id}`, 'energy-water': '/energy/water', 'energy-balance': '/energy/balance',
    reliability: '/reliability', 'reliability-ages': '/reliability/ages', 'reliability-trend': '/reliability/trend', 'reliability-lives': '/reliability/lives',
    'reliability-risk': '/reliability/risk', 'reliability-backtest': '/reliability/backtest', 'reliability-plan': '/reliability/plan',
    'reliability-compare': '/reliability/compare',
    response: '/response', breaches: '/response/breaches', running: '/response/running', contractors: '/response/contractors',
    headquarters: '/headquarters', comparison: '/headquarters/compare', notices: '/headquarters/notices', notice: notice && `/headquarters/notices/${notice.id}`,
    reports: '/headquarters/reports', operations: '/headquarters/operations',
    settings: '/settings', account: '/settings/account', people: '/settings/people', roles: '/settings/roles', tokens: '/settings/tokens', mqtt: '/settings/mqtt',
    channels: '/settings/channels', rules: '/settings/rules', rule: rule && `/settings/rules/${rule.name}`, standards: '/settings/standards', tariffs: '/settings/tariffs',
    sources: '/settings/sources', connect: '/settings/sources/connect', try: '/settings/sources/try', letters: '/settings/letters',
    letter: letter && `/settings/letters/${letter.id}`, health: '/settings/health', coverage: '/settings/health/coverage', jobs: '/settings/health/jobs',
    audit: '/settings/audit', privacy: '/settings/privacy',
  };
  return Object.fromEntries(Object.entries(found).filter(([, path]) => path));
}

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
