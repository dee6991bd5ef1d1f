import { silentLogger, systemScheduler } from '../../contract/ports.ts';
import { watchedFolderSchema } from '../../contract/settings.ts';
import { nodeSpawner } from '../../engine/spawner.ts';
import { VERSION } from '../../engine/version.ts';
import { hostModule, startHost } from '../../host/client.ts';
import {
  createHomeShell,
  openCommand,
  programAccess,
  programToken,
  type RunningServer,
  startServer,
  systemLauncher,
  windowFolder,
} from '../../serve/index.ts';
import { type CommandContext, folderPath } from '../context.ts';
import { EXIT } from '../output.ts';

export interface ServeFlags {
  readonly port: number;
  readonly open: boolean;
  /** Use the token that is kept in the data directory, so that programs need not be set up again. */
  readonly keepToken: boolean;
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
    let server: RunningServer | null = null;
    const shell = createHomeShell(home, engine, {
      access: () => programAccess(server === null ? null : { ...server, kept: flags.keepToken }),
    });
    server = await startServer({
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

async function openBrowser(url: string, context: CommandContext): Promise<void> {
  const [command, args] = openCommand(url, process.platform);
  try {
    await systemLauncher.launch(command, args);
  } catch {
    context.terminal.err('No browser could be opened; open the address by hand.\n');
  }
}
