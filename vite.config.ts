import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Files that pdf.js asks for by name: character maps, the standard fonts, and decoders that need no WebAssembly. */
const PDF_FOLDERS = ['cmaps', 'standard_fonts'] as const;
const PDF_FILES = ['wasm/openjpeg_nowasm_fallback.js'] as const;

function pdfResources(): Plugin {
  const root = dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json'));
  return {
    name: 'pdf-resources',
    apply: 'build',
    generateBundle() {
      const names = PDF_FOLDERS.flatMap((folder) =>
        readdirSync(join(root, folder)).map((name) => `${folder}/${name}`),
      );
      for (const name of [...names, ...PDF_FILES]) {
        this.emitFile({ type: 'asset', fileName: `pdf/${name}`, source: readFileSync(join(root, name)) });
      }
    },
  };
}

const entityTable = join(
  dirname(createRequire(import.meta.url).resolve('decode-named-character-reference')),
  'index.js',
);

export default defineConfig({
  root: 'renderer',
  resolve: {
    // The variant for browsers asks the document, which a worker has none of.
    alias: [{ find: /^decode-named-character-reference$/, replacement: entityTable }],
  },
  // Relative addresses work under app:// and on loopback alike.
  base: './',
  plugins: [react(), pdfResources()],
  build: {
    outDir: '../dist-renderer',
    emptyOutDir: true,
    target: 'chrome130',
    // The security policy allows no inline resource.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000,
  },
});
