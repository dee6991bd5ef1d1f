import { Command, InvalidArgumentError, Option } from 'commander';
import { VERSION } from '../engine/version.ts';
import { parseQuery } from '../text/query.ts';
import { registerAsk } from './commands/ask.ts';
import { doctorCommand } from './commands/doctor.ts';
import { evalCommand } from './commands/eval.ts';
import { registerExport } from './commands/export.ts';
import { registerGpu } from './commands/gpu.ts';
import { addCommand, indexCommand, removeCommand, watchCommand } from './commands/index.ts';
import { registerMcp } from './commands/mcp.ts';
import { modelAddCommand, modelListCommand, modelRemoveCommand, modelUseCommand } from './commands/model.ts';
import { searchCommand } from './commands/search.ts';
import { serveCommand } from './commands/serve.ts';
import { statusCommand } from './commands/status.ts';
import { toggleCommand } from './commands/toggle.ts';
import { registerTraces } from './commands/traces.ts';
import type { CommandContext } from './context.ts';

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('It must be a whole number of 1 or more.');
  return value;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw new InvalidArgumentError('It must be a whole number of 0 or more.');
  return value;
}

/** "lease=2" → ["lease", 2]. */
function weightOption(text: string, before: [string, number][]): [string, number][] {
  const [, word = '', number = ''] = /^(.+)=(-?\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (word === '')
    throw new InvalidArgumentError('It must be WORD=NUMBER, e.g. lease=2, or lease=0 to mute it.');
  return [...before, [word, Number(number)]];
}

/** Weights by word of the query, from weights by spelling. */
export function weightsByPosition(
  query: string,
  weights: readonly (readonly [string, number])[],
): Record<string, number> {
  const byPosition: Record<string, number> = {};
  const words = parseQuery(query).words;
  for (const [spelling, weight] of weights) {
    const matches = words.flatMap((word, i) =>
      word.text.toLowerCase() === spelling.toLowerCase() ? [i] : [],
    );
    if (matches.length === 0)
      throw new InvalidArgumentError(`--weight: "${spelling}" is not a word of the query.`);
    for (const i of matches) byPosition[String(i)] = weight;
  }
  return byPosition;
}

function list(text: string, before: string[]): string[] {
  return [...before, text];
}

/**
 * The `passim` command line.
 * @param context made only when a command runs, so that --help touches nothing
 * @param finish is given the exit code
 */
export function createProgram(context: () => CommandContext, finish: (code: number) => void): Command {
  const program = new Command('passim');
  // Commands take this over when they are made; the caller turns it into an exit code.
  program.exitOverride();
  program
    .description(
      'Finds passages in your own files by meaning, and shows which words matched and how much each one counted.\nNothing leaves this machine.',
    )
    .version(VERSION, '-V, --version')
    .configureHelp({ sortSubcommands: false })
    .showHelpAfterError('(passim --help tells more)')
    .addHelpText(
      'after',
      '\nExamples:\n  passim add ~/Documents && passim index\n  passim search "when can the tenant end the contract"\n' +
        "  passim search 'invoice +2024 ext:pdf modified:>2024-01' --explain\n\nData lies in one directory (passim status shows it); PASSIM_HOME names another.",
    );

  program
    .command('add')
    .description('add folders to those that are indexed')
    .argument('<folder...>', 'folders to add')
    .option(
      '--include <pattern>',
      'index only what this matches (.gitignore syntax; may be repeated)',
      list,
      [],
    )
    .option('--exclude <pattern>', 'leave out what this matches (may be repeated)', list, [])
    .option('--hidden', 'index hidden files too', false)
    .option('--no-ignore-files', 'do not respect .gitignore and .ignore files')
    .action(
      async (
        folders: string[],
        flags: { include: string[]; exclude: string[]; hidden: boolean; ignoreFiles: boolean },
      ) => finish(await addCommand(context(), folders, flags)),
    );

  program
    .command('remove')
    .description('take folders out of the index (their files stay as they are)')
    .argument('<folder...>', 'folders to remove')
    .action(async (folders: string[]) => finish(await removeCommand(context(), folders)));

  program
    .command('index')
    .description('bring the index in step with the folders, once')
    .argument('[folder...]', 'folders to add first')
    .option('--again', 'read every file again, changed or not', false)
    .action(async (folders: string[], flags: { again: boolean }) =>
      finish(await indexCommand(context(), folders, flags.again)),
    );

  program
    .command('watch')
    .description('keep the index in step with the folders until Ctrl-C')
    .action(async () => finish(await watchCommand(context())));

  program
    .command('search')
    .description('find passages')
    .argument('<query...>', 'words, "exact phrase", +word, -word, path:, ext:, type:, modified:, size:')
    .option('-k, --count <n>', 'files shown at most', positiveInteger, 10)
    .option('-p, --passages <n>', 'passages shown for each file at most', positiveInteger, 3)
    .option(
      '-w, --weight <word=n>',
      'weight of a word: 0 mutes, above 1 weighs up, negative pushes away (may be repeated)',
      weightOption,
      [],
    )
    .option('--explain', 'print the alignment of each passage as a table', false)
    .option('--json', 'print one JSON object', false)
    .option('--exhaustive', 'score every passage exactly', false)
    .addOption(
      new Option('--ranker <name>', 'ranking to use')
        .choices(['fused', 'maxsim', 'bm25', 'dense'])
        .default('fused'),
    )
    .action(
      async (
        words: string[],
        flags: {
          count: number;
          passages: number;
          weight: [string, number][];
          explain: boolean;
          json: boolean;
          exhaustive: boolean;
          ranker: 'fused' | 'maxsim' | 'bm25' | 'dense';
        },
      ) => {
        const query = words.join(' ');
        finish(
          await searchCommand(context(), query, {
            k: flags.count,
            passages: flags.passages,
            weight: weightsByPosition(query, flags.weight),
            explain: flags.explain,
            json: flags.json,
            exhaustive: flags.exhaustive,
            ranker: flags.ranker,
          }),
        );
      },
    );

  program
    .command('serve')
    .description('run the app in the browser: index, watch, and serve the window on this machine only')
    .argument('[folder...]', 'folders to add first')
    .option('--port <n>', 'port to listen on; 0 takes a free one', wholeNumber, 0)
    .option('--no-open', 'do not open the browser')
    .option('--keep-token', 'use the same access token every time (it is kept in the data directory)', false)
    .action(async (folders: string[], flags: { port: number; open: boolean; keepToken: boolean }) =>
      finish(await serveCommand(context(), folders, flags)),
    );

  registerAsk(program, context, finish);
  registerExport(program, context, finish);
  registerMcp(program, context, finish);
  registerTraces(program, context, finish);

  program
    .command('toggle')
    .description('show the desktop window, or hide it; for a key of your desktop (needed on Wayland)')
    .action(async () => finish(await toggleCommand()));

  program
    .command('status')
    .description('show folders, counts, the model, and files that gave no text with the reason')
    .option('--problems <n>', 'files with problems listed at most', wholeNumber, 20)
    .option('--json', 'print one JSON object', false)
    .action(async (flags: { problems: number; json: boolean }) =>
      finish(await statusCommand(context(), flags)),
    );

  program
    .command('eval')
    .description('measure BM25, dense, MaxSim and the fused ranking on a test collection or a golden set')
    .argument(
      '[dataset]',
      'folder in the BEIR layout (plain or gzip), or a golden set (.jsonl) for your own index; your own use when absent',
    )
    .option('--json', 'print one JSON object', false)
    .option('--markdown', 'print a table in Markdown', false)
    .option('--runs <folder>', 'write each ranking as a TREC run file')
    .option('--home <folder>', "keep the collection's index in this folder")
    .action(
      async (
        dataset: string | undefined,
        flags: { json: boolean; markdown: boolean; runs: string | undefined; home: string | undefined },
      ) => finish(await evalCommand(context(), dataset, flags)),
    );

  const model = program.command('model').description('choose the model that reads your files');
  model
    .command('list')
    .description('show models that are here, and others that are known to work')
    .option('--json', 'print one JSON object', false)
    .action(async (flags: { json: boolean }) => finish(await modelListCommand(context(), flags)));
  model
    .command('add')
    .description('fetch a model over the network; a broken download is continued')
    .argument('<model>', 'known name, owner/name on the Hugging Face hub, or an address')
    .option('--name <name>', 'what to call it')
    .action(async (source: string, flags: { name: string | undefined }) =>
      finish(await modelAddCommand(context(), source, flags)),
    );
  model
    .command('use')
    .description('index with another model beside the old index, then switch over')
    .argument('<model>', 'name of a model that is here, "default", or the folder of a model package')
    .action(async (name: string) => finish(await modelUseCommand(context(), name)));
  model
    .command('remove')
    .description('delete a model that was fetched')
    .argument('<model>', 'its name')
    .action(async (name: string) => finish(await modelRemoveCommand(context(), name)));

  registerGpu(program, context, finish);

  program
    .command('doctor')
    .description('check everything Passim needs, and say what to do about what is wrong')
    .option('--json', 'print the findings as JSON', false)
    .action(async (flags: { json: boolean }) => finish(await doctorCommand(context(), flags)));

  return program;
}
