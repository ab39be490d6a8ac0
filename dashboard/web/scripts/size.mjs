// Fails when the first screen needs more script than it may: what the entry and the
// live view import before anything is drawn, as browsers fetch it, compressed.
import { readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

/** In bytes. */
const most = 300_000;
const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const manifest = JSON.parse(readFileSync(`${dist}manifest.json`, 'utf8'));

const files = new Set();
function take(key) {
  const chunk = manifest[key];
  if (!chunk) throw new Error(`the build has no ${key}; it has ${Object.keys(manifest).join(', ')}`);
  if (files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const next of chunk.imports ?? []) take(next);
}

const size = (file) => gzipSync(readFileSync(dist + file), { level: 9 }).length;
const total = () => [...files].reduce((sum, file) => sum + size(file), 0);
const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

take('index.html');
const entry = total();
take('src/views/live/LiveView.vue');
const first = total();
console.log(`script of the first screen, compressed: ${kB(first)} of ${kB(most)} (shell ${kB(entry)}, live view ${kB(first - entry)})`);
for (const [key, chunk] of Object.entries(manifest)) {
  if (!chunk.isDynamicEntry || files.has(chunk.file)) continue;
  const bytes = size(chunk.file);
  if (bytes > 60_000) console.log(`  later: ${key} ${kB(bytes)}`);
}
// It is for this script alone; the server would serve it.
rmSync(`${dist}manifest.json`);
if (first > most) {
  console.error(`that is ${kB(first - most)} too much: load more of it later`);
  process.exit(1);
}
