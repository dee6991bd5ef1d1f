// The whole test run: static checks, then every test; closes with "N passed, N failed".
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runChecks } from './check.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const out = mkdtempSync(join(tmpdir(), 'passim-test-'));
let passed = 0;
let failed = 0;

for (const result of runChecks()) {
  if (result.ok) passed += 1;
  else failed += 1;
}

const report = join(out, 'vitest.json');
const vitest = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    // A log is read for what failed; only a terminal shows each test as it ends.
    `--reporter=${process.stdout.isTTY ? 'default' : 'dot'}`,
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: process.stdout.isTTY ? process.env : { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
  },
);
try {
  const { numPassedTests, numFailedTests, numFailedTestSuites, numTotalTests } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  passed += numPassedTests;
  failed += numFailedTests;
  // A suite that fails to load has no failed test of its own; a run without tests proves nothing.
  if (numFailedTests === 0 && (numFailedTestSuites > 0 || vitest.status !== 0 || numTotalTests === 0))
    failed += 1;
} catch {
  console.error('The test runner left no report.');
  failed += 1;
}
rmSync(out, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
