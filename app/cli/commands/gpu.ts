import { join } from 'node:path';
import type { Command } from 'commander';
import type { ProviderChoice } from '../../contract/engine.ts';
import { createEncoder } from '../../encode/encoder.ts';
import { loadModelPackage } from '../../encode/package.ts';
import { GpuLibraries, type GpuStatus } from '../../engine/gpu-libraries.ts';
import { defaultModelFolder } from '../../engine/model-folder.ts';
import { readSettings } from '../../engine/settings.ts';
import type { CommandContext } from '../context.ts';
import { downloadProgress } from '../download-progress.ts';
import { bytes, EXIT, shortPath } from '../output.ts';

/** Fetches the CUDA provider's libraries; nothing of this happens unless a person asks for it. */
async function gpuInstallCommand(context: CommandContext): Promise<number> {
  const { terminal, signal } = context;
  const libraries = new GpuLibraries({ home: context.home });
  const { release, folder, fetched, state } = await libraries.status();
  if (release !== null && state === 'absent') {
    const resumed = fetched > 0 ? `, ${bytes(fetched)} of it here already` : '';
    terminal.err(`${release.source} (${bytes(release.bytes)}${resumed})\n${release.license}\n`);
  }
  const progress = downloadProgress(terminal);
  let fresh: boolean;
  try {
    fresh = await libraries.install({ signal, onProgress: progress.update });
  } finally {
    progress.stop();
  }
  terminal.out(
    fresh
      ? `The CUDA libraries are in ${shortPath(folder)}.\n`
      : `The CUDA libraries are in ${shortPath(folder)} already, whole.\n`,
  );
  return tell(context, await tryCuda(context), release?.needs);
}

async function gpuStatusCommand(context: CommandContext, flags: { json: boolean }): Promise<number> {
  const status = await new GpuLibraries({ home: context.home }).status();
  const works = status.state === 'installed' ? await tryCuda(context) : null;
  if (flags.json) {
    context.terminal.out(`${JSON.stringify({ ...status, cuda: works }, null, 2)}\n`);
    return EXIT.ok;
  }
  context.terminal.out(`ONNX Runtime ${status.runtime} on ${status.platform}\n`);
  context.terminal.out(`${sentence(status)}\n`);
  return works === null ? EXIT.ok : tell(context, works, status.release?.needs);
}

async function gpuRemoveCommand(context: CommandContext): Promise<number> {
  const gone = await new GpuLibraries({ home: context.home }).remove();
  for (const path of gone) context.terminal.err(`Removed ${shortPath(path)}.\n`);
  if (gone.length === 0) context.terminal.err('There was nothing to remove.\n');
  return EXIT.ok;
}

function sentence({ state, reason, release, folder, fetched }: GpuStatus): string {
  if (state === 'not-supported') return reason;
  if (state === 'installed') return `CUDA libraries: in ${shortPath(folder)}, whole.`;
  const size = release === null ? '' : `, ${bytes(release.bytes)} to fetch`;
  const here = fetched > 0 ? ` (${bytes(fetched)} of it here already)` : '';
  return `CUDA libraries: not installed; "passim gpu install" fetches them${size}${here}.`;
}

/** Encodes a sentence on the GPU, as indexing would, and says how that went. */
async function tryCuda(context: CommandContext): Promise<ProviderChoice | null> {
  const { home } = context;
  const encoder = await createEncoder({
    package: await loadModelPackage(readSettings(home.settingsFile).model ?? defaultModelFolder()),
    provider: 'cuda',
    threads: 1,
    cacheDirectory: join(home.cache, 'graphs'),
  });
  try {
    await encoder.encodePassages(['Does it work?']);
    return encoder.providers.find(({ provider }) => provider === 'cuda') ?? null;
  } finally {
    await encoder.close();
  }
}

function tell({ terminal }: CommandContext, choice: ProviderChoice | null, needs?: string): number {
  if (choice === null) return EXIT.ok;
  terminal.out(`${choice.chosen ? '●' : '○'} cuda: ${choice.reason}\n`);
  if (!choice.chosen && needs !== undefined) terminal.out(`  It needs ${needs}.\n`);
  if (choice.chosen) terminal.err('A running Passim takes the GPU up at its next start.\n');
  return EXIT.ok;
}

export function registerGpu(
  program: Command,
  context: () => CommandContext,
  finish: (code: number) => void,
): void {
  const gpu = program.command('gpu').description('use an NVIDIA GPU for reading files');
  gpu
    .command('install')
    .description("fetch the libraries of ONNX Runtime's CUDA provider; a broken download is continued")
    .action(async () => finish(await gpuInstallCommand(context())));
  gpu
    .command('status')
    .description('show whether the libraries are here, and try them')
    .option('--json', 'print one JSON object', false)
    .action(async (flags: { json: boolean }) => finish(await gpuStatusCommand(context(), flags)));
  gpu
    .command('remove')
    .description('delete the libraries and what was fetched of them')
    .action(async () => finish(await gpuRemoveCommand(context())));
}
