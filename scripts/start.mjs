// `npm start -- FOLDER`: opens the app on the folder, in Electron where it is or can be had, else in the browser.
// `--browser` takes the browser at once; other options are those of `passim serve`.
import { spawn } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtWindow } from './build-window.mjs';
import { findElectron } from './find-electron.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
/** Milliseconds within which an Electron that ends with a fault could not start at all. */
const START_MS = 15_000;
const words = process.argv.slice(2);
const forServe = words.filter((word) => word !== '--browser');

/** Runs a program until it ends; gives its exit code and how long it ran. */
function run(program, args, env = process.env) {
  const begun = performance.now();
  const child = spawn(program, args, { stdio: 'inherit', env });
  // A terminal sends Ctrl-C to the child too; a program that signals this process alone means the child.
  const interrupt = () => {
    if (process.stdin.isTTY !== true) child.kill('SIGINT');
  };
  const end = () => child.kill('SIGTERM');
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', end);
  return new Promise((done) => {
    const finish = (code) => {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', end);
      done({ code, ms: performance.now() - begun });
    };
    child.on('error', () => finish(1));
    child.on('exit', (code) => finish(code ?? 1));
  });
}

/** Opens the desktop app; why not, when it cannot. */
async function openDesktop() {
  // What only a server could do was asked for.
  if (words.some((word) => word.startsWith('-'))) return 'the browser was asked for';
  const { program, reason } = await findElectron();
  if (program === null) return `Electron is not used: ${reason}`;
  const { builtApp } = await import('./build-app.mjs');
  await builtApp();
  const { ELECTRON_RUN_AS_NODE: _, ...env } = process.env;
  const { code, ms } = await run(program, [root, ...words.map((folder) => resolve(folder))], env);
  if (code !== 0 && ms < START_MS) return `Electron could not start (it ended with code ${code})`;
  process.exitCode = code;
  return null;
}

await builtWindow();
const why = await openDesktop();
if (why !== null) {
  console.error(`Passim runs in the browser (${why}).`);
  const serve = [join(root, 'bin/passim.mjs'), 'serve', ...forServe];
  process.exitCode = (await run(process.execPath, serve)).code;
}
