// Builds the application into dist/, which the Go binary embeds: index.html and
// assets whose names have a hash of their content, so that browsers may keep
// them for ever.
import { build } from 'esbuild';
import { mkdir, readFile, readdir, rm, writeFile, copyFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));
const dist = join(root, 'dist');

// The placeholder keeps the folder in a fresh checkout; all else is output.
await mkdir(dist, { recursive: true });
for (const name of await readdir(dist)) {
  if (name !== '.gitkeep') await rm(join(dist, name), { recursive: true });
}

const result = await build({
  entryPoints: {
    app: join(root, 'src/main.ts'), style: join(root, 'src/style/main.css'),
    docs: join(root, 'src/docs.ts'), 'docs-style': join(root, 'src/style/docs.css'),
  },
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

const built = new Map(Object.entries(result.metafile.outputs)
  .filter(([, output]) => output.entryPoint)
  .map(([path, output]) => [`/${relative(root, resolve(output.entryPoint))}`, `/assets/${basename(path)}`]));
for (const name of ['index.html', 'docs.html']) {
  let page = await readFile(join(root, name), 'utf8');
  page = page.replace(/\/src\/[\w/.-]+/g, (source) => {
    if (!built.has(source)) throw new Error(`${name} needs ${source}; built ${[...built.keys()].join(', ')}`);
    return built.get(source);
  });
  await writeFile(join(dist, name), page);
}
for (const name of await readdir(join(root, 'public'))) {
  await copyFile(join(root, 'public', name), join(dist, name));
}
console.log(`built ${built.size} assets into dashboard/web/dist`);
