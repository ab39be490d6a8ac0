// Every code with which the server refuses something has words in both languages: what has
// none is shown as the server's English sentence, also on a Chinese page.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const dashboard = fileURLToPath(new URL('../../..', import.meta.url));
const src = fileURLToPath(new URL('../../src', import.meta.url));

async function load(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: src, loader: 'ts' },
    bundle: true, write: false, format: 'esm', platform: 'browser', logLevel: 'error',
    define: { 'import.meta.glob': 'noFiles', __VUE_OPTIONS_API__: 'true', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' },
    banner: { js: "const noFiles = () => ({}); globalThis.window ??= globalThis; globalThis.matchMedia ??= () => ({ matches: false, addEventListener() {} }); Object.defineProperty(globalThis, 'navigator', { value: { languages: ['zh'], userAgent: 'Node.js' }, configurable: true });" },
  });
  return import('data:text/javascript;base64,' + Buffer.from(outputFiles[0].text).toString('base64'));
}

const { en, zh, said, saidCode, Problem, i18n } = await load(`
  export { default as en } from './messages/en/app';
  export { default as zh } from './messages/zh/app';
  export { said, saidCode } from './format/said';
  export { Problem } from './api/call';
  export { i18n } from './i18n';
`);

/** The codes that stand in the sources of the API and of the door before it. */
async function serverCodes() {
  const files = (await readdir(`${dashboard}api`)).filter((name) => name.endsWith('.go') && !name.endsWith('_test.go')).map((name) => `api/${name}`);
  const found = new Set();
  for (const name of [...files, 'metrics.go']) {
    const text = await readFile(dashboard + name, 'utf8');
    for (const [, code] of text.matchAll(/^(?:const)?\s+[Cc]ode[A-Z]\w*\s*=\s*"([a-z_]+)"/gm)) found.add(code);
    for (const [, code] of text.matchAll(/^\s+refused\w+\s+refusedFor\s*=\s*"([a-z_]+)"/gm)) found.add(code);
    for (const [, code] of text.matchAll(/\bproblem\([^,()]+,\s*"([a-z_]+)"/g)) found.add(code);
    const ofHuma = /var codes = map\[int\]string\{([^}]*)\}/.exec(text)?.[1] ?? '';
    for (const [, code] of ofHuma.matchAll(/"([a-z_]+)"/g)) found.add(code);
  }
  return [...found].sort();
}

test('every code of the API has words in both languages', async () => {
  const codes = await serverCodes();
  for (const code of ['changed_meanwhile', 'not_computed', 'bad_credentials', 'malformed', 'csrf', 'already_done']) assert.ok(codes.includes(code), `${code} was not found in the sources`);
  assert.deepEqual(codes.filter((code) => !Object.hasOwn(en.codes, code)), [], 'in English');
  assert.deepEqual(codes.filter((code) => !Object.hasOwn(zh.codes, code)), [], 'in Chinese');
  assert.deepEqual(Object.keys(zh.codes), Object.keys(en.codes));
});

test('a refusal is said by its code, then its fields, and only without a code as the server says it', () => {
  i18n.global.locale.value = 'zh';
  assert.equal(said(new Problem(412, 'changed_meanwhile', 'somebody else changed it', 0)), zh.codes.changed_meanwhile);
  assert.equal(said(new Problem(422, 'invalid', 'due_on is not right', 0, [{ field: 'body.due_on', problem: 'is in the past' }])), `${zh.codes.invalid} due_on: is in the past`);
  assert.equal(said(new Problem(0, 'unreachable', '', 0)), zh.codes.unreachable);
  assert.equal(saidCode(new Problem(418, 'teapot', 'short and stout', 0)), 'short and stout');
  assert.equal(saidCode(new Problem(502, '', '', 0)), zh.state.errorTitle, 'a proxy says nothing');
});
