// `npm start -- FOLDER`: builds the window if it is not current and opens the app on the folder.
import { spawn } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtWindow } from './build-window.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
await builtWindow();
const child = spawn(process.execPath, [join(root, 'bin/passim.mjs'), 'serve', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
// A terminal sends Ctrl-C to the child too; a program that signals this process alone means the child.
process.on('SIGINT', () => {
  if (process.stdin.isTTY !== true) child.kill('SIGINT');
});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
