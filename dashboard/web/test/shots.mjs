// Takes pictures of the application in its languages, themes and sizes, for
// people to look at: STEWARD_SHOTS=DIR go test ./dashboard -run TestBrowser
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { clock, close, incident, incidentIs, open, play } from './driver.mjs';

const phone = { width: 390, height: 844 };

/** A function that takes pictures into a folder. */
async function photographer(folder) {
  await mkdir(folder, { recursive: true });
  return async (name, options, act) => {
    const page = await open(options);
    await page.waitForTimeout(1300); // counts come once a second
    if (act) await act(page);
    await page.screenshot({ path: join(folder, `${name}.png`) });
    await close(page);
  };
}

export async function takeShots(folder) {
  const shot = await photographer(folder);

  await play({ do: 'reset' });
  await shot('door-zh', { language: 'zh', person: '' });
  await shot('door-en-dark-phone', { language: 'en', theme: 'dark', person: '', ...phone });
  await shot('door-wrong-en', { language: 'en', person: '' }, async (page) => {
    await page.locator('input[name=username]').fill('nobody-here');
    await page.locator('input[name=password]').fill('wrong');
    await page.keyboard.press('Enter');
    await page.locator('.gate-error').waitFor();
  });
  await shot('empty-zh', { language: 'zh' });
  await shot('empty-en-phone', { language: 'en', ...phone });

  const base64 = (text) => Buffer.from(text).toString('base64');
  await play(
    { do: 'fleet', count: 600 }, { do: 'traffic', rate: 200 },
    ...Array.from({ length: 30 }, (_, i) => ({
      do: 'event', device: `south/lychee-bay/access/gate-b3-008`, kind: i % 7 ? 'granted' : 'denied', id: `g${i}`, age_ms: i * 41_000,
      attrs: JSON.stringify({ card: `****${4000 + i * 7}`, door: 'lobby' }),
    })),
    { do: 'event', device: 'east/jade-court/elevator/lift-b5-004', kind: 'fault', age_ms: 500_000, attrs: '{"code":4,"floor":12}' },
    { do: 'event', device: 'north/drum-tower/meter/em-b4-001', kind: 'reverse_flow', age_ms: 900_000, late_ms: 360_000 },
    { do: 'event', device: 'south/pearl-plaza/fire/fire-b6-006', kind: 'supervisory', age_ms: 60_000, attrs: '{"zone":"B2 pump room"}' },
    { do: 'rejected', topic: 'property/east/jade-court/meter/em-b3-009/telemetry', payload: base64('{"ts":1763800000123,"values":{"power_kw":'), reason: 'bad_syntax', error: 'payload is not JSON: unexpected end at byte 41', age_ms: 20_000 },
    { do: 'rejected', topic: 'property/East/jade-court/oven/7', payload: base64('hello'), reason: 'bad_topic', error: 'topic has 5 segments, not 6: want property/{region}/{project}/{class}/{device}/{telemetry|event|status}', age_ms: 14_000 },
    { do: 'rejected', topic: 'property/north/west-hills/fire/fire-b1-006/event', payload: Buffer.from([1, 2, 0xff, 0, 64, 64, 35, 35]).toString('base64'), reason: 'bad_syntax', error: 'payload is not JSON: byte 0x01 at the start', age_ms: 3000 },
  );
  await shot('calm-zh', { language: 'zh' });
  await play({ do: 'pending', devices: [
    ...Array.from({ length: 7 }, (_, i) => `west/lake/meter/em-b3-01${i}`), 'south/garden/access/gate-b1-002', 'north/harbour/elevator/lift-b9-001',
  ] });
  const press = (name) => (page) => page.locator(`[data-test=${name}]`).click().then(() => page.waitForTimeout(300));
  await shot('pending-zh', { language: 'zh' }, press('pending'));
  await shot('pending-en-phone-dark', { language: 'en', theme: 'dark', ...phone }, press('pending'));
  await shot('account-zh', { language: 'zh', person: 'engineer' }, press('account'));
  await shot('account-en-phone', { language: 'en', ...phone }, press('account'));
  await shot('password-en', { language: 'en' }, (page) => press('account')(page).then(() => press('change-password')(page)));
  await shot('calm-en-dark', { language: 'en', theme: 'dark' });
  await play(
    { do: 'event', device: 'east/riverside-garden/elevator/lift-b2-004', kind: 'entrapment', id: 'e1', age_ms: 754_000, attrs: '{"floor":17,"passengers":2}' },
    { do: 'event', device: 'north/olympic-park/elevator/lift-b4-005', kind: 'entrapment', id: 'e2', age_ms: 341_000, attrs: '{"floor":3}' },
    { do: 'event', device: 'north/olympic-park/elevator/lift-b4-005', kind: 'arrived', id: 'e3', age_ms: 62_000 },
    { do: 'event', device: 'south/orchid-villas/fire/fire-b2-006', kind: 'alarm', id: 'e4', age_ms: 47_000, attrs: '{"zone":"3F east","detector":"smoke 0312"}' },
  );
  await shot('danger-zh', { language: 'zh' });
  await shot('danger-en', { language: 'en' });
  await shot('danger-en-dark', { language: 'en', theme: 'dark' });
  await shot('danger-zh-phone', { language: 'zh', ...phone });
  await shot('danger-en-phone-dark', { language: 'en', theme: 'dark', ...phone });
  for (const tab of ['projects', 'events', 'rejected']) await shot(`${tab}-zh-phone`, { language: 'zh', ...phone, path: `/live?tab=${tab}` });
  await shot('projects-en-phone', { language: 'en', ...phone, path: '/live?tab=projects' });
  await shot('project-en', { language: 'en', path: '/live?at=east/riverside-garden&class=elevator&device=east/riverside-garden/elevator/lift-b2-004' });
  await shot('detail-zh-phone', { language: 'zh', ...phone, path: '/live?device=east/riverside-garden/elevator/lift-b2-004' });
  await shot('search-zh', { language: 'zh' }, (page) => page.keyboard.press('/').then(() => page.keyboard.type('lift jade')));
  await shot('nothing-en', { language: 'en' }, (page) => page.keyboard.press('/').then(() => page.keyboard.type('no such thing')));
  await shot('tablet-en', { language: 'en', width: 1024, height: 768 });
  const page = await open({ language: 'zh' });
  await page.waitForTimeout(1300);
  await play({ do: 'down' });
  await page.waitForTimeout(4500);
  await page.screenshot({ path: join(folder, 'offline-zh.png') });
  await page.setViewportSize(phone);
  await page.waitForTimeout(300);
  await page.screenshot({ path: join(folder, 'offline-zh-phone.png') });
  await play({ do: 'up' });
  await close(page);
}

