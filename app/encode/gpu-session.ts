import { PassimError } from '../contract/errors.ts';
import { halfGraphFile } from './fp16-graph.ts';
import type { WorkerSetup } from './protocol.ts';
import { PROVIDER_LABELS } from './providers.ts';
import { TokenSession, type TokenVectors } from './session.ts';
import { PassageTokenizer } from './tokenizer.ts';

/** Passages from the GPU and from the processor lie in one index: on average their vectors must be this close. */
export const LEAST_AGREEMENT = 0.99;

const PROBES = [
  'The committee approved the budget of 4,200 euros for the repair of the northern bridge.',
  'def read_table(path, encoding="utf-8"): return [line.split("\\t") for line in open(path)]',
  'Measured at 25 °C, the enzyme lost half of its activity within three hours.',
];

/** Mean cosine of the token vectors of two encodings of the same texts. */
export function agreement(a: readonly TokenVectors[], b: readonly TokenVectors[], dimension: number): number {
  let sum = 0;
  let tokens = 0;
  a.forEach((left, i) => {
    const right = b[i];
    if (right === undefined || right.vectors.length !== left.vectors.length)
      throw new PassimError('bad-vector', 'Two encodings of one text differ in length.');
    left.vectors.forEach((value, at) => {
      sum += value * (right.vectors[at] ?? 0);
    });
    tokens += left.vectors.length / dimension;
  });
  return tokens === 0 ? 1 : sum / tokens;
}

/**
 * Opens the 16-bit graph on a GPU, and refuses it when its vectors are not those of the processor.
 * @throws PassimError 'model-invalid' with the reason
 */
export async function openGpuSession(setup: WorkerSetup): Promise<TokenSession> {
  const label = PROVIDER_LABELS[setup.provider];
  if (setup.cacheFolder === null)
    throw new PassimError('model-invalid', `there is no folder to keep the graph for ${label} in`);
  const graph = await halfGraphFile(setup.modelFile, setup.modelId, setup.cacheFolder);
  const gpu = await TokenSession.open(graph, setup.manifest, setup.provider, setup.threads);
  const cpu = await TokenSession.open(setup.modelFile, setup.manifest, 'cpu', 1);
  try {
    const tokenizer = await PassageTokenizer.load(setup.tokenizerFile, setup.manifest);
    const rows = (await tokenizer.passages(PROBES)).map((row) => ({ ...row, attention: null }));
    const together = await gpu.run(rows);
    const alone: TokenVectors[] = [];
    for (const row of rows) alone.push(...(await cpu.run([row])));
    const cosine = agreement(together, alone, setup.manifest.dimension);
    if (cosine < LEAST_AGREEMENT)
      throw new PassimError(
        'model-invalid',
        `its vectors differ from the processor's (mean cosine ${cosine.toFixed(3)}, at least ${LEAST_AGREEMENT} is needed)`,
      );
    return gpu;
  } catch (error) {
    await gpu.release();
    throw error;
  } finally {
    await cpu.release();
  }
}
