#!/usr/bin/env node
// Runs the `passim` command on a Node that is new enough: from the sources in a checkout, from dist/ in a package.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { findNode } from '../scripts/find-node.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const source = join(root, 'app/cli/main.ts');
const entry = existsSync(source) ? source : join(root, 'dist/app/cli/main.js');

/** Warnings of Node about features that the engine uses knowingly would be the first thing a person sees. */
function quietWarnings() {
  const { emitWarning } = process;
  process.emitWarning = (warning, ...rest) => {
    const name = typeof rest[0] === 'string' ? rest[0] : rest[0]?.type;
    if (name !== 'ExperimentalWarning') emitWarning.call(process, warning, ...rest);
  };
}

function runOn(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends Ctrl-C to the child too; a program that signals this process alone means the child.
  process.on('SIGINT', () => {
    if (process.stdin.isTTY !== true) child.kill('SIGINT');
  });
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal ? (constants.signals[signal] ?? 1) : 1);
  });
}

try {
  const node = findNode();
  if (node === process.execPath) {
    quietWarnings();
    const { enableCompileCache } = await import('node:module');
    const { directory } = enableCompileCache();
    // Worker threads, and the processes that are started from here, find it in the environment.
    if (directory) process.env.NODE_COMPILE_CACHE ??= directory;
    await import(pathToFileURL(entry).href);
  } else runOn(node);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
