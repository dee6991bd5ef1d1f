import { SingleBar } from 'cli-progress';
import type { EngineApi, EngineEvent, GentleReason, Progress } from '../../contract/engine.ts';
import { watchedFolderSchema } from '../../contract/settings.ts';
import { type CommandContext, folderPath, withWriter } from '../context.ts';
import { counted, duration, EXIT, shortPath, type Terminal } from '../output.ts';

export interface AddFlags {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly hidden: boolean;
  readonly ignoreFiles: boolean;
}

export async function addCommand(
  context: CommandContext,
  folders: readonly string[],
  flags: AddFlags,
): Promise<number> {
  return withWriter(context, false, async (engine) => {
    for (const typed of folders) {
      const folder = watchedFolderSchema.parse({ path: folderPath(typed), ...flags });
      const status = await engine.call('addFolder', folder);
      context.terminal.err(
        `Added ${shortPath(status.path)}. Run "passim index" to index it now, or "passim watch" to keep it up to date.\n`,
      );
    }
    return EXIT.ok;
  });
}

export async function removeCommand(context: CommandContext, folders: readonly string[]): Promise<number> {
  return withWriter(context, false, async (engine) => {
    for (const typed of folders) {
      const path = folderPath(typed);
      const { removedFiles } = await engine.call('removeFolder', { path });
      context.terminal.err(
        `Removed ${shortPath(path)} and ${counted(removedFiles, 'file')} from the index. The files themselves are untouched.\n`,
      );
    }
    return EXIT.ok;
  });
}

export async function indexCommand(
  context: CommandContext,
  folders: readonly string[],
  again: boolean,
): Promise<number> {
  return withWriter(context, false, async (engine) => {
    for (const typed of folders)
      await engine.call('addFolder', watchedFolderSchema.parse({ path: folderPath(typed) }));
    const bar = followProgress(context.terminal, engine);
    const started = performance.now();
    let done: Progress;
    try {
      if (again) await engine.call('reindex', {});
      done = await engine.call('sync', {}, context.signal);
    } finally {
      bar.stop();
    }
    const status = await engine.call('status', { problems: 0 });
    const took = duration((performance.now() - started) / 1000);
    context.terminal.err(
      `${counted(status.searchable, 'file')} searchable (${counted(status.passages, 'passage')}), ${counted(done.done, 'file')} looked at in ${took}.\n`,
    );
    const troubled = Object.values(status.problemCounts).reduce((sum, count) => sum + count, 0);
    if (troubled > 0)
      context.terminal.err(`${counted(troubled, 'file')} could not be read; "passim status" tells why.\n`);
    return EXIT.ok;
  });
}

export async function watchCommand(context: CommandContext): Promise<number> {
  return withWriter(context, true, async (engine) => {
    const bar = followProgress(context.terminal, engine);
    engine.onEvent((event) => {
      if (event.type !== 'file' || context.terminal.live) return;
      if (event.outcome !== 'unchanged')
        context.terminal.err(`${event.outcome}: ${event.path}${event.detail ? ` (${event.detail})` : ''}\n`);
    });
    context.terminal.err('Watching. Ctrl-C stops; nothing is lost.\n');
    await new Promise<void>((resolve) => {
      if (context.signal.aborted) resolve();
      context.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    bar.stop();
    return EXIT.ok;
  });
}

/** Why less of the machine is taken than could be. */
const GENTLY: Readonly<Record<GentleReason, string>> = {
  chosen: 'gently',
  battery: 'gently, on battery',
  searching: 'gently, you search',
};

/** Draws a bar with rate and time left where a person watches; otherwise prints notices only. */
export function followProgress(terminal: Terminal, engine: EngineApi): { stop(): void } {
  const bar = terminal.live
    ? new SingleBar({
        format: '{bar} {value}/{total} files  {rate}  {left}  {gentle}{file}',
        hideCursor: true,
        clearOnComplete: true,
        stopOnComplete: false,
        gracefulExit: false,
        barsize: 24,
        stream: process.stderr,
      })
    : null;
  let shown = false;
  const off = engine.onEvent((event: EngineEvent) => {
    if (event.type === 'notice') terminal.err(`${event.message}\n`);
    if (event.type !== 'progress' || bar === null) return;
    const { progress } = event;
    if (progress.state !== 'indexing') return;
    const fields = {
      rate: `${Math.round(progress.passagesPerSecond)} passages/s`,
      left: progress.etaSeconds === null ? '' : `${duration(progress.etaSeconds)} left`,
      gentle: progress.gentle === undefined ? '' : `${GENTLY[progress.gentle]}  `,
      file: shortPath(progress.current ?? '').slice(-Math.max(10, terminal.columns - 70)),
    };
    if (!shown) bar.start(progress.total, progress.done, fields);
    shown = true;
    bar.setTotal(progress.total);
    bar.update(progress.done, fields);
  });
  return {
    stop: () => {
      off();
      if (shown) bar?.stop();
    },
  };
}
