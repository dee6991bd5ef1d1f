/** The script that Electron starts. */
import { homedir } from 'node:os';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Logger, systemScheduler } from '../app/contract/ports.ts';
import { loadAssets } from '../app/serve/assets.ts';
import { openPersonsHome, windowFolder } from '../app/serve/shell/home-shell.ts';
import { startApp } from './app.ts';
import { realElectron } from './electron.ts';

const beside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const logger: Logger = {
  log(level, event, fields) {
    if (level === 'debug' || level === 'info') return;
    process.stderr.write(
      `passim ${level}: ${event}${fields === undefined ? '' : ` ${JSON.stringify(fields)}`}\n`,
    );
  },
};

// Not waited for: Electron becomes ready only after this module has run to its end, and the start waits for that.
startApp(realElectron, {
  platform: process.platform,
  // Electron runs a folder when it is not packaged; that folder is no argument.
  words: process.argv.slice(realElectron.app.isPackaged ? 1 : 2),
  workingFolder: process.cwd(),
  env: process.env,
  home: openPersonsHome(),
  program: process.env['APPIMAGE'] ?? process.execPath,
  configFolder: process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'),
  preload: beside('./preload.cjs'),
  icons: beside('../icons'),
  scripts: `${beside('../app')}${sep}`,
  scheduler: systemScheduler,
  logger,
  assets: () => loadAssets(windowFolder()),
  killProcess(pid) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  },
}).catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  logger.log('error', message);
  realElectron.dialog.showErrorBox('Passim could not start', message);
  realElectron.app.exit(1);
});
