// The texts of rules and the faults of payloads, without a page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const src = fileURLToPath(new URL('../../src', import.meta.url));

const { readField, readPair, writeField, writePair, difference, context, syntaxFault, namedFault, placeOfFault, fromHex, fromBase64, toBase64, hexRows, shellQuote } = await load(`
  export { readField, readPair, writeField, writePair } from './views/settings/rules/ruleText';
  export { difference, context } from './views/settings/rules/difference';
  export { syntaxFault, namedFault, placeOfFault } from './views/settings/payload/fault';
  export { fromHex, fromBase64, toBase64, hexRows } from './views/settings/payload/bytes';
  export { shellQuote } from './views/settings/sources/door';
`);

async function load(contents) {
  const result = await build({ stdin: { contents, resolveDir: src, loader: 'ts' }, bundle: true, format: 'esm', write: false, platform: 'neutral' });
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

test('a command can be pasted into a shell', () => {
  assert.equal(shellQuote(`it's {"a":1}`), `'it'\\''s {"a":1}'`);
  assert.equal(shellQuote('property/a/b'), 'property/a/b');
});
