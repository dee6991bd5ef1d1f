import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { createEncoder } from '../../app/encode/encoder.ts';
import { toFloatGraph } from '../../app/encode/float-graph.ts';
import { decodeModel, encodeModel } from '../../app/encode/onnx-proto.ts';
import { loadModelPackage, type ModelPackage } from '../../app/encode/package.ts';
import { offlineTransformers } from '../../app/encode/transformers.ts';

/**
 * How fast passages are encoded, beside the feature-extraction pipeline of @huggingface/transformers on the same
 * texts, model and number of threads. Rounds take turns, so that both meet the same machine; tokens are those of the
 * texts, padding not counted. `node scripts/with-node.mjs test/bench/encode.ts --passages 400 --threads 2 [--json]`
 */

const { values } = parseArgs({
  options: {
    passages: { type: 'string', default: '400' },
    threads: { type: 'string', default: '0' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
});
const root = resolve(import.meta.dirname, '../..');

/** Real passages in file order: abstracts where the shared collections are, else this project's own documents. */
function passages(count: number): { texts: string[]; source: string } {
  const shared = process.env.PASSIM_SHARED ?? resolve(root, '../shared');
  const corpus = join(shared, 'data/eval/scifact/corpus.jsonl.gz');
  if (existsSync(corpus)) {
    const texts = gunzipSync(readFileSync(corpus))
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .slice(0, count)
      .map((line) => {
        const { title, text }: { title: string; text: string } = JSON.parse(line);
        // As long as the passages that the chunker makes: lengths vary, as paragraphs do.
        const all = `${title}\n${text}`.split(' ');
        return all.slice(0, 40 + ((all.length * 7) % 80)).join(' ');
      });
    return { texts, source: 'scifact' };
  }
  const words = readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .flatMap((name) => readFileSync(join(root, 'docs', name), 'utf8').split(/\s+/));
  const texts: string[] = [];
  for (let at = 0; texts.length < count; at += 97)
    texts.push(words.slice(at % words.length, (at % words.length) + 40 + ((at * 7) % 80)).join(' '));
  return { texts, source: 'docs' };
}

interface Contender {
  readonly name: string;
  readonly run: (texts: readonly string[]) => Promise<void>;
  readonly rounds: { seconds: number; cpuSeconds: number }[];
  readonly close: () => Promise<void>;
}

/** A folder as transformers wants it: the package's own graph, and the same weights as floats. */
async function pipelineFolder(model: ModelPackage, place: string): Promise<void> {
  const folder = join(place, 'model');
  await mkdir(join(folder, 'onnx'), { recursive: true });
  for (const name of ['tokenizer.json', 'config.json'])
    symlinkSync(join(model.folder, name), join(folder, name));
  writeFileSync(
    join(folder, 'tokenizer_config.json'),
    JSON.stringify({
      tokenizer_class: 'BertTokenizer',
      model_max_length: model.manifest.maxPassageTokens,
      unk_token: '[UNK]',
      sep_token: '[SEP]',
      pad_token: '[PAD]',
      cls_token: '[CLS]',
      mask_token: '[MASK]',
    }),
  );
  symlinkSync(model.modelFile, join(folder, 'onnx', 'model_int8.onnx'));
  const floats = decodeModel(readFileSync(model.modelFile));
  toFloatGraph(floats);
  writeFileSync(join(folder, 'onnx', 'model.onnx'), encodeModel(floats));
}

async function pipelineContender(place: string, dtype: 'fp32' | 'int8', threads: number): Promise<Contender> {
  const transformers = await offlineTransformers(place);
  const extract = await transformers.pipeline('feature-extraction', 'model', {
    dtype,
    session_options: { intraOpNumThreads: threads, interOpNumThreads: 1 },
  });
  return {
    name: `transformers pipeline, ${dtype}, batches of 32 in file order`,
    rounds: [],
    run: async (texts) => {
      for (let at = 0; at < texts.length; at += 32) {
        const output = await extract(texts.slice(at, at + 32), { pooling: 'none', normalize: false });
        output.dispose();
      }
    },
    close: async () => {
      await extract.dispose();
    },
  };
}

async function passimContender(model: ModelPackage, threads: number): Promise<Contender> {
  // At the same priority as the pipeline's threads.
  const encoder = await createEncoder({ package: model, threads, provider: 'cpu', background: false });
  return {
    name: 'Passim',
    rounds: [],
    run: async (texts) => {
      await encoder.encodePassages(texts);
    },
    close: () => encoder.close(),
  };
}

async function time(contender: Contender, texts: readonly string[]): Promise<void> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await contender.run(texts);
  const used = process.cpuUsage(cpu);
  contender.rounds.push({
    seconds: (performance.now() - start) / 1000,
    cpuSeconds: (used.user + used.system) / 1e6,
  });
}

/** Milliseconds of single queries, while nothing else runs and while passages are encoded. */
async function queryTimes(model: ModelPackage, threads: number, texts: readonly string[]) {
  const encoder = await createEncoder({ package: model, threads, provider: 'cpu' });
  const words = texts.map((text) => text.split(' ').slice(0, 9).join(' '));
  const measure = async () => {
    const taken: number[] = [];
    for (const query of words.slice(0, 100)) {
      const start = performance.now();
      await encoder.encodeQuery(query);
      taken.push(performance.now() - start);
    }
    taken.sort((a, b) => a - b);
    return { p50: taken[50] ?? 0, p95: taken[95] ?? 0 };
  };
  await measure();
  const idle = await measure();
  let done = false;
  const work = encoder.encodePassages(texts).finally(() => {
    done = true;
  });
  const busy = await measure();
  const overlapped = !done;
  await work;
  await encoder.close();
  return { idle, busy, overlapped };
}

const model = await loadModelPackage(join(root, 'models/default'));
const { texts, source } = passages(Number(values.passages));
const threads = Number(values.threads) || Math.min(2, cpus().length);
const place = mkdtempSync(join(tmpdir(), 'passim-bench-'));
try {
  await pipelineFolder(model, place);
  const counter = await createEncoder({ package: model, threads: 1, provider: 'cpu' });
  const tokens = (await counter.encodePassages(texts)).reduce((sum, passage) => sum + passage.tokenCount, 0);
  await counter.close();
  const contenders = [
    await passimContender(model, threads),
    await pipelineContender(place, 'fp32', threads),
    await pipelineContender(place, 'int8', threads),
  ];
  for (const contender of contenders) await contender.run(texts.slice(0, 32));
  for (let round = 0; round < Number(values.rounds); round += 1)
    for (const contender of contenders) await time(contender, texts);
  const rows = contenders.map(({ name, rounds }) => ({
    name,
    tokensPerSecond: Math.round(tokens / Math.min(...rounds.map((round) => round.seconds))),
    tokensPerCpuSecond: Math.round(tokens / Math.min(...rounds.map((round) => round.cpuSeconds))),
  }));
  for (const contender of contenders) await contender.close();
  const queries = await queryTimes(model, threads, texts);
  const [passim, fp32, int8] = rows;
  const report = {
    machine: {
      processor: cpus()[0]?.model ?? '',
      cores: cpus().length,
      platform: `${process.platform} ${process.arch}`,
    },
    model: model.modelId,
    source,
    passages: texts.length,
    tokens,
    threads,
    rows,
    ratioToDefaultPipeline: (passim?.tokensPerSecond ?? 0) / (fp32?.tokensPerSecond ?? 1),
    ratioToInt8Pipeline: (passim?.tokensPerSecond ?? 0) / (int8?.tokensPerSecond ?? 1),
    queryMs: queries,
  };
  if (values.json) console.log(JSON.stringify(report, null, 2));
  else {
    console.log(
      `${texts.length} passages of ${source}, ${tokens} tokens, ${threads} threads, ${report.machine.processor}`,
    );
    for (const row of rows)
      console.log(
        `${row.tokensPerSecond} tokens/s, ${row.tokensPerCpuSecond} per second of processor time: ${row.name}`,
      );
    console.log(
      `Passim against the pipeline at its default: ${report.ratioToDefaultPipeline.toFixed(2)} ×; at int8: ${report.ratioToInt8Pipeline.toFixed(2)} ×`,
    );
    const { idle, busy } = queries;
    console.log(
      `A query of 9 words: p50 ${idle.p50.toFixed(1)} ms, p95 ${idle.p95.toFixed(1)} ms; beside indexing ${busy.p50.toFixed(1)} and ${busy.p95.toFixed(1)} ms`,
    );
  }
} finally {
  rmSync(place, { recursive: true, force: true });
}
