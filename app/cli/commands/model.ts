import Table from 'cli-table3';
import type { EngineApi } from '../../contract/engine.ts';
import { PassimError } from '../../contract/errors.ts';
import type { ModelPackage } from '../../encode/package.ts';
import { KNOWN_MODELS } from '../../engine/known-models.ts';
import { DEFAULT_MODEL, fitPackageCodebook, Models } from '../../engine/models.ts';
import { type CommandContext, withReader, withWriter } from '../context.ts';
import { downloadProgress } from '../download-progress.ts';
import { bytes, counted, EXIT, shortPath } from '../output.ts';
import { followProgress } from './index.ts';

/** Files and passages of each that a codebook is fitted on. */
const SAMPLE_FILES = 400;
const SAMPLE_PER_FILE = 4;

export async function modelListCommand(context: CommandContext, flags: { json: boolean }): Promise<number> {
  const installed = await new Models(context.home).installed();
  const { terminal } = context;
  if (flags.json) {
    terminal.out(`${JSON.stringify({ installed, known: KNOWN_MODELS }, null, 2)}\n`);
    return EXIT.ok;
  }
  const table = new Table({
    head: ['', 'model', 'dimensions', 'licence', 'size', 'folder'],
    style: { head: [], border: [] },
  });
  for (const { name, manifest, fault, inUse, folder } of installed) {
    const size = Object.values(manifest?.files ?? {}).reduce((sum, file) => sum + file.bytes, 0);
    table.push([
      inUse ? '●' : '○',
      manifest === null ? name : `${name} (${manifest.name} ${manifest.version})`,
      manifest?.dimension ?? '',
      manifest?.license ?? '',
      manifest === null ? (fault ?? '') : bytes(size),
      shortPath(folder),
    ]);
  }
  terminal.out(`${table.toString()}\n\nKnown to work ("passim model add NAME" fetches one):\n`);
  const known = new Table({
    head: ['model', 'languages', 'parameters', 'dimensions', 'licence', 'BEIR', 'SciFact', ''],
    style: { head: [], border: [] },
  });
  for (const model of KNOWN_MODELS) {
    const { beir, scifact } = model.published;
    known.push([
      model.name,
      model.languages,
      `${model.parameters} M`,
      model.dimension,
      model.license,
      beir?.toFixed(3) ?? '',
      scifact?.toFixed(3) ?? '',
      model.note,
    ]);
  }
  terminal.out(`${known.toString()}\nnDCG@10 as published by their makers.\n`);
  return EXIT.ok;
}

/** Fetches a model; what a broken download has is kept and continued. */
export async function modelAddCommand(
  context: CommandContext,
  source: string,
  flags: { name: string | undefined },
): Promise<number> {
  const { terminal, signal } = context;
  const known = KNOWN_MODELS.find((model) => model.name.toLowerCase() === source.toLowerCase());
  if (known !== undefined) terminal.err(`${known.name}, ${known.license}, from ${known.source}\n`);
  const progress = downloadProgress(terminal);
  let model: ModelPackage;
  try {
    model = await new Models(context.home).add(source, {
      signal,
      onProgress: progress.update,
      ...(flags.name === undefined ? {} : { name: flags.name }),
    });
  } finally {
    progress.stop();
  }
  const { manifest, folder } = model;
  terminal.out(
    `${manifest.name} ${manifest.version}, licence ${manifest.license}, in ${shortPath(folder)}\n`,
  );
  for (const [name, { sha256, bytes: size }] of Object.entries(manifest.files))
    terminal.out(`  ${sha256}  ${name}  ${bytes(size)}\n`);
  const name = folder.slice(Math.max(folder.lastIndexOf('/'), folder.lastIndexOf('\\')) + 1);
  terminal.err(`"passim model use ${name}" indexes with it and switches over.\n`);
  return EXIT.ok;
}

/**
 * Builds the index of another model beside the one in use, and switches over when it is whole. Interrupted, it goes
 * on where it was; until then searches use the old one.
 */
export async function modelUseCommand(context: CommandContext, name: string): Promise<number> {
  const { terminal, signal } = context;
  const models = new Models(context.home);
  let model = await models.find(name);
  if (model.codebookFile === null) {
    terminal.err('The model has no codebook; fitting one on your files …\n');
    model = await fitPackageCodebook(model, await withReader(context, sampleTexts));
  }
  const files = await withWriter(
    context,
    false,
    async (engine) => {
      const bar = followProgress(terminal, engine);
      try {
        await engine.call('sync', {}, signal);
      } finally {
        bar.stop();
      }
      return (await engine.call('status', { problems: 0 })).searchable;
    },
    name === DEFAULT_MODEL ? null : model.folder,
  );
  models.choose(model);
  terminal.err(
    `${model.manifest.name} ${model.manifest.version} is in use; ${counted(files, 'file')} searchable with it. The index from before stays; "passim status" tells where.\n`,
  );
  return EXIT.ok;
}

export async function modelRemoveCommand(context: CommandContext, name: string): Promise<number> {
  const folder = await new Models(context.home).remove(name);
  context.terminal.err(`Removed ${shortPath(folder)}.\n`);
  return EXIT.ok;
}

/** Passages from files that are spread over the whole index. */
async function sampleTexts(engine: EngineApi): Promise<string[]> {
  const { total } = await engine.call('listFiles', { from: 0, count: 1 });
  const texts: string[] = [];
  const step = Math.max(1, Math.floor(total / SAMPLE_FILES));
  for (let from = 0; from < total; from += step) {
    const [file] = (await engine.call('listFiles', { from, count: 1 })).files;
    if (file === undefined || file.passages === 0) continue;
    const first = Math.max(0, Math.floor((file.passages - SAMPLE_PER_FILE) / 2));
    const { passages } = await engine.call('getFilePassages', {
      path: file.path,
      from: first,
      count: SAMPLE_PER_FILE,
    });
    texts.push(...passages.map((passage) => passage.text));
  }
  if (texts.length === 0)
    throw new PassimError('bad-request', 'Index a folder first: a codebook is fitted on your own texts.', {
      subject: 'codebook',
    });
  return texts;
}
