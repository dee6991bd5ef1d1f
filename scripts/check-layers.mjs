// Dependency direction: which folder may import which, and where each heavy library may be imported.
// The table is docs/architecture.md's; an unknown folder is an error, so a new one has to be placed.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'oxc-parser';

const STAGES = ['app/extract', 'app/encode', 'app/store', 'app/index', 'app/watch'];
const BASE = ['app/contract', 'app/text'];
const ENGINE = [...BASE, ...STAGES, 'app/search', 'app/export', 'app/eval', 'app/engine'];

/** Layer → layers it may import (itself always). */
const MAY_IMPORT = {
  'app/contract': [],
  'app/text': ['app/contract'],
  'app/extract': BASE,
  'app/encode': BASE,
  'app/store': BASE,
  'app/index': BASE,
  'app/watch': BASE,
  'app/export': BASE,
  'app/search': [...BASE, ...STAGES],
  'app/trace': BASE,
  'app/engine': [...ENGINE, 'app/trace'],
  'app/eval': BASE,
  'app/retriever': ENGINE,
  'app/host': [...BASE, 'app/engine'],
  'app/rag': [...BASE, 'app/export', 'app/trace'],
  'app/mcp': [...BASE, 'app/export', 'app/rag'],
  'app/vectors': ENGINE,
  'app/adapters': [...BASE, 'app/export', 'app/rag', 'app/retriever'],
  'app/serve': [...BASE, 'app/export', 'app/engine', 'app/host', 'app/mcp', 'app/rag', 'app/trace'],
  'app/cli': [
    ...ENGINE,
    'app/eval',
    'app/host',
    'app/mcp',
    'app/rag',
    'app/retriever',
    'app/serve',
    'app/trace',
    'app/vectors',
  ],
  main: [...BASE, 'app/export', 'app/host', 'app/serve'],
  renderer: [...BASE, 'app/export', 'app/trace'],
};

/** Library → the only layers that may import it. */
const ONLY_IN = {
  electron: ['main'],
  '@lancedb/lancedb': ['app/store'],
  'onnxruntime-node': ['app/encode'],
  tokenizers: ['app/encode'],
  '@huggingface/transformers': ['app/encode'],
  chokidar: ['app/watch'],
  'pdf-parse': ['app/extract'],
  '@modelcontextprotocol/server': ['app/mcp'],
  '@langchain/core': ['app/adapters'],
  '@llamaindex/core': ['app/adapters'],
  'hyparquet-writer': ['app/vectors'],
  react: ['renderer'],
  'react-dom': ['renderer'],
};

/** @param {string} path relative to the root, with forward slashes */
export function layerOf(path) {
  const parts = path.split('/');
  if (parts[0] !== 'app') return MAY_IMPORT[parts[0]] ? parts[0] : null;
  const name = `app/${(parts[1] ?? '').replace(/\.tsx?$/, '')}`;
  if (parts.length === 2 && name === 'app/index') return 'app/retriever';
  return MAY_IMPORT[name] ? name : null;
}

function modulesNamed(source, file) {
  const { module, program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  const names = module.staticImports.map((entry) => entry.moduleRequest.value);
  for (const entry of module.staticExports) {
    for (const { moduleRequest } of entry.entries) if (moduleRequest) names.push(moduleRequest.value);
  }
  for (const entry of module.dynamicImports) {
    const text = source.slice(entry.moduleRequest.start, entry.moduleRequest.end);
    if (/^['"]/.test(text)) names.push(text.slice(1, -1));
  }
  return program ? names : [];
}

/**
 * Faults in one file.
 * @param {string} root absolute
 * @param {string} path relative to root, with forward slashes
 * @param {string} source
 * @returns {string[]}
 */
export function checkFile(root, path, source) {
  const layer = layerOf(path);
  if (layer === null) return [`${path}: its folder has no place in the table of scripts/check-layers.mjs`];
  const faults = [];
  for (const name of modulesNamed(source, path)) {
    if (name.startsWith('.')) {
      const target = relative(root, resolve(root, dirname(path), name))
        .split(sep)
        .join('/');
      if (/^(package\.json|models\/)/.test(target)) continue;
      const to = layerOf(target);
      if (to === layer) continue;
      if (to === null || !MAY_IMPORT[layer].includes(to))
        faults.push(`${path}: ${layer} may not import ${target}`);
      continue;
    }
    const library = name
      .split('/')
      .slice(0, name.startsWith('@') ? 2 : 1)
      .join('/');
    const allowed = ONLY_IN[library];
    if (allowed && !allowed.includes(layer))
      faults.push(`${path}: ${library} may be imported only in ${allowed.join(', ')}`);
  }
  return faults;
}

/** Faults in the whole tree. */
export function checkTree(root) {
  const faults = [];
  let files = 0;
  for (const top of ['app', 'main', 'renderer']) {
    for (const entry of readdirSync(join(root, top), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.tsx?$/.test(entry.name)) continue;
      const absolute = join(entry.parentPath, entry.name);
      files += 1;
      faults.push(
        ...checkFile(root, relative(root, absolute).split(sep).join('/'), readFileSync(absolute, 'utf8')),
      );
    }
  }
  if (files === 0) faults.push('no source file was found');
  return faults;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const faults = checkTree(resolve(dirname(fileURLToPath(import.meta.url)), '..'));
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
