// Builds the application and the API's reference into dist/, which the Go binary
// embeds. What is in assets/ has a hash of its content in its name, so that browsers
// may keep it for ever.
import { rmSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig, type Plugin } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));

/**
 * Element Plus by component: whoever imports ElSelect gets the styles of a select,
 * and of what a select is made of, in the same chunk.
 */
function elementStyles(): Plugin {
  const kebab = (name: string) => name.replace(/(?!^)[A-Z]/g, (c) => `-${c}`).toLowerCase();
  return {
    name: 'element-styles',
    enforce: 'post',
    transform(code, id) {
      if (!id.startsWith(`${root}src/`)) return;
      const names = [...code.matchAll(/import\s*\{([^}]*)\}\s*from\s*['"]element-plus['"]/g)]
        .flatMap((found) => found[1]!.split(','))
        .map((name) => name.trim().split(/\s+/)[0]!)
        .filter((name) => /^El[A-Z]/.test(name) && name !== 'ElConfigProvider');
      if (names.length === 0) return;
      const imports = names.map((name) => `import 'element-plus/es/components/${kebab(name.slice(2))}/style/css';`);
      return { code: `${imports.join('')}${code}`, map: null };
    },
  };
}

/** Empties dist/ but for the placeholder that keeps the folder in a fresh checkout. */
function emptied(): Plugin {
  return {
    name: 'emptied',
    buildStart() {
      for (const name of readdirSync(`${root}dist`)) {
        if (name !== '.gitkeep') rmSync(`${root}dist/${name}`, { recursive: true });
      }
    },
  };
}

export default defineConfig({
  root,
  plugins: [emptied(), vue(), elementStyles()],
  define: {
    __VUE_OPTIONS_API__: 'true', // parts of Element Plus need it
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
    __INTLIFY_DROP_MESSAGE_COMPILER__: 'false',
  },
  build: {
    outDir: 'dist',
    emptyOutDir: false,
    target: ['es2022', 'chrome100', 'firefox100', 'safari15.4'],
    assetsInlineLimit: 0, // the policy of the page has no data: but for images, and files are counted as files
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000,
    manifest: 'manifest.json',
    rollupOptions: {
      input: { app: `${root}index.html`, docs: `${root}docs.html` },
    },
  },
});