/** An evening with two people in lifts, a fire alarm, and the usual. */
export async function takeIncidentShots(folder) {
  const shot = await photographer(folder);
  const at = (ms) => new Date(Date.now() - ms).toISOString();
  const stage = (state, ms, name, note) => ({ state, at: at(ms), received_at: at(ms), by: { kind: 'person', id: name, name }, note });
  const answered = (age, more) => clock('acknowledge', { zh: '响应', en: 'Answered' }, 180, age, more);
  const onSite = (age, more) => clock('arrive', { zh: '到达现场', en: 'On site' }, 600, age, more);
  const statutory = (age) => clock('statutory', { zh: '法定到场', en: 'Statutory limit' }, 1800, age);
  const met = (age, after) => ({ state: 'met', stopped_at: at(age - after * 1000), elapsed_seconds: after });
  const stuck = incident('east/riverside-garden/elevator/lift-b2-004', {
    age: 754_000, building: 'b2', state: 'dispatched', clocks: [answered(754_000, met(754_000, 95)), onSite(754_000), statutory(754_000)],
    summary: { zh: '17 层与 18 层之间，轿厢内 2 人', en: 'Between floors 17 and 18, two people inside' },
    stages: [stage('acknowledged', 659_000, '王建国'), stage('dispatched', 600_000, '王建国', '张师傅带两人前往')],
  });
  const second = incident('north/olympic-park/elevator/lift-b4-005', {
    age: 130_000, late: 95_000, clocks: [answered(225_000), onSite(225_000), statutory(225_000)],
  });
  const other = (device, kind, zh, en, severity, more) => incident(device, { kind, rule: kind.replace('_', '-'), title: { zh, en }, severity, ...more });
  const outage = other('south/pearl-plaza/meter/em-b5-001', 'power_loss', '楼栋停电', 'Building without power', 'critical', {
    age: 900_000, building: 'b5', state: 'acknowledged', stages: [stage('acknowledged', 840_000, '陈小燕')], clocks: [clock('x', { zh: '抢修到场', en: 'Repair on site' }, 1800, 900_000)],
  });
  const list = [
    stuck, second, outage,
    other('south/pearl-plaza/access/gate-b5-002', 'meter_silent', '门禁离线', 'Gate silent', 'warning', { age: 890_000, building: 'b5', parent: outage.id }),
    other('west/lake/meter/wm-b1-003', 'night_leak', '夜间漏水', 'Leak at night', 'warning', { age: 5_400_000, value: 1.8, unit: 'm³/h', silenced: true }),
    other('north/west-hills/fire/fire-b1-006', 'low_pressure', '消防水压低', 'Low pressure of fire water', 'critical', {
      age: 2_400_000, value: 0.11, unit: 'MPa', flapping: true, count: 6, clocks: [clock('y', { zh: '抢修到场', en: 'Repair on site' }, 1800, 2_400_000)],
    }),
    other('east/maple-hill/elevator/lift-b1-002', 'out_of_service', '电梯停运', 'Lift out of service', 'warning', { age: 7_000_000, clocks: [clock('z', { zh: '维修完成', en: 'Repaired' }, 14_400, 7_000_000)] }),
  ];
  await play({ do: 'reset' });
  await play({ do: 'fleet', count: 600 }, { do: 'traffic', rate: 200 },
    { do: 'event', device: 'south/orchid-villas/fire/fire-b2-006', kind: 'alarm', id: 'e4', age_ms: 12_000, attrs: '{"zone":"3F east"}' },
    ...list.map((one) => incidentIs(one, 'opened')),
    incidentIs(stuck, 'clock_started', 'answered', { title: { zh: '响应', en: 'Answered' } }),
    incidentIs(stuck, 'acknowledged'), incidentIs(stuck, 'notice', 'opened', { receiver: '王建国', channels: ['dingtalk'] }),
    incidentIs(stuck, 'delivered', '', { receiver: '王建国', channel: 'dingtalk', ok: false, error: '504 from oapi.dingtalk.com' }),
    incidentIs(stuck, 'dispatched', '张师傅带两人前往'), incidentIs(stuck, 'clock_breached', 'arrive', { title: { zh: '到达现场', en: 'On site' } }));
  const unfold = (page) => page.locator('.call-more').click().then(() => page.waitForTimeout(200));
  const look = (page) => page.locator(`[data-incident="${stuck.id}"] .call-open`).click().then(() => page.waitForTimeout(900));
  for (const language of ['zh', 'en']) {
    await shot(`incidents-${language}`, { language });
    await shot(`incidents-${language}-dark-unfolded`, { language, theme: 'dark' }, unfold);
    await shot(`incident-${language}`, { language }, look);
    await shot(`incidents-${language}-phone`, { language, ...phone });
    await shot(`incidents-${language}-phone-unfolded`, { language, ...phone }, unfold);
    await shot(`incident-${language}-phone-dark`, { language, theme: 'dark', ...phone }, look);
  }
  await shot('incidents-en-tablet', { language: 'en', width: 1024, height: 768 });
  await play({ do: 'reset' });
}
