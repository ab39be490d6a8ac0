// Fails when something that is linked into the application has a licence that the
// product may not carry, a version that is not pinned, or names the host it came from.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const read = (name) => JSON.parse(readFileSync(fileURLToPath(new URL(`../${name}`, import.meta.url)), 'utf8'));
const allowed = new Set(['MIT', 'MIT-0', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'BlueOak-1.0.0', 'CC0-1.0', 'Unlicense']);
/** Used for building and testing alone, never shipped. */
const tools = new Set(['MPL-2.0', 'Python-2.0', 'CC-BY-4.0']);
const wrong = [];

const { dependencies, devDependencies } = read('package.json');
for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
  if (!/^\d+\.\d+\.\d+$/.test(version)) wrong.push(`${name}: ${version} is not one version`);
}
for (const [path, entry] of Object.entries(read('package-lock.json').packages)) {
  if (path === '') continue;
  if (entry.resolved) wrong.push(`${path}: the lock file says where it came from`);
  const choices = String(entry.license ?? '').replace(/[()]/g, '').split(' OR ');
  const fine = choices.some((licence) => licence.split(' AND ').every((one) => allowed.has(one) || (entry.dev && tools.has(one))));
  if (!fine) wrong.push(`${path}: licence ${entry.license ?? 'unknown'}`);
}
if (wrong.length > 0) {
  console.error(wrong.join('\n'));
  process.exit(1);
}
