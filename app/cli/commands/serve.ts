import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassimError } from '../../contract/errors.ts';
import { silentLogger, systemScheduler } from '../../contract/ports.ts';
import { watchedFolderSchema } from '../../contract/settings.ts';
import { packageFile } from '../../engine/package-file.ts';
import { readSettings, writeSettings } from '../../engine/settings.ts';
import { nodeSpawner } from '../../engine/spawner.ts';
import { VERSION } from '../../engine/version.ts';
import { type HostedEngine, hostModule, startHost } from '../../host/client.ts';
import {
  createShell,
  filePreferences,
  openCommand,
  programToken,
  startServer,
  systemLauncher,
} from '../../serve/index.ts';
import { type CommandContext, folderPath } from '../context.ts';
import { EXIT } from '../output.ts';

export interface ServeFlags {
  readonly port: number;
  readonly open: boolean;
  /** Use the token that is kept in the data directory, so that programs need not be set up again. */
  readonly keepToken: boolean;
}

/** Where the built window lies. */
export function windowFolder(): string {
  const page = packageFile('dist-renderer/index.html');
  if (page !== null) return dirname(page);
  throw new PassimError('not-found', 'The window is not built. Run: npm run build:renderer');
}

/** Runs the app in a browser: the engine, and the window on loopback, until Ctrl-C. */
export async function serveCommand(
  context: CommandContext,
  folders: readonly string[],
  flags: ServeFlags,
): Promise<number> {
  const assets = windowFolder();
  const { home, terminal, signal } = context;
  const engine = await startHost({
    spawner: nodeSpawner,
    scheduler: systemScheduler,
    logger: silentLogger,
    module: hostModule(),
    start: { home: home.directory, mode: 'write', watch: true },
  });
  try {
    engine.onEvent((event) => {
      if (event.type === 'notice' && event.level !== 'info') terminal.err(`${event.message}\n`);
    });
    for (const typed of folders)
      await engine.call('addFolder', watchedFolderSchema.parse({ path: folderPath(typed) }));
    const shell = createShell({
      engine,
      version: VERSION,
      preferences: filePreferences(join(home.directory, 'preferences.json')),
      settings: {
        file: home.settingsFile,
        read: () => readSettings(home.settingsFile),
        write: (settings) => writeSettings(home.settingsFile, settings),
      },
      restartEngine: () => engine.restart(),
      eraseAll: () => eraseAll(context, engine),
    });
    const server = await startServer({
      engine,
      shell,
      assets,
      version: VERSION,
      port: flags.port,
      ...(flags.keepToken ? { token: programToken(home.directory) } : {}),
    });
    terminal.out(`${server.url}\n`);
    terminal.err('Passim is running at the address above, for this machine only. Ctrl-C stops it.\n');
    if (flags.open) await openBrowser(server.url, context);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await server.close();
    return EXIT.ok;
  } finally {
    await engine.stop();
  }
}

/** Deletes everything that Passim knows; the files themselves are untouched. */
async function eraseAll(context: CommandContext, engine: HostedEngine): Promise<void> {
  await engine.restart(async () => {
    for (const part of [
      'index',
      'cache',
      'traces',
      'prompts.jsonl',
      'token',
      'preferences.json',
      'settings.json',
    ]) {
      await rm(join(context.home.directory, part), { recursive: true, force: true });
    }
  });
}

async function openBrowser(url: string, context: CommandContext): Promise<void> {
  const [command, args] = openCommand(url, process.platform);
  try {
    await systemLauncher.launch(command, args);
  } catch {
    context.terminal.err('No browser could be opened; open the address by hand.\n');
  }
}
