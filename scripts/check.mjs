// Static checks: types, lint and format, dependency direction, dead code. `node scripts/with-node.mjs scripts/check.mjs`
import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const modules = join(root, 'node_modules');

const CHECKS = [
  ['types', join(modules, 'typescript/bin/tsc'), ['-p', '.']],
  ['types of the window', join(modules, 'typescript/bin/tsc'), ['-p', 'renderer']],
  ['lint and format', join(modules, '@biomejs/biome/bin/biome'), ['check', '--error-on-warnings', '.']],
  ['dependency direction', join(root, 'scripts/check-layers.mjs'), []],
  ['dead code', join(modules, 'knip/bin/knip.js'), []],
];

/** Runs every check, prints the output of those that fail. */
export function runChecks() {
  return CHECKS.map(([name, file, args]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], {
      cwd: root,
      encoding: 'utf8',
    });
    const ok = status === 0;
    console.log(`${ok ? '✓' : '✗'} ${name}`);
    if (!ok) console.log(`${stdout}${stderr}`);
    return { name, ok };
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = runChecks().every((result) => result.ok) ? 0 : 1;
}
