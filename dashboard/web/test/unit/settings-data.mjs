// The texts of rules and the faults of payloads, without a page.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const src = fileURLToPath(new URL('../../src', import.meta.url));

const {
  readField, readPair, writeField, writePair, unknownMetric, difference, context, syntaxFault, namedFault, faultOf, placeOfFault, fromHex, fromBase64, toBase64, bytesIn, writtenIn, hexRows, useTrial, tried, shellQuote,
  problemText, loadProblems, i18n, about, effectScope, nextTick, ref, shallowRef,
} = await load(`
  export { readField, readPair, writeField, writePair } from './views/settings/rules/ruleText';
  export { unknownMetric } from './views/settings/rules/metric';
  export { difference, context } from './views/settings/rules/difference';
  export { syntaxFault, namedFault, faultOf, placeOfFault } from './views/settings/payload/fault';
  export { fromHex, fromBase64, toBase64, bytesIn, writtenIn, hexRows } from './views/settings/payload/bytes';
  export { useTrial } from './views/settings/payload/trial';
  export * as tried from './views/settings/sources/tried';
  export { shellQuote } from './views/settings/sources/door';
  export { problemText, loadProblems } from './format/problems';
  export { i18n } from './i18n';
  import en from './messages/en/settings-health';
  import zh from './messages/zh/settings-health';
  export const about = { en: en.jobAbout, zh: zh.jobAbout };
  export { effectScope, nextTick, ref, shallowRef } from 'vue';
`);

