import { type Command, InvalidArgumentError, Option } from 'commander';
import type { SearchTrace } from '../../contract/trace.ts';
import { readSettings, writeSettings } from '../../engine/settings.ts';
import { VERSION } from '../../engine/version.ts';
import { toOtlp } from '../../trace/otlp.ts';
import { readTraces, traceLogs } from '../../trace/store.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../output.ts';

interface TraceFlags {
  readonly keep?: 'on' | 'off';
  readonly count: number;
  readonly otlp: boolean;
  readonly queries: boolean;
  readonly json: boolean;
  readonly clear: boolean;
}

function atLeastOne(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It must be 1 or more.');
  return value;
}

export function registerTraces(
  program: Command,
  context: () => CommandContext,
  finish: (code: number) => void,
): void {
  program
    .command('traces')
    .description('show the stages and choices of past searches, where they are kept')
    .addOption(
      new Option('--keep <on|off>', 'keep traces of searches on this machine, or stop').choices([
        'on',
        'off',
      ]),
    )
    .option('-n, --count <n>', 'searches shown at most, newest first', atLeastOne, 20)
    .option(
      '--otlp',
      'print them as OpenTelemetry spans (OTLP JSON, as collectors take it at /v1/traces)',
      false,
    )
    .option('--no-queries', 'leave out what was searched for (with --otlp)')
    .option('--json', 'print one JSON list', false)
    .option('--clear', 'delete them', false)
    .action(async (flags: TraceFlags) => finish(await tracesCommand(context(), flags)));
}

async function tracesCommand({ terminal, home }: CommandContext, flags: TraceFlags): Promise<number> {
  const { traces: log } = traceLogs(home.directory);
  if (flags.keep !== undefined) {
    const keep = flags.keep === 'on';
    writeSettings(home.settingsFile, { ...readSettings(home.settingsFile), traces: keep });
    terminal.err(keep ? 'Traces of searches are kept on this machine.\n' : 'No more traces are kept.\n');
  }
  if (flags.clear) {
    await log.clear();
    terminal.err('The traces were deleted.\n');
  }
  if (flags.keep !== undefined || flags.clear) return EXIT.ok;
  const traces = await readTraces(log, flags.count);
  if (flags.otlp)
    terminal.out(`${JSON.stringify(toOtlp(traces, { version: VERSION, queries: flags.queries }))}\n`);
  else if (flags.json) terminal.out(`${JSON.stringify(traces)}\n`);
  else for (const trace of traces) terminal.out(describe(trace));
  if (traces.length === 0)
    terminal.err('None are kept. "passim traces --keep on" keeps those of new searches.\n');
  return traces.length === 0 ? EXIT.nothing : EXIT.ok;
}

function describe(trace: SearchTrace): string {
  const stages = trace.stages.map((stage) => `${stage.name} ${stage.ms.toFixed(1)}`).join(', ');
  return (
    `${new Date(trace.time).toISOString()}  ${trace.tookMs.toFixed(1)} ms  ${trace.query}\n` +
    `  ${stages} ms\n` +
    `  ${trace.choices.ranker}${trace.choices.exhaustive ? ', exhaustive' : ''}, ${trace.found.files} files of ${trace.searchableFiles}, best ${Math.round(trace.found.strength * 100)} %\n`
  );
}
