#!/usr/bin/env node
// Runs the `passim` command on a Node that is new enough: from the sources in a checkout, from dist/ in a package.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNode } from '../scripts/find-node.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const source = join(root, 'app/cli/main.ts');
const entry = existsSync(source) ? source : join(root, 'dist/app/cli/main.js');

try {
  const node = findNode();
  const args = ['--disable-warning=ExperimentalWarning', entry, ...process.argv.slice(2)];
  const child = spawn(node, args, { stdio: 'inherit' });
  // The terminal sends Ctrl-C to the child too; it decides when to end, and this process follows.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal ? (constants.signals[signal] ?? 1) : 1);
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