async function load(contents) {
  const result = await build({
    stdin: { contents, resolveDir: src, loader: 'ts' },
    bundle: true, write: false, format: 'esm', platform: 'browser', logLevel: 'error',
    define: { 'import.meta.glob': 'noFiles', __VUE_OPTIONS_API__: 'true', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' },
    banner: { js: "const noFiles = () => ({}); globalThis.window ??= globalThis; globalThis.matchMedia ??= () => ({ matches: false, addEventListener() {} }); Object.defineProperty(globalThis, 'navigator', { value: { languages: ['en'], userAgent: 'Node.js' }, configurable: true });" },
  });
  return import(`data:text/javascript;base64,${Buffer.from(result.outputFiles[0].text).toString('base64')}`);
}

const rule = `name: lift-speed
kind: value # by its reading
severity: warning
title: { zh: 超速, en: "Too fast: much" }
# Why two metres: the plate says so.
when: value > 2 && device.medium == "x"
until: >-
  value < 1.8
  || value == 0
runbook:
  zh: |
    1. 停梯。
    2. 报修。
  en: |
    1. Stop the lift.
combine: { of: other, by: project }
`;

test('fields are read as YAML has them', () => {
  assert.equal(readField(rule, 'kind'), 'value');
  assert.equal(readField(rule, 'when'), 'value > 2 && device.medium == "x"');
  assert.equal(readField(rule, 'until'), 'value < 1.8 || value == 0');
  assert.equal(readField(rule, 'combine'), undefined, 'what is no plain value is left to the text');
  assert.equal(readField(rule, 'unit'), '');
  assert.deepEqual(readPair(rule, 'title'), { zh: '超速', en: 'Too fast: much' });
  assert.deepEqual(readPair(rule, 'runbook'), { zh: '1. 停梯。\n2. 报修。', en: '1. Stop the lift.' });
});

test('a field is changed in its place, and all else stays', () => {
  assert.equal(writeField(rule, 'severity', 'critical'), rule.replace('severity: warning', 'severity: critical'));
  assert.equal(writeField(rule, 'until', 'value < 1'), rule.replace('>-\n  value < 1.8\n  || value == 0', 'value < 1'));
  assert.ok(writeField(rule, 'when', '!(value > 2)').includes('# Why two metres: the plate says so.\nwhen: "!(value > 2)"\nuntil:'));
  assert.equal(readField(writeField(rule, 'for', '5m'), 'for'), '5m');
  assert.equal(readField(writeField(rule, 'when', ''), 'when'), '');
  for (const text of ['state("mode") in ["a", "b"]', 'x: y', "it's # so", 'true', '12', ' space ', '- dash', 'a\nb']) assert.equal(readField(writeField(rule, 'where', text), 'where'), text);
  const both = { zh: '一、二', en: 'one, {two}: "three"' };
  assert.deepEqual(readPair(writePair(rule, 'title', both), 'title'), both);
  const long = { zh: '一\n\n二', en: 'one' };
  assert.deepEqual(readPair(writePair(rule, 'runbook', long), 'runbook'), long);
});

test('a rule in JSON is edited as JSON', () => {
  const text = JSON.stringify({ name: 'a', kind: 'event', count: 3, title: { zh: '一', en: 'one' } });
  assert.equal(readField(text, 'count'), '3');
  assert.deepEqual(JSON.parse(writeField(text, 'count', '4')).count, 4);
  assert.deepEqual(JSON.parse(writePair(text, 'title', { zh: '二', en: 'two' })).title, { zh: '二', en: 'two' });
});

test('the difference has what went and what came', () => {
  assert.deepEqual(difference('a\nb\nc\n', 'a\nx\nc\n').map((line) => `${line.kind} ${line.text}`), ['same a', 'gone b', 'new x', 'same c']);
  assert.equal(context(difference('1\n2\n3\n4\n5\n6\n7\n8\n', '1\n2\n3\n4\n5\n6\n7\nx\n'), 1)[0], null);
});

test('the place of a fault is found', () => {
  const at = (text) => syntaxFault(text)?.from;
  assert.equal(syntaxFault('{"a":[1,-2.5e3,"x\\"",true,null],"b":{}}'), undefined);
  assert.equal(at('{"a":1,}'), 7);
  assert.equal(at('{"a":3,2}'), 7);
  assert.equal(at('{"a":NaN}'), 5);
  assert.equal(at('{"a":1'), 5);
  assert.equal(at('{} x'), 3);
  const text = '{"ts":1,"values":{"power_kw":"3,2"}}';
  const fault = namedFault(text, 'value "power_kw" is a JSON string');
  assert.equal(text.slice(fault.from, fault.to), '"3,2"');
  assert.deepEqual(placeOfFault('a\nbc', 3), { line: 2, column: 2 });
});

test('bytes are read as people paste them', () => {
  assert.deepEqual([...fromHex('7b 22\n0A')], [0x7b, 0x22, 0x0a]);
  assert.deepEqual([...fromHex('0x7b,0x22')], [0x7b, 0x22]);
  assert.equal(fromHex('7b2'), undefined);
  assert.deepEqual([...fromBase64(toBase64(Uint8Array.of(0, 255, 128)))], [0, 255, 128]);
  assert.deepEqual(hexRows(Uint8Array.of(65, 0), 16, { from: 1, to: 2 })[0].cells, [{ hex: '41', char: 'A', wrong: false }, { hex: '00', char: '·', wrong: true }]);
});

test('a payload is turned into the same bytes, or stays as it is', async () => {
  const scope = effectScope();
  const [topic, payload, form, trial] = [ref('a/b'), ref('{"v":1} 一'), ref('text'), shallowRef()];
  const { turn, kept } = scope.run(() => useTrial({ topic, payload, form, trial }));
  const f = async (to, wantForm, wantPayload, wantKept) => {
    turn(to);
    await nextTick();
    assert.deepEqual([form.value, payload.value, kept.value], [wantForm, wantPayload, wantKept], to);
  };
  await f('hex', 'hex', '7b 22 76 22 3a 31 7d 20 e4 b8 80');
  await f('base64', 'base64', 'eyJ2IjoxfSDkuIA=');
  await f('text', 'text', '{"v":1} 一');
  form.value = 'hex';
  payload.value = 'ff fe';
  await nextTick();
  await f('text', 'hex', 'ff fe', 'text');
  await f('base64', 'base64', '//4=');
  form.value = 'hex';
  payload.value = 'eyJ2IjoxfQ==';
  await nextTick();
  await f('base64', 'base64', 'eyJ2IjoxfQ==', 'hex');
  await f('text', 'text', '{"v":1}');
  scope.stop();
  for (const one of ['text', 'hex', 'base64']) assert.deepEqual(bytesIn(one, writtenIn(one, Uint8Array.of())), Uint8Array.of());
});

test('a status is no JSON', () => {
  assert.equal(faultOf('property/a/b/meter/m/status', 'maybe', 'status "maybe" is not online or offline'), undefined);
  assert.deepEqual(faultOf('property/a/b/meter/m/telemetry', 'maybe', 'not JSON'), { from: 0, to: 1 });
});

test('what was tried is there again, and an example gives way to another', () => {
  const { beginWith, topic, payload } = tried;
  beginWith('a', '{"ts":1}');
  beginWith('b', '{"ts":2}');
  assert.deepEqual([topic.value, payload.value], ['b', '{"ts":2}'], 'nobody wrote anything');
  payload.value = '{"mine":1}';
  beginWith('c', '{"ts":3}');
  assert.deepEqual([topic.value, payload.value], ['c', '{"mine":1}']);
});

test('a metric that nothing measures is doubted, with those that are near', () => {
  const known = ['energy_kwh', 'power_kw', 'power_factor', 'floor'];
  assert.deepEqual(unknownMetric('powr_kw', known), { name: 'powr_kw', near: ['power_kw'] });
  assert.deepEqual(unknownMetric('enregy_kwh', known).near, ['energy_kwh']);
  assert.deepEqual(unknownMetric('humidity', known).near, []);
  for (const name of ['', 'floor']) assert.equal(unknownMetric(name, known), undefined);
  assert.equal(unknownMetric('powr_kw', []), undefined, 'nothing is known of any');
});

test('what the parser of JSON says is said in Chinese, and spans are as people read them', async () => {
  i18n.global.mergeLocaleMessage('en', { app: { unit: { day: 'd', hour: 'h', minute: 'min', second: 's' } } });
  i18n.global.mergeLocaleMessage('zh', { app: { unit: { day: '天', hour: '小时', minute: '分钟', second: '秒' } } });
  const plain = (text) => problemText(text).replaceAll('\u00a0', ' ');
  assert.equal(plain('"1h2m3s" is more than 36h30m0s'), '"1h2m3s" is more than 1 d 12 h 30 min', 'what is quoted stays');
  await loadProblems();
  i18n.global.locale.value = 'zh';
  const said = {
    // {"power_kw": 3,2}
    'not JSON: cannot parse JSON: cannot parse object: cannot find opening \'"" for object key; unparsed tail: "2}"': '不是 JSON：此处须是带引号的键，停在 "2}" 处',
    'not JSON: cannot parse JSON: cannot parse object: unexpected end of object; unparsed tail: ""': '不是 JSON：缺少结尾的 }，已到末尾',
    'not JSON: cannot parse JSON: cannot parse object: cannot parse object value: cannot parse string: missing closing \'"\'; unparsed tail: ""': '不是 JSON：文字缺少结尾的引号，已到末尾',
    'not JSON: unexpected tail: "x"': '不是 JSON：JSON 之后还有多余内容 "x"',
    // The server cuts what is long.
    'not JSON: cannot parse JSON: unexpected value found: "nope, and so on…': '不是 JSON：此处不是 JSON 的值："nope, and so on…',
    'time 2025-01-01 is more than 9600h0m0s before its receipt at 2026-11-28': '时间 2025-01-01 比接收时间 2026-11-28 早 400 天 以上',
  };
  for (const [english, chinese] of Object.entries(said)) assert.equal(plain(english), chinese);
  i18n.global.locale.value = 'en';
});

test('every analysis is described in both languages', async () => {
  const analytics = fileURLToPath(new URL('../../../../analytics', import.meta.url));
  const names = [];
  for (const file of await readdir(analytics, { recursive: true })) {
    if (!file.endsWith('.go') || file.endsWith('_test.go')) continue;
    for (const [, name] of (await readFile(join(analytics, file), 'utf8')).matchAll(/job\.Job\{\s*Name:\s*"([a-z_-]+)"/g)) names.push(name);
  }
  assert.ok(names.length > 5, `only ${names} were found`);
  for (const language of ['en', 'zh']) assert.deepEqual(Object.keys(about[language]).sort(), names.sort());
});

test('a command can be pasted into a shell', () => {
  assert.equal(shellQuote(`it's {"a":1}`), `'it'\\''s {"a":1}'`);
  assert.equal(shellQuote('property/a/b'), 'property/a/b');
});
