// Runs a script, or a command of node_modules/.bin, on a Node that is new enough.
//   node scripts/with-node.mjs scripts/test.mjs [...]
//   node scripts/with-node.mjs vitest run
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNode } from './find-node.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** The JavaScript file behind a command that a dependency provides. */
function commandFile(name) {
  for (const folder of [name, `@biomejs/${name}`]) {
    const manifest = join(root, 'node_modules', folder, 'package.json');
    if (!existsSync(manifest)) continue;
    const { bin } = JSON.parse(readFileSync(manifest, 'utf8'));
    const file = typeof bin === 'string' ? bin : (bin?.[name] ?? Object.values(bin ?? {})[0]);
    if (file) return join(root, 'node_modules', folder, file);
  }
  throw new Error(`${name}: no such command; run "npm ci" first`);
}

try {
  const [target = '', ...rest] = process.argv.slice(2);
  const node = findNode();
  const file = /\.(mjs|js|ts)$/.test(target) ? resolve(target) : commandFile(target);
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` };
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', file, ...rest], {
    stdio: 'inherit',
    env,
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal ? (constants.signals[signal] ?? 1) : 1);
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
