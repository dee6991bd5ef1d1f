import { type Command, InvalidArgumentError } from 'commander';
import { silentLogger, systemScheduler } from '../../contract/ports.ts';
import { IndexCore } from '../../engine/core.ts';
import { readSettings } from '../../engine/settings.ts';
import { exportVectors, VECTOR_FORMATS, type VectorFormat } from '../../vectors/export.ts';
import { type CommandContext, folderPath } from '../context.ts';
import { counted, EXIT } from '../output.ts';

interface ExportFlags {
  readonly format: readonly VectorFormat[];
  readonly query: readonly string[];
  readonly under: readonly string[];
}

function formats(text: string, before: readonly VectorFormat[]): VectorFormat[] {
  const chosen = text.split(',').map((name) => {
    const format = VECTOR_FORMATS.find((each) => each === name.trim());
    if (format === undefined)
      throw new InvalidArgumentError(`"${name}" is none of ${VECTOR_FORMATS.join(', ')}.`);
    return format;
  });
  return [...new Set([...before, ...chosen])];
}

const gathered = (text: string, before: readonly string[]) => [...before, text];

export function registerExport(
  program: Command,
  context: () => CommandContext,
  finish: (code: number) => void,
): void {
  program
    .command('export')
    .description('write all passages with their vectors to files, for other search engines')
    .argument('<folder>', 'a new or empty folder')
    .option(
      '-f, --format <names>',
      `formats: ${VECTOR_FORMATS.join(', ')} (commas, or repeated; parquet unless told)`,
      formats,
      [],
    )
    .option('--under <folder>', 'only files of this folder (may be repeated)', gathered, [])
    .option('--query <text>', 'write the vectors of this query too (may be repeated)', gathered, [])
    .action(async (folder: string, flags: ExportFlags) =>
      finish(await exportCommand(context(), folder, flags)),
    );
}

async function exportCommand(context: CommandContext, folder: string, flags: ExportFlags): Promise<number> {
  const { home, terminal, signal } = context;
  const under = flags.under.map(folderPath);
  const core = await IndexCore.open({
    directory: home.directory,
    cache: home.cache,
    settings: readSettings(home.settingsFile),
    mode: 'read',
    scheduler: systemScheduler,
    logger: silentLogger,
  });
  try {
    const result = await exportVectors(core, {
      directory: folderPath(folder),
      formats: flags.format.length > 0 ? flags.format : ['parquet'],
      queries: flags.query,
      signal,
      accept: ({ path }) =>
        under.length === 0 ||
        under.some((each) => path === each || path.startsWith(each.endsWith('/') ? each : `${each}/`)),
      ...(terminal.live
        ? { onProgress: (passages) => terminal.err(`\r${counted(passages, 'passage')} written`) }
        : {}),
    });
    terminal.err(
      `${terminal.live ? '\r' : ''}${counted(result.passages, 'passage')} with ${counted(result.vectors, 'token vector')} written to ${folder}.\n`,
    );
    return result.passages > 0 ? EXIT.ok : EXIT.nothing;
  } finally {
    await core.close();
  }
}
