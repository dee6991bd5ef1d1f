import Table from 'cli-table3';
import { FILE_PROBLEMS } from '../../contract/document.ts';
import type { Status } from '../../contract/engine.ts';
import { type CommandContext, withReader } from '../context.ts';
import { styled } from '../heat.ts';
import { bytes, counted, duration, EXIT, shortPath, type Terminal } from '../output.ts';

export async function statusCommand(
  context: CommandContext,
  flags: { json: boolean; problems: number },
): Promise<number> {
  return withReader(context, async (engine) => {
    const status = await engine.call('status', { problems: flags.problems });
    if (flags.json) context.terminal.out(`${JSON.stringify(status, null, 2)}\n`);
    else printStatus(context.terminal, status);
    return EXIT.ok;
  });
}

function printStatus(terminal: Terminal, status: Status): void {
  const { colour } = terminal;
  terminal.out(
    `${styled('Passim', 'bold', colour)} ${status.version}, data in ${shortPath(status.home)} (${bytes(status.diskBytes)})\n`,
  );
  terminal.out(
    `${counted(status.searchable, 'file')} of ${status.files.toLocaleString('en')} searchable, ${counted(status.passages, 'passage')}, ${counted(status.vectors, 'token vector')}\n`,
  );
  if (status.progress.state === 'indexing') {
    const left = status.progress.etaSeconds === null ? '' : `, ${duration(status.progress.etaSeconds)} left`;
    terminal.out(`Indexing: ${status.progress.done} of ${status.progress.total} files${left}\n`);
  }
  for (const notice of status.notices) terminal.out(`! ${notice}\n`);
  terminal.out(`\n${styled('Folders', 'bold', colour)}\n`);
  if (status.folders.length === 0) terminal.out('  none yet: "passim add FOLDER" adds one\n');
  for (const folder of status.folders) {
    terminal.out(
      `  ${shortPath(folder.path)}  ${folder.state}, ${counted(folder.searchable, 'file')} searchable, ${counted(folder.problems, 'problem')}\n`,
    );
  }
  terminal.out(
    `\n${styled('Model', 'bold', colour)}\n  ${status.model.name} ${status.model.version}, ${status.model.dimension} dimensions at ${status.model.bits} bits (${status.model.license})\n`,
  );
  for (const choice of status.providers) {
    terminal.out(`  ${choice.chosen ? '●' : '○'} ${choice.provider}: ${choice.reason}\n`);
  }
  terminal.out(
    `  ${counted(status.threads, 'thread')}; index: ${status.index.kind} (${status.index.kernel}), ${bytes(status.index.bytes)}\n`,
  );
  if (status.index.reason !== undefined) terminal.out(`  ${status.index.reason}\n`);
  printProblems(terminal, status);
}

function printProblems(terminal: Terminal, status: Status): void {
  const all = Object.values(status.problemCounts).reduce((sum, count) => sum + count, 0);
  if (all === 0) return;
  terminal.out(`\n${styled(`${counted(all, 'file')} gave no text`, 'bold', terminal.colour)}\n`);
  for (const [problem, count] of Object.entries(status.problemCounts)) {
    terminal.out(`  ${count} ${problem}: ${FILE_PROBLEMS[problem as keyof typeof FILE_PROBLEMS] ?? ''}\n`);
  }
  if (status.problems.length === 0) return;
  const table = new Table({
    head: ['file', 'problem', 'detail'],
    style: { head: [], border: [] },
    wordWrap: true,
  });
  for (const entry of status.problems) table.push([shortPath(entry.path), entry.problem, entry.detail]);
  terminal.out(`${table.toString()}\n`);
  if (status.problems.length < all)
    terminal.out(
      `  and ${all - status.problems.length} more: "passim status --problems ${all}" lists them all\n`,
    );
}
