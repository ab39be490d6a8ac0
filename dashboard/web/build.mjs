// Builds the application into dist/, which the Go binary embeds: index.html and
// assets whose names have a hash of their content, so that browsers may keep
// them for ever.
import { build } from 'esbuild';
import { mkdir, readFile, readdir, rm, writeFile, copyFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));
const dist = join(root, 'dist');

// The placeholder keeps the folder in a fresh checkout; all else is output.
await mkdir(dist, { recursive: true });
for (const name of await readdir(dist)) {
  if (name !== '.gitkeep') await rm(join(dist, name), { recursive: true });
}

const result = await build({
  entryPoints: { app: join(root, 'src/main.ts'), style: join(root, 'src/style/main.css') },
  outdir: join(dist, 'assets'),
  entryNames: '[name]-[hash]',
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2022', 'chrome100', 'firefox100', 'safari15.4'],
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});

const built = Object.keys(result.metafile.outputs).map((path) => basename(path));
const one = (extension) => {
  const found = built.filter((name) => name.endsWith(extension));
  if (found.length !== 1) throw new Error(`expected one ${extension} file, built ${built.join(', ')}`);
  return `/assets/${found[0]}`;
};
const page = await readFile(join(root, 'index.html'), 'utf8');
await writeFile(
  join(dist, 'index.html'),
  page.replace('/src/main.ts', one('.js')).replace('/src/style/main.css', one('.css')),
);
for (const name of await readdir(join(root, 'public'))) {
  await copyFile(join(root, 'public', name), join(dist, name));
}
console.log(`built ${built.length} assets into dashboard/web/dist`);
